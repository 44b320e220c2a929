"""Finding: reads the file of search, in threads of its own, and never for longer than it is given."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from ..refusal import DataError
from .db import connect_reader
from .search import FILE, bounds, is_current, seq_of

THREADS: Final = 2
LONGEST: Final = 0.25  # seconds of a query
PATIENCE: Final = 2.0  # seconds that a query waits for its turn
_STEPS: Final = 1000  # of SQLite's machine, between two looks at the clock

_FOUND: Final = """
    SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?
"""
_ALL: Final = "SELECT rowid FROM words WHERE rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?"
_FOLLOWED: Final = "SELECT seq FROM followed WHERE room = ? AND epoch = ?"
_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})


class TookTooLong(Exception):
    """A query was not done in time."""


class Wanted(NamedTuple):
    """What to look for: an expression of full-text search (empty: everything), in the messages of a room from one seq
    to another, and at most how many.
    """

    match: str
    room: int
    epoch: str
    first: int
    last: int
    most: int


class Seqs(NamedTuple):
    """The seqs of the messages that were found, newest first, and up to which seq the room can be searched so far."""

    found: list[int]
    reached: int


class Finder:
    """A few read-only connections. `lost` is told where the file is not there (False) or is damaged (True)."""

    def __init__(self, folder: Path, lost: Callable[[bool], None]) -> None:
        self._path = folder / FILE
        self._lost = lost
        self._threads = ThreadPoolExecutor(THREADS, "search")
        self._idle: list[tuple[sqlite3.Connection, int]] = []  # each with the number of its file

    async def find(self, wanted: Wanted) -> Seqs:
        """The newest messages that match. Nothing where there is no file yet. Raises TookTooLong."""
        asked = time.monotonic()
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._find, wanted, asked)

    def close(self) -> None:
        """Wait for the queries that run, and close the connections."""
        self._threads.shutdown(cancel_futures=True)
        while self._idle:
            self._idle.pop()[0].close()

    def _find(self, wanted: Wanted, asked: float) -> Seqs:
        if time.monotonic() > asked + PATIENCE:
            raise TookTooLong
        try:
            db, file = self._connection()
        except (sqlite3.Error, OSError, DataError):
            self._lost(False)
            return Seqs([], 0)
        try:
            found = _query(db, wanted)
        except sqlite3.Error as error:
            db.close()
            code = error.sqlite_errorcode & 0xFF
            if code == sqlite3.SQLITE_INTERRUPT:
                raise TookTooLong from error
            self._lost(code in _DAMAGE)
            return Seqs([], 0)
        self._idle.append((db, file))
        return found

    def _connection(self) -> tuple[sqlite3.Connection, int]:
        """An open connection to the file that has the name now. Raises sqlite3.Error or OSError."""
        file = self._path.stat().st_ino
        with suppress(IndexError):
            while True:
                db, of = self._idle.pop()
                if of == file:
                    return db, of
                db.close()
        db = connect_reader(self._path, one_thread=False)
        try:
            if not is_current(db):
                raise sqlite3.OperationalError("it has another form")
        except BaseException:
            db.close()
            raise
        return db, file


def _query(db: sqlite3.Connection, wanted: Wanted) -> Seqs:
    end = time.monotonic() + LONGEST
    db.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    rows = (*bounds(wanted.room, wanted.first, wanted.last), wanted.most)
    reached = db.execute(_FOLLOWED, (wanted.room, wanted.epoch)).fetchone()
    if reached is None:
        return Seqs([], 0)
    found = db.execute(_FOUND, (wanted.match, *rows)) if wanted.match else db.execute(_ALL, rows)
    return Seqs([seq_of(row) for (row,) in found.fetchall()], reached[0])
