"""A cache of rooms by code, emptied by the events that change a room.

When 10,000 readers of one room reconnect at once, the room is read from the database once.
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
    """Rooms by code. A cached room has the current settings, but its `head` may be behind the log."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._rooms: dict[str, Room] = {}
        self._changes = 0

    async def find(self, code: str) -> Room:
        """As `rooms.find`, with the same errors, but from the cache if possible."""
        if known := self._rooms.get(code):
            return known
        changes = self._changes
        room = await rooms.find(self._db, code)
        if changes == self._changes:  # else the row may be older than a change already seen
            if len(self._rooms) >= MOST:
                self._rooms.clear()
            self._rooms[code] = room
        return room

    def changed(self, events: Sequence[Event]) -> None:
        """Drop the rooms that these events change. Called after each commit, before all other followers of the log."""
        for event in events:
            if kind_of(event).room:
                self._changes += 1
                self._rooms.pop(event.room, None)
