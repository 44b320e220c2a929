"""Erasing: words that an event took out of the log leave the write-ahead log within a second, too.

SQLite writes over what is deleted in the file itself (`secure_delete`, see `storage.db.WRITER`). The pages as they were
before lie in the log beside it until that is cut, which nothing else does while a server runs.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from typing import Final

from ..events import Committed, Trimmed
from ..kinds import kind_of
from ..storage.db import WRITER

EVERY: Final = 0.5  # seconds between two cuts: each is two calls of fsync, and posts wait for it
AGAIN: Final = 0.1  # seconds until the next try, when a reader still needs what was there before


class Erasing:
    """When the write-ahead log has to be cut. For the writer's thread alone."""

    def __init__(self) -> None:
        self._due: float | None = None
        self._last = 0.0

    def committed(self, results: Sequence[object]) -> None:
        """Look whether a batch erased something."""
        for result in results:
            erased = isinstance(result, Trimmed) or (
                isinstance(result, Committed) and result.fresh and kind_of(result.event).erases
            )
            if erased and self._due is None:
                self._due = max(time.monotonic(), self._last + EVERY)

    def wait(self) -> float | None:
        """Seconds until a cut is due: 0 when it is now, None when none is."""
        return None if self._due is None else max(0.0, self._due - time.monotonic())

    def truncate(self, db: sqlite3.Connection) -> None:
        """Move everything into the file and cut the log, unless a reader stands before its end. Then it is tried again
        soon: the writer never waits for a reader.
        """
        self._due = time.monotonic() + AGAIN  # whatever happens now
        db.execute("PRAGMA busy_timeout = 0")
        try:
            [(busy, _, _)] = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            db.execute(f"PRAGMA busy_timeout = {WRITER['busy_timeout']}")
        if not busy:
            self.give_up()

    def give_up(self) -> None:
        """Nothing is due any more."""
        self._due, self._last = None, time.monotonic()
