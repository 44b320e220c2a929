"""Erasing: text that was removed from the log is removed from the write-ahead log, too, within a second.

SQLite overwrites deleted text in the database file (`secure_delete`, see `storage.db.WRITER`). The old pages stay in
the write-ahead log until that is truncated, which nothing else does while a server runs.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from typing import Final

from ..events import Committed, Trimmed
from ..kinds import kind_of
from ..storage.db import WRITER

EVERY: Final = 0.5  # seconds between two truncations: each calls fsync twice, and posts wait for it
AGAIN: Final = 0.1  # seconds until the next try, while a reader still needs the old pages


class Erasing:
    """When the write-ahead log must be truncated. Used by the writer's thread only."""

    def __init__(self) -> None:
        self._due: float | None = None
        self._last = 0.0

    def committed(self, results: Sequence[object]) -> None:
        """Note whether a batch removed text."""
        for result in results:
            erased = isinstance(result, Trimmed) or (
                isinstance(result, Committed) and result.fresh and kind_of(result.event).erases
            )
            if erased and self._due is None:
                self._due = max(time.monotonic(), self._last + EVERY)

    def wait(self) -> float | None:
        """Seconds until a truncation is due; 0: now, None: none is."""
        return None if self._due is None else max(0.0, self._due - time.monotonic())

    def truncate(self, db: sqlite3.Connection) -> None:
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
            self.give_up()

    def give_up(self) -> None:
        """Forget what is due."""
        self._due, self._last = None, time.monotonic()
