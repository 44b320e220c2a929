"""Formats: which bytes are a picture that is decoded. All others are files, whatever their name says."""

from __future__ import annotations

from typing import Final

HEAD: Final = 64  # bytes from which the format is read

_AVIF: Final = (b"avif", b"avis")
_HEIC: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")


def format_of(head: bytes) -> str | None:
    """The format of a picture by its first bytes, in Pillow's words; None for anything else, which is kept as a file:
    SVG, HEIC, PDF and HTML among it.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return "AVIF" if head[4:8] == b"ftyp" and _is_avif(head) else None


def _is_avif(head: bytes) -> bool:
    """HEIC has the same container: what tells them apart are the brands."""
    end = min(len(head), int.from_bytes(head[:4], "big"))
    brands = {head[place : place + 4] for place in range(8, end, 4)}
    return not brands.isdisjoint(_AVIF) and brands.isdisjoint(_HEIC)
