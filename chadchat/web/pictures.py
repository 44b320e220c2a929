"""QR codes: as a file, and as the squares of one that stands in a page."""

from __future__ import annotations

import io
from functools import lru_cache

import segno

_MASK = 2  # fixed, as choosing the best of eight takes three times as long


@lru_cache(maxsize=256)
def picture(address: str) -> bytes:
    """A QR code as SVG."""
    file = io.BytesIO()
    _code(address).save(file, kind="svg", scale=8, border=2, light="white", xmldecl=False)
    return file.getvalue()


def squares(address: str) -> tuple[int, str]:
    """The size of a QR code, and its dark squares as the path of an SVG. For an address with a secret, which may not
    stand in the address of a picture; it is not cached either.
    """
    matrix = _code(address).matrix
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    return len(matrix), path


def _code(address: str) -> segno.QRCode:
    return segno.make(address, micro=False, mask=_MASK)
