"""Archive: a room as one zip file, made while it is sent: its lines as `KQZF.jsonl`, then the files of its messages,
each in a folder with the number of its message: `files/128/log.txt`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO, Final, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from ..events import Event, now
from ..storage.db import Database
from ..storage.events import EVENTS_OF, event_of
from ..storage.files import Files
from ..storage.named import names_of
from .export import FORMATS, ExportFormat, export
from .rooms import Room

ZIP: Final = "zip"
KINDS: Final = (*FORMATS, ZIP)
MEDIA: Final = "application/zip"
FOLDER: Final = "files"
LEFT_OUT: Final = "left-out.txt"  # a line for each file that was removed while the archive was made
CHUNK: Final = 256 * 1024  # bytes that a thread reads and packs at once
PAGE: Final = 25
_UNFIT: Final = str.maketrans('<>:"|?*', "_______")  # what Windows has in no name
_FILES: Final = f"""
    {EVENTS_OF} AND seq IN (
        SELECT seq FROM files WHERE files.room = log.room AND kind != 'expired' AND seq > ? AND seq <= ?
    ) ORDER BY seq LIMIT ?
"""  # noqa: S608 - our own names


async def exported(
    db: Database, room: Room, kind: str, formats: Mapping[str, ExportFormat], files: Files
) -> AsyncIterator[tuple[int, bytes]]:
    """Yield the room as a file of one of KINDS in parts, as (number of events so far, bytes)."""
    if kind == ZIP:
        async for done, packed in archive(db, room, formats["jsonl"], files):
            yield done, packed
    else:
        async for done, text in export(db, room, formats[kind]):
            yield done, text.encode()


class _Sink:
    """Keeps what a ZipFile writes until it is taken. It has no `tell` and no `seek`, as a socket has neither."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """There is nothing to flush."""

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


async def archive(db: Database, room: Room, lines: ExportFormat, files: Files) -> AsyncIterator[tuple[int, bytes]]:
    """Yield the zip in parts, as (number of events so far, bytes). It has every event up to `room.head`.

    Threads compress and read, so that the event loop is never held.
    """
    sink, left_out, done = _Sink(), list[str](), 0
    packed = ZipFile(cast(BinaryIO, sink), "w")
    text = _entry(f"{room.code}.jsonl", now(), ZIP_DEFLATED)
    with await asyncio.to_thread(packed.open, text, "w", force_zip64=True) as entry:
        async for done, part in export(db, room, lines):
            await asyncio.to_thread(entry.write, part.encode())
            yield done, sink.take()
    async for message in _messages_with_files(db, room):
        name = entry_of(message)
        content = await asyncio.to_thread(_open, files, message.changes["file"]["id"])
        if content is None:
            left_out.append(name)
            continue
        with content, await asyncio.to_thread(packed.open, _entry(name, message.at, ZIP_STORED), "w") as entry:
            while await asyncio.to_thread(_pass_on, content, entry):
                yield done, sink.take()
    if left_out:
        await asyncio.to_thread(packed.writestr, _entry(LEFT_OUT, now(), ZIP_DEFLATED), "\n".join(left_out))
    await asyncio.to_thread(packed.close)
    yield done, sink.take()


def entry_of(message: Event) -> str:
    """The name that the file of a message has in the archive."""
    file = message.changes["file"]
    name = file["name"].translate(_UNFIT)
    if "width" in file and not name.lower().endswith(".webp"):  # it was encoded anew
        name = f"{name.rpartition('.')[0] or name}.webp"
    return f"{FOLDER}/{message.seq}/{name}"


async def _messages_with_files(db: Database, room: Room) -> AsyncIterator[Event]:
    seq = room.tail - 1
    while rows := await db.all(_FILES, (room.code, room.epoch, room.id, seq, room.head, PAGE)):
        for message in map(event_of, rows):
            seq = message.seq
            if message.file:
                yield message


def _entry(name: str, at: str, how: int) -> ZipInfo:
    entry = ZipInfo(name, datetime.fromisoformat(max(at, "1980-01-01T00:00:00.000Z")).timetuple()[:6])
    entry.compress_type, entry.external_attr = how, 0o600 << 16
    return entry


def _open(files: Files, id: str) -> IO[bytes] | None:
    """The bytes of a file, those of a picture in its largest size; None if it was removed a moment ago."""
    for name in reversed(names_of(id)):
        with contextlib.suppress(FileNotFoundError):
            return Path(files.folder / name).open("rb")
    return None


def _pass_on(content: IO[bytes], entry: IO[bytes]) -> int:
    return entry.write(data) if (data := content.read(CHUNK)) else 0
