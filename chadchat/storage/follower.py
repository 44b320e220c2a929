"""Follower: the thread that keeps the words of all rooms in the file of search, a moment behind the log.

Posts never wait for it: it reads what was committed, and no event depends on what it writes. Where the file is gone,
damaged, or of an older form, it makes it anew from the log.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from threading import Event as Signal
from threading import Lock, Thread
from typing import Final

from ..events import Event
from ..kinds import alters
from ..refusal import DataError
from .db import FILE, connect_reader
from .events import EVENTS_OF, event_of
from .search import Followed, Index, drop
from .searched import words

logger = logging.getLogger(__name__)

EVERY: Final = 0.25  # seconds between two looks at the log
STEP: Final = 200  # events read and stored at once; then the other threads have their turn
ERASED_WITHIN: Final = 20.0  # seconds after which deleted words are taken out of every byte of the file
ERASING_SHARE: Final = 10  # it takes at most one part of so many of a core, where much is erased all the time ...
ERASED_AT_LAST: Final = 40.0  # ... and happens by then all the same
AGAIN: Final = (1.0, 30.0)  # seconds until the next try after an error: the first, and the longest
LOOKS: Final = 60.0  # seconds between two looks without any event
SPARE: Final = 2 * 32 * 1024 * 1024  # bytes of the disk that are left to the log: twice what it keeps itself ...
SPARE_OF_SMALL: Final = 10  # ... and of a small disk one part of so many

# What is wrong with the place of the file, and not with the file: it is tried again.
_PASSING: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)
_ROOMS: Final = "SELECT code, id, epoch, head, tail, closed FROM rooms"
_STEP: Final = f"{EVENTS_OF} AND seq > ? ORDER BY seq LIMIT ?"
_ONE: Final = f"{EVENTS_OF} AND seq = ?"


class LogUnread(Exception):
    """The log could not be read."""


class Follower:
    """A thread that follows the log in `folder`. `changed` is called by the event loop, and all else is its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._rooms: set[str] | None = None  # that have new events; None: all are to be looked at
        self._damaged = False
        self._wake, self._stop = Signal(), Signal()
        self._thread = Thread(target=self._run, name="search", daemon=True)
        self._wait = AGAIN[0]
        self._needs = 0  # free bytes of the disk, before the file is made again

    def start(self) -> None:
        """Begin to follow, from where the file ends."""
        self._thread.start()

    def changed(self, events: Sequence[Event]) -> None:
        """There are new events in these events' rooms."""
        with self._lock:
            if self._rooms is not None:
                self._rooms.update(event.room for event in events)
        self._wake.set()

    def look(self, *, damaged: bool = False) -> None:
        """A reader found no file, or a damaged one, which is deleted then."""
        self._damaged = self._damaged or damaged
        self._wake.set()

    def close(self) -> None:
        """End the thread, after what it is writing just now: some milliseconds."""
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        self._stop.wait(EVERY)  # what starts first is the server
        while not self._stop.is_set():
            with self._lock:
                self._rooms = None
            try:
                self._make_room()
                with closing(Index(self._folder)) as index, closing(connect_reader(self._folder / FILE)) as log:
                    self._follow(index, log)
            except (sqlite3.Error, OSError, DataError, LogUnread) as error:
                self._failed(error)

    def _failed(self, error: Exception) -> None:
        """Wait for the next try, and delete the file if it is what is wrong."""
        passing = not isinstance(error, sqlite3.DatabaseError) or _code(error) in _PASSING
        what = "waits" if passing else "makes its file anew"
        logger.warning("search %s: %s", what, error)
        if not passing:
            self._drop()
        self._stop.wait(self._wait)
        self._wait = min(2 * self._wait, AGAIN[1])

    def _drop(self) -> None:
        try:
            drop(self._folder)
        except OSError as error:
            logger.warning("the file of search cannot be deleted: %s", error)

    def _make_room(self) -> None:
        """Delete the file where the disk is nearly full, as the log needs the room, and wait until there is enough.
        Raises OSError.
        """
        while not self._stop.is_set() and self._short():
            self._stop.wait(AGAIN[1])

    def _short(self) -> bool:
        """Whether the disk has too little room for the file. Raises OSError."""
        disk = os.statvfs(self._folder)
        spare = min(SPARE, disk.f_blocks * disk.f_frsize // SPARE_OF_SMALL)
        free = disk.f_bavail * disk.f_frsize
        if free >= spare + self._needs:
            self._needs = 0
            return False
        if not self._needs:
            self._needs = spare
            logger.warning("the disk is nearly full: the log gets the room of search, which finds nothing until then")
            self._drop()
        return True

    def _follow(self, index: Index, log: sqlite3.Connection) -> None:
        """Follow until the end, until the file is gone, or until an error. Raises sqlite3.Error, OSError or
        LogUnread.
        """
        due, took = time.monotonic() + ERASED_WITHIN, 0.0
        while not self._stop.is_set() and index.here and not self._short():
            if self._damaged:
                self._damaged = False
                raise sqlite3.DatabaseError("it is damaged")
            self._wake.clear()
            self._catch_up(index, log)
            self._wait = AGAIN[0]
            now = time.monotonic()
            if not index.erasing:
                due = now + min(max(ERASED_WITHIN, ERASING_SHARE * took), ERASED_AT_LAST)
            elif now >= due and index.erase(lambda: not self._stop.is_set()):
                took = time.monotonic() - now
            self._wake.wait(min(max(due - now, EVERY), LOOKS) if index.erasing else LOOKS)
            self._stop.wait(EVERY)

    def _catch_up(self, index: Index, log: sqlite3.Connection) -> None:
        with self._lock:
            codes, self._rooms = self._rooms, set()
        rooms = _rooms(log, codes)
        if codes is not None and len(rooms) < len(codes):  # one has another code since
            codes, rooms = None, _rooms(log, None)
        if codes is None:
            there = {id for _, id, *_ in rooms}
            for gone in [room for room in index.followed if room not in there]:
                self._forget(index, gone)
        for room in rooms:
            self._room(index, log, *room)

    def _room(
        self, index: Index, log: sqlite3.Connection, code: str, room: int, epoch: str, head: int, tail: int, closed: str
    ) -> None:
        """Bring one room up to the end of its log, in steps."""
        known = index.followed.get(room)
        if known and (closed or known.epoch != epoch or known.seq > head):
            self._forget(index, room)
            known = None
        if closed:
            return
        known = known or Followed(epoch, 0, 1)
        if known.tail < tail:
            self._forget(index, room, tail)
        while (known.seq < head or known.tail < tail) and not self._stop.is_set():
            began = time.monotonic()
            known = _step(index, log, (code, epoch, room), known, tail)
            if known.seq < head:
                self._stop.wait(time.monotonic() - began)  # as long as it took: it never has more than half a core
                if not index.here or self._short():
                    return

    def _forget(self, index: Index, room: int, *before: int) -> None:
        while index.forget(room, *before) and not self._stop.is_set():
            self._stop.wait(0.01)


def _rooms(log: sqlite3.Connection, codes: Iterable[str] | None) -> list[tuple[str, int, str, int, int, str]]:
    """The rooms of these codes, or all. Raises LogUnread."""
    try:
        if codes is None:
            return log.execute(_ROOMS).fetchall()
        found = (log.execute(f"{_ROOMS} WHERE code = ?", (code,)).fetchone() for code in codes)
        return [room for room in found if room]
    except sqlite3.Error as error:
        raise LogUnread(error) from error


def _step(index: Index, log: sqlite3.Connection, room: tuple[str, str, int], known: Followed, tail: int) -> Followed:
    """Store the words of the next events of a room; returns how far it is followed now. Raises LogUnread."""
    try:
        events = [event_of(row) for row in log.execute(_STEP, (*room, max(known.seq, tail - 1), STEP)).fetchall()]
        seqs = {event.seq for event in events}
        targets = {target for event in events for target, _ in alters(event)}
        older = [log.execute(_ONE, (*room, target)).fetchone() for target in sorted(targets - seqs) if target >= tail]
    except sqlite3.Error as error:
        raise LogUnread(error) from error
    altered = {event.seq: words(event) for event in map(event_of, filter(None, older))}
    new = {event.seq: found for event in events if (found := words(event))}
    to = Followed(room[1], events[-1].seq if events else known.seq, tail)
    index.write(room[2], new, altered, to)
    return to


def _code(error: sqlite3.Error) -> int:
    """The result code of SQLite, without its further reasons."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
