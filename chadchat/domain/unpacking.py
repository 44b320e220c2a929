"""Unpacking: the zip of an export (domain/archive.py) while it is imported. Nothing in it is believed.

No entry is unpacked under its own name, and none before all names, sizes and kinds were looked at. What a line says of
its file (size and SHA-256) must be so.
"""

from __future__ import annotations

import hashlib
import re
import stat
import struct
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from ..refusal import DataError
from .archive import FOLDER, LEFT_OUT

MOST_ENTRIES: Final = 200_000
MOST_DIRECTORY: Final = 32 * 1024 * 1024  # bytes of the zip's list of entries
MOST_RATIO: Final = 200  # lines may be so many times as large as they are packed
SMALL: Final = 1 << 20  # bytes below which the ratio does not matter
CHUNK: Final = 256 * 1024
_END: Final = struct.Struct("<4s4H2LH")
_SIGNATURE: Final = b"PK\x05\x06"
_END_64: Final = struct.Struct("<4sQ2H2L4Q 4sLQL")  # and where it is, which follows it
_SIGNATURE_64: Final = b"PK\x06\x07"
_FILE: Final = re.compile(rf"{FOLDER}/([1-9][0-9]{{0,14}})/[^/\\\0]{{1,255}}", re.ASCII)
_LINES: Final = re.compile(r"[A-Z]{4,8}\.jsonl", re.ASCII)
_BROKEN: Final = (BadZipFile, zlib.error, EOFError, RuntimeError, struct.error, ValueError, OSError)


@dataclass(frozen=True, slots=True)
class Limits:
    """The most bytes that one file, all files of a room, and all files may have."""

    file: int
    room: int
    total: int


def is_zip(path: Path) -> bool:
    """Whether a file begins as a zip does."""
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", _SIGNATURE)


class Unpacked:
    """An open zip whose list of entries is that of an export. Raises DataError for any other."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        self._files: dict[int, ZipInfo] = {}
        _check_end(path)
        try:
            self._zip = ZipFile(path)
        except _BROKEN as error:
            raise DataError(f"{path} is no zip that can be read: {error}.") from error
        try:
            self._lines = self._look()
            self._left_out = self._read_left_out()
        except BaseException:
            self._zip.close()
            raise

    def close(self) -> None:
        """Close the zip."""
        self._zip.close()

    @property
    def files_size(self) -> int:
        """The bytes of all files."""
        return sum(entry.file_size for entry in self._files.values())

    @property
    def size(self) -> int:
        """The bytes of all lines."""
        return self._lines.file_size

    def lines(self, longest: int) -> Generator[bytes, None, None]:
        """The lines of the room; one that is longer is cut. Raises DataError."""
        try:
            with self._zip.open(self._lines) as lines:
                yield from iter(lambda: lines.readline(longest), b"")
        except _BROKEN as error:
            raise DataError(f"{self._lines.filename} in that zip is damaged: {error}.") from error

    def left_out(self, seq: int) -> bool:
        """Whether the file of a message was removed while the zip was made."""
        return seq in self._left_out

    def content(self, seq: int, size: int, sha256: str) -> Iterator[bytes]:
        """The bytes of a message's file in parts. Raises DataError where it is not there, or not as its line says."""
        entry = self._files.get(seq)
        if entry is None:
            raise DataError(f"the file of message {seq} is not in the zip")
        if entry.file_size != size:
            raise DataError(f"{entry.filename} has {entry.file_size} bytes, and its line says {size}")
        digest, left = hashlib.sha256(), size
        try:
            with self._zip.open(entry) as content:
                while data := content.read(min(CHUNK, left + 1)):
                    left -= len(data)
                    if left < 0:
                        break
                    digest.update(data)
                    yield data
        except _BROKEN as error:
            raise DataError(f"{entry.filename} is damaged: {error}") from error
        if left or digest.hexdigest() != sha256:
            raise DataError(f"{entry.filename} is not the file that its line tells of")

    def _look(self) -> ZipInfo:
        """The entry with the lines. Raises DataError for an entry that no export has."""
        entries = self._zip.infolist()
        if len(entries) > MOST_ENTRIES:
            raise DataError(f"That zip has more than {MOST_ENTRIES} entries.")
        names, lines, total = set[str](), list[ZipInfo](), 0
        for entry in entries:
            name = entry.filename
            if name in names:
                raise DataError(f"That zip has two entries of the name {name[:200]!r}.")
            names.add(name)
            _check_entry(entry)
            if name in (f"{FOLDER}/", LEFT_OUT) or (name.endswith("/") and _FILE.fullmatch(f"{name}x")):
                continue
            if _LINES.fullmatch(name):
                lines.append(entry)
                continue
            found = _FILE.fullmatch(name)
            if not found:
                raise DataError(f"That zip has an entry that no export has: {name[:200]!r}.")
            seq = int(found[1])
            if seq in self._files:
                raise DataError(f"That zip has two files of message {seq}.")
            if entry.file_size > self._limits.file:
                raise DataError(f"{name[:200]} has {entry.file_size} bytes; a file may have {self._limits.file}.")
            total += entry.file_size
            self._files[seq] = entry
        if total > self._limits.room:
            raise DataError(f"The files of that zip have {total} bytes; those of a room may have {self._limits.room}.")
        if len(lines) != 1:
            raise DataError("That zip is no export of a room: it has no file like KQZF.jsonl, or more than one.")
        if lines[0].file_size > max(SMALL, MOST_RATIO * lines[0].compress_size):
            raise DataError("The lines in that zip are far larger than any export's: it is a bomb.")
        return lines[0]

    def _read_left_out(self) -> set[int]:
        if LEFT_OUT not in self._zip.namelist():
            return set()
        entry = self._zip.getinfo(LEFT_OUT)
        if entry.file_size > MOST_DIRECTORY:
            raise DataError(f"{LEFT_OUT} in that zip is too large.")
        try:
            text = self._zip.read(entry).decode(errors="replace")
        except _BROKEN as error:
            raise DataError(f"{LEFT_OUT} in that zip is damaged: {error}.") from error
        return {int(found[1]) for name in text.split("\n") if (found := _FILE.fullmatch(name))}


def _check_end(path: Path) -> None:
    """Raises DataError for a list of entries that would take too much memory. (Python reads all of it at once.)"""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _END_64.size - _END.size - 65_535))
        end = file.read()
    at = end.rfind(_SIGNATURE)
    if at < 0 or len(end) - at < _END.size:
        raise DataError(f"{path} is no zip that can be read: it was cut off.")
    directory = _END.unpack_from(end, at)[5]
    if at >= _END_64.size and (large := _END_64.unpack_from(end, at - _END_64.size))[10] == _SIGNATURE_64:
        directory = large[8]
    if directory > MOST_DIRECTORY:
        raise DataError("That zip has more entries than any export.")


def _check_entry(entry: ZipInfo) -> None:
    """Raises DataError for an entry that is no ordinary file."""
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise DataError(f"{entry.filename[:200]!r} in that zip is no file, but a link or a device.")
    if entry.flag_bits & 0x1:
        raise DataError("That zip is encrypted. Unpack it, and pack it anew without a password.")
    if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise DataError(f"{entry.filename[:200]!r} in that zip is packed in a way that no export is.")
