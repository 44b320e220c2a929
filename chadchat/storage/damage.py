"""Examining the database: a first look that costs milliseconds before the start, and a thorough one beside the work.

SQLite's quick_check reads the whole file, which takes seconds for a million messages: a start may not wait for it.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from ..refusal import StartupError
from .backup import way_out
from .db import FILE, connect_reader

logger = logging.getLogger(__name__)

LATER: Final = 1.0  # seconds after the start, so that the first requests have the disk to themselves
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

# Both ends of every room's log are where the room says, or where what is not cut off yet begins.
_ENDS: Final = """
    SELECT code FROM rooms
    WHERE head IS NOT (SELECT seq FROM log WHERE room = rooms.id ORDER BY seq DESC LIMIT 1)
    OR coalesce((SELECT tail FROM base_rooms WHERE id = rooms.id), 1)
        IS NOT (SELECT seq FROM log WHERE room = rooms.id ORDER BY seq LIMIT 1)
"""


def first_look(db: sqlite3.Connection, folder: Path) -> None:
    """Raises StartupError for a room whose log has lost one of its ends."""
    rooms = [code for (code,) in db.execute(_ENDS)]
    if rooms:
        raise StartupError(refused(folder, f"{len(rooms)} rooms have lost a part of their log"))


def unusable(folder: Path, error: sqlite3.Error | OSError) -> StartupError:
    """The StartupError for a database that SQLite cannot use."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
        return StartupError(refused(folder, str(error)))
    return StartupError(
        f"Cannot open {folder / FILE}: {error}."
        " It, the files beside it and their folder must be there for this user to write, on a disk with room."
    )


def refused(folder: Path, why: str) -> str:
    """The sentence about a start on a damaged file."""
    return f"The database {folder / FILE} is damaged ({why}). It is kept as it is. {way_out(folder)}"


class Examination:
    """A quick_check in a thread of its own. Made on the event loop, where it calls `on_damage`, if it must."""

    def __init__(self, folder: Path, on_damage: Callable[[], None]) -> None:
        self._folder = folder
        self._on_damage = on_damage
        self._loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        self._db: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._run, name="chadchat-examination", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Stop the check."""
        self._stop.set()
        if self._db:
            self._db.interrupt()
        await asyncio.to_thread(self._thread.join, 1.0)

    def _run(self) -> None:
        if self._stop.wait(LATER):
            return
        fault = self._look()
        if fault and not self._stop.is_set():
            logger.error(
                "the database is damaged (%s): it is kept and can be read, and nothing new is stored. %s",
                fault,
                way_out(self._folder),
            )
            self._loop.call_soon_threadsafe(self._on_damage)

    def _look(self) -> str | None:
        try:
            with closing(connect_reader(self._folder / FILE)) as db:
                self._db = db
                (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED
            return str(error) if damaged else None
        finally:
            self._db = None
        return None if found == "ok" else " ".join(str(found).split())
