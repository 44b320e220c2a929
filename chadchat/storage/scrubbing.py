"""Scrubbing: zeros in place of what SQLite leaves between the rows of a page.

With `secure_delete` SQLite overwrites a deleted row. When it moves rows to another place within a page, the old copies
stay in the unused middle of the page, where a row is still to be read after it was deleted.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from typing import Final

_HEAD: Final = 100  # bytes of the file's own header, on its first page
_TREE: Final = {0x02: 12, 0x05: 12, 0x0A: 8, 0x0D: 8}  # the first byte of a page with rows, and the length of its head
_READ: Final = 1024 * 1024  # bytes read at once
_LARGEST: Final = 65_536  # bytes of a page, which two bytes write as 0


def scrub(file: int, goes_on: Callable[[], bool]) -> bool:
    """Write zeros into the unused middle of every page of a database; whether all was done. `file` is its descriptor.

    All of its write-ahead log must be in the file, and nobody may write meanwhile. What reads it sees no difference
    (https://sqlite.org/fileformat2.html, 1.6). A connection that wrote before has copies of the pages: close it.
    """
    start = 0
    while goes_on():
        start = scrub_some(file, start)
        if not start:
            return True
    return False


def scrub_some(file: int, start: int) -> int:
    """As `scrub`, but for the next 1 MiB from the byte `start` on; where the rest begins, 0 if there is none. Raises
    OSError.
    """
    size = int.from_bytes(os.pread(file, 2, 16), "big")
    size = _LARGEST if size == 1 else size
    if not size:
        return 0
    data = os.pread(file, _READ // size * size, start)
    for at in range(0, len(data) - size + 1, size):
        first, last = _unused(data, at, at + _HEAD * (start + at == 0), size)
        if first < last and data.count(0, first, last) < last - first:
            os.pwrite(file, bytes(last - first), start + first)
    return start + len(data) if len(data) == _READ // size * size else 0


def _unused(data: bytes, page: int, head: int, size: int) -> tuple[int, int]:
    """Where the unused middle of a page begins and ends; `head` is where its own head begins. 0, 0 for another page,
    and for one whose head does not agree with its rows.
    """
    long = _TREE.get(data[head])
    if long is None:
        return 0, 0
    rows, content = struct.unpack_from(">HH", data, head + 3)
    first, last = head + long + 2 * rows, page + (content or _LARGEST)
    if not first <= last <= page + size:
        return 0, 0
    if any(row < last - page for row in struct.unpack_from(f">{rows}H", data, head + long)):
        return 0, 0
    return first, last
