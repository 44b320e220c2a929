"""Retention: old events are cut off at once, and removed in small steps, for which posts hardly wait."""

from __future__ import annotations

import sqlite3
from typing import Final

from ...errors import PruneInvalid, RoomNotFound
from ...events import Event, Trim, Trimmed
from .bases import Apply, advance, begin, forget_members
from .files import forget_files
from .place import Place
from .replies import forget_targets

_BYTES: Final = "SELECT coalesce(sum(length(CAST(event AS BLOB))), 0) FROM log WHERE room = ? AND seq < ?"
STEP: Final = 50  # events removed in one step, which takes 25 ms in a room of 30,000 seats


def prune(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Cut off the events before seq `before`: the room begins there. Raises PruneInvalid.

    A lower `before` than the tail (in a replay from a base) changes nothing. `trim` removes the events.
    """
    before = event.changes["before"]
    if before > place.seq:
        raise PruneInvalid(f"There is nothing before {before} in {event.room} yet.")
    db.execute("UPDATE rooms SET tail = ? WHERE id = ? AND tail < ?", (before, place.room, before))
    forget_targets(db, place.room, before)
    forget_files(db, place, before)


def trim(db: sqlite3.Connection, entry: Trim, apply: Apply, step: int = STEP) -> Trimmed:
    """Move up to `step` events that were cut off into the room's base, and delete members without events; the result
    says whether there is more. Not an event, as readers see no difference. Raises RoomNotFound.
    """
    row = db.execute("SELECT id, tail, size FROM rooms WHERE code = ?", (entry.room,)).fetchone()
    if row is None:
        raise RoomNotFound(entry.room)
    room, tail, size = row
    start = begin(db, room)
    before = min(start + step, tail)
    if before > start:
        advance(db, room, before, apply)
        size -= db.execute(_BYTES, (room, before)).fetchone()[0]
        db.execute("DELETE FROM log WHERE room = ? AND seq < ?", (room, before))
        db.execute("UPDATE rooms SET size = ? WHERE id = ?", (size, room))
    return Trimmed(entry.room, forget_members(db, room, entry.clock) or before < tail, size)
