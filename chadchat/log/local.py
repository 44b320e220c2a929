"""SQLite as the log: an append is a commit."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import IO, Final, cast

from ..errors import LogDamaged, RoomFull, StorageFull
from ..events import Committed, Event, Note, Trim, Trimmed, now
from ..storage.apply import apply
from ..storage.apply.messages import key_owner
from ..storage.apply.notes import keep_note
from ..storage.apply.retention import trim
from ..storage.damage import Examination, first_look, unusable
from ..storage.db import FILE, Database, connect_writer, lock
from ..storage.events import EVENTS, event_of
from ..storage.migrate import migrate
from . import Listener
from .space import NO_QUOTA, Quota, Space
from .watch import Watch
from .writer import Entry, Writer

_READ: Final = f"{EVENTS} WHERE rooms.code = ? AND log.seq >= max(? + 1, rooms.tail) ORDER BY log.seq LIMIT ?"
_KEY: Final = "SELECT 1 FROM keys JOIN rooms ON id = room WHERE code = ? AND author = ? AND key = ? AND seq >= tail"
_TAIL: Final = f"{EVENTS} WHERE rooms.code = ? AND log.seq >= rooms.tail ORDER BY log.seq DESC LIMIT ?"


class LocalLog:
    """One SQLite file, locked for this process, migrated, with one writer and a few readers (`db`)."""

    def __init__(self, db: Database, lock_file: IO[bytes]) -> None:
        self.db = db
        self._lock_file = lock_file
        self._listeners: list[Listener] = []
        self._closing: asyncio.Task[None] | None = None
        self._writer: Writer
        self._examination: Examination
        self._watch: Watch
        self.space: Space
        self.damaged = False

    @classmethod
    async def open(cls, data: Path, on_failure: Callable[[], None] = lambda: None, quota: Quota = NO_QUOTA) -> LocalLog:
        """Open or create the log in the folder `data`. Raises StartupError with a sentence when it must not be used."""
        path = data / FILE
        with ExitStack() as opened:  # the data must not stay locked when the rest fails
            lock_file = opened.enter_context(await asyncio.to_thread(lock, data))
            try:
                await asyncio.to_thread(_prepare, data)
                log = cls(await Database.open(path), lock_file)
            except (sqlite3.Error, OSError) as error:
                raise unusable(data, error) from error
            log.space = Space(data, quota, dict(await log.db.all("SELECT code, size FROM rooms")))
            opened.pop_all()
        log._writer = Writer(lambda: connect_writer(path), _write, log._publish, on_failure)
        log._watch = Watch(data, log.db, log.space, log._writer.stop)
        log._examination = Examination(data, log._stop_writing)
        return log

    async def append(self, event: Event) -> Committed:
        """See Log.append."""
        if self.damaged:
            raise LogDamaged
        try:
            self.space.require(event)
        except (RoomFull, StorageFull):
            if not await self._is_retry(event):
                raise
        try:
            return await self._writer.append(event)
        except StorageFull as error:
            self.space.refused(error)
            raise

    async def _is_retry(self, event: Event) -> bool:
        """Whether the event's key has stored a message already: then nothing more is stored."""
        if "key" not in event.detail:
            return False
        return await self.db.one(_KEY, (event.room, key_owner(event), event.detail["key"])) is not None

    async def note(self, name: str, value: str) -> None:
        """See Log.note."""
        if self.damaged:
            raise LogDamaged
        await self._writer.write(Note(name, value))

    async def noted(self, name: str) -> str | None:
        """See Log.noted."""
        row = await self.db.one("SELECT value FROM node WHERE name = ?", (name,))
        return str(row[0]) if row else None

    async def trim(self, room: str, clock: str) -> bool:
        """See Log.trim."""
        if self.damaged:
            raise LogDamaged
        return cast(Trimmed, await self._writer.write(Trim(room, clock))).more

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
        """SQLite's last connection moves all into the one file when it closes, if it may write: so the writer is last.
        After a failure of the disk, and in a damaged database, nothing is moved.
        """
        await self._watch.close()
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

    def _publish(self, done: Sequence[Committed | Trimmed]) -> None:
        self.space.count(done)
        events = [one.event for one in done if isinstance(one, Committed)]
        if not events:
            return
        for listener in self._listeners:
            listener(events)


def _write(db: sqlite3.Connection, entry: Entry) -> Committed | Trimmed | None:
    """Rules compare with an event's own time, so it must not be one that a client, or a clock that was ahead for a
    moment, made up.
    """
    if isinstance(entry, Note):
        keep_note(db, entry)
        return None
    if isinstance(entry, Trim):
        return trim(db, entry, apply)
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
