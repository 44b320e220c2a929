"""Scrubbing: zeros in place of what SQLite leaves between the rows of a page.

With `secure_delete` SQLite overwrites a deleted row. When it moves rows to another place within a page, the old copies
stay in the unused middle of the page, where a row is still to be read after it was deleted.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

_HEAD: Final = 100  # bytes of the file's own header, on its first page
_TREE: Final = {0x02: 12, 0x05: 12, 0x0A: 8, 0x0D: 8}  # the first byte of a page with rows, and the length of its head
_PAGES: Final = 256  # read at once
_LARGEST: Final = 65_536  # bytes of a page, which two bytes write as 0


def scrub(file: int, goes_on: Callable[[], bool]) -> bool:
    """Write zeros into the unused middle of every page of a database; whether all was done. `file` is its descriptor.

    All of its write-ahead log must be in the file, and nobody may write meanwhile. What reads it sees no difference
    (https://sqlite.org/fileformat2.html, 1.6). A connection that wrote before has copies of the pages: close it.
    """
    size = int.from_bytes(os.pread(file, 2, 16), "big")
    size = _LARGEST if size == 1 else size
    start = 0
    while data := os.pread(file, _PAGES * size, start):
        if not goes_on():
            return False
        for at in range(0, len(data), size):
            first, last = _unused(data, at, at + _HEAD * (start + at == 0))
            if 0 < first < last <= at + size and data.count(0, first, last) < last - first:
                os.pwrite(file, bytes(last - first), start + first)
        start += len(data)
    return True


def _unused(data: bytes, page: int, head: int) -> tuple[int, int]:
    """Where the unused middle of a page begins and ends; `head` is where its own head begins."""
    long = _TREE.get(data[head])
    if long is None:
        return 0, 0
    rows = int.from_bytes(data[head + 3 : head + 5], "big")
    content = int.from_bytes(data[head + 5 : head + 7], "big") or _LARGEST
    return head + long + 2 * rows, page + content
