"""Known rooms: looked up once and remembered until something about them changes.

A room of 10,000 whose readers all come back at once is then looked up once, and not 10,000 times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..events import Event
from ..kinds import kind_of
from ..storage.db import Database
from . import rooms
from .rooms import Room

MOST: Final = 10_000


class RoomCache:
    """Rooms by code. What `find` gives is as of the last change; its `head` may be older than the log."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._rooms: dict[str, Room] = {}
        self._changes = 0

    async def find(self, code: str) -> Room:
        """As `rooms.find`, and raises the same."""
        if known := self._rooms.get(code):
            return known
        changes = self._changes
        room = await rooms.find(self._db, code)
        if changes == self._changes:  # else what was read may be older than a change that has been told already
            if len(self._rooms) >= MOST:
                self._rooms.clear()
            self._rooms[code] = room
        return room

    def changed(self, events: Sequence[Event]) -> None:
        """Forget what is no longer so. Listens to the log, before anyone who acts on what was committed."""
        for event in events:
            if kind_of(event).room:
                self._changes += 1
                self._rooms.pop(event.room, None)
