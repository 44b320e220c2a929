"""Erasing: text that was removed from the log is removed from the write-ahead log, too, within a second.

SQLite overwrites deleted text in the database file (`secure_delete`, see `storage.db.WRITER`). The old pages stay in
the write-ahead log until that is truncated, which nothing else does while a server runs. Copies of rows that SQLite
left between the rows of its pages go with a pass over the whole file (storage/scrubbing.py), a step between two
batches. There is one at most every PASSES seconds, and the first at that time after the start.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Sequence
from typing import Final

from ..events import Committed, Trimmed
from ..kinds import kind_of
from ..storage.db import WRITER
from ..storage.scrubbing import scrub_some

logger = logging.getLogger(__name__)

EVERY: Final = 0.5  # seconds between two truncations: each calls fsync twice, and posts wait for it
AGAIN: Final = 0.1  # seconds until the next try, while a reader still needs the old pages
PASSES: Final = 30.0  # seconds between two passes
LAST: Final = 0.5  # seconds for the rest of a pass when the log is closed; the next start makes another


class Erasing:
    """What must be erased, and when. Used by the writer's thread only."""

    def __init__(self) -> None:
        self._due: float | None = None
        self._last = 0.0
        self._file: int | None = None
        self._pass_due: float | None = time.monotonic() + PASSES
        self._pass_ended = time.monotonic()
        self._place = 0  # the bytes that the pass has done
        self._stale = False  # whether there may be copies before that place

    def committed(self, results: Sequence[object]) -> None:
        """Note whether a batch removed text."""
        for result in results:
            erased = isinstance(result, Trimmed) or (
                isinstance(result, Committed) and result.fresh and kind_of(result.event).erases
            )
            if erased and self._due is None:
                self._due = max(time.monotonic(), self._last + EVERY)
            if erased:
                self._stale = True
                self._pass_due = self._pass_due or max(time.monotonic(), self._pass_ended + PASSES)

    def wait(self) -> float | None:
        """Seconds until something is due; 0: now, None: nothing is."""
        due = [at for at in (self._due, self._pass_due) if at is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def work(self, db: sqlite3.Connection) -> None:
        """Do what is due: truncate the write-ahead log, or a step of a pass. Raises sqlite3.Error."""
        now = time.monotonic()
        if self._due is not None and self._due <= now:
            self._truncate(db)
        elif self._pass_due is not None and self._pass_due <= now:
            self._scrub(db)

    def finish(self, db: sqlite3.Connection) -> None:
        """Do what is to be done before the log is closed. Raises sqlite3.Error."""
        end = time.monotonic() + LAST
        while (self._stale or self._place) and time.monotonic() < end and self._scrub(db):
            pass
        self._truncate(db)

    def give_up(self) -> None:
        """Forget what is due."""
        self._due = self._pass_due = None

    def close(self) -> None:
        """Let go of the file. Only once no connection is open: this ends the locks that SQLite has on it."""
        if self._file is not None:
            os.close(self._file)

    def _truncate(self, db: sqlite3.Connection) -> None:
        """Move all pages into the database file and truncate the write-ahead log. While a reader needs its pages this
        is tried again after AGAIN seconds; the writer never waits.
        """
        self._due = time.monotonic() + AGAIN  # also after an error
        db.execute("PRAGMA busy_timeout = 0")
        try:
            [(busy, _, _)] = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            db.execute(f"PRAGMA busy_timeout = {WRITER['busy_timeout']}")
        if not busy:
            self._due, self._last = None, time.monotonic()

    def _scrub(self, db: sqlite3.Connection) -> bool:
        """Do a step of the pass; whether it could be done, as all pages must be in the file. The connection reads its
        pages anew afterwards, as its own copies are as they were.
        """
        began = time.monotonic()
        self._pass_due = began + AGAIN
        [(busy, pages, moved)] = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        if busy or pages != moved:
            return False
        if not self._place:
            self._stale = False
        try:
            if self._file is None:
                self._file = os.open(db.execute("PRAGMA database_list").fetchone()[2], os.O_RDWR)
            self._place = scrub_some(self._file, self._place)
        except OSError as error:
            logger.error("copies of removed text may stay in the database file: %s", error)
            self._pass_due, self._place, self._stale = None, 0, False
            return False
        db.execute("PRAGMA shrink_memory")
        if self._place:
            self._pass_due = 2 * time.monotonic() - began  # as long as it took: a pass never has more than half a core
            return True
        self._pass_ended = time.monotonic()
        self._pass_due = self._pass_ended + PASSES if self._stale else None
        self._due = self._due or max(self._pass_ended, self._last + EVERY)
        return True
