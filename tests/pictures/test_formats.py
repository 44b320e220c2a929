"""Which bytes are a picture."""

from __future__ import annotations

import pytest

from chadchat.pictures.formats import HEAD, format_of

from .making import coloured, encoded


@pytest.mark.parametrize(
    ("head", "format"),
    [
        (encoded(coloured(9, 9), "JPEG"), "JPEG"),
        (encoded(coloured(9, 9), "PNG"), "PNG"),
        (encoded(coloured(9, 9), "GIF"), "GIF"),
        (encoded(coloured(9, 9), "WEBP"), "WEBP"),
        (encoded(coloured(9, 9), "AVIF"), "AVIF"),
        (b"\0\0\0\x20ftypmif1\0\0\0\0mif1avifmiaf", "AVIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", None),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicavif", None),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", None),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', None),
        (b"<!doctype html>", None),
        (b"%PDF-1.7", None),
        (b"II*\0", None),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"BM", None),
        (b"%!PS-Adobe-3.0 EPSF-3.0", None),
        (b"", None),
    ],
)
def test_only_five_formats_are_pictures(head: bytes, format: str | None) -> None:
    assert format_of(head[:HEAD]) == format
