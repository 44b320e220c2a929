"""SQLite as the log: the commit is the append. The default for good, with no server to run."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

from ..errors import LogDamaged
from ..events import Committed, Event, Note, now
from ..storage.apply import apply
from ..storage.apply.notes import keep_note
from ..storage.damage import Examination, first_look, unusable
from ..storage.db import FILE, Database, Row, connect_writer, lock
from ..storage.migrate import migrate
from . import Listener
from .writer import Writer

_READ: Final = """
    SELECT rooms.code, rooms.epoch, log.seq, log.kind, log.at, log.event FROM log JOIN rooms ON rooms.id = log.room
    WHERE rooms.code = ? AND log.seq > ? ORDER BY log.seq LIMIT ?
"""
_TAIL: Final = """
    SELECT rooms.code, rooms.epoch, log.seq, log.kind, log.at, log.event FROM log JOIN rooms ON rooms.id = log.room
    WHERE rooms.code = ? ORDER BY log.seq DESC LIMIT ?
"""


def event_of(row: Row) -> Event:
    """An Event from (code, epoch, seq, kind, at, event)."""
    code, epoch, seq, kind, at, stored = row
    return Event.restored(code, epoch, seq, kind, at, stored)


class LocalLog:
    """One SQLite file, locked for this process, migrated, with one writer and a few readers (`db`)."""

    def __init__(self, db: Database, lock_file: IO[bytes]) -> None:
        self.db = db
        self._lock_file = lock_file
        self._listeners: list[Listener] = []
        self._closing: asyncio.Task[None] | None = None
        self._writer: Writer
        self._examination: Examination
        self.damaged = False

    @classmethod
    async def open(cls, data: Path, on_failure: Callable[[], None] = lambda: None) -> LocalLog:
        """Open or create the log in the folder `data`. Raises StartupError with a sentence when it must not be used."""
        path = data / FILE
        with ExitStack() as opened:  # the data must not stay locked when the rest fails
            lock_file = opened.enter_context(await asyncio.to_thread(lock, data))
            try:
                await asyncio.to_thread(_prepare, data)
                log = cls(await Database.open(path), lock_file)
            except (sqlite3.Error, OSError) as error:
                raise unusable(data, error) from error
            opened.pop_all()
        log._writer = Writer(lambda: connect_writer(path), _write, log._publish, on_failure)
        log._examination = Examination(data, log._stop_writing)
        return log

    async def append(self, event: Event) -> Committed:
        """See Log.append."""
        if self.damaged:
            raise LogDamaged
        return await self._writer.append(event)

    async def note(self, name: str, value: str) -> None:
        """See Log.note."""
        if self.damaged:
            raise LogDamaged
        await self._writer.note(Note(name, value))

    async def noted(self, name: str) -> str | None:
        """See Log.noted."""
        row = await self.db.one("SELECT value FROM node WHERE name = ?", (name,))
        return str(row[0]) if row else None

    async def read(self, room: str, after: int, limit: int) -> list[Event]:
        """See Log.read."""
        return [event_of(row) for row in await self.db.all(_READ, (room, after, limit))]

    async def tail(self, room: str, limit: int) -> list[Event]:
        """See Log.tail."""
        return [event_of(row) for row in reversed(await self.db.all(_TAIL, (room, limit)))]

    def listen(self, listener: Listener) -> None:
        """See Log.listen."""
        self._listeners.append(listener)

    @property
    def failed(self) -> bool:
        """Whether the disk failed and nothing is stored any more."""
        return self._writer.failed

    async def close(self) -> None:
        """See Log.close. Whoever comes second waits for the first: a reader that is closed twice at once hangs."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        """The last connection that is closed puts everything into the one file, if it may write: the writer's. A disk
        that failed, and a damaged file, are left as they are.
        """
        await self._examination.close()
        if not self.damaged:
            await self._writer.finish()
        if self.damaged or self.failed:
            await self._writer.close(as_it_is=True)
            await self.db.close()
        else:
            await self.db.close()
            await self._writer.close()
        self._lock_file.close()

    def _stop_writing(self) -> None:
        self.damaged = True

    def _publish(self, events: Sequence[Event]) -> None:
        for listener in self._listeners:
            listener(events)


def _write(db: sqlite3.Connection, entry: Event | Note) -> Committed | None:
    """Rules compare with an event's own time, so it must not be one that a client, or a clock that was ahead for a
    moment, made up.
    """
    if isinstance(entry, Note):
        keep_note(db, entry)
        return None
    return apply(db, entry if entry.at <= (clock := now()) else replace(entry, at=clock))


def _prepare(data: Path) -> None:
    db = connect_writer(data / FILE)
    try:
        migrate(db)
        first_look(db, data)
        _try_to_write(db)
    finally:
        db.close()


def _try_to_write(db: sqlite3.Connection) -> None:
    """Change a number in the file's header to itself, and take that back: the first post is late to find out that the
    file, or its write-ahead log, can only be read.
    """
    (version,) = db.execute("PRAGMA user_version").fetchone()
    db.execute("BEGIN IMMEDIATE")
    db.execute(f"PRAGMA user_version = {version}")
    db.execute("ROLLBACK")
