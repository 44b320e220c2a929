"""Retention: old events are cut off at once, and removed in steps that posts hardly wait for."""

from __future__ import annotations

import sqlite3
from typing import Final

from ...errors import PruneInvalid, RoomNotFound
from ...events import Event, Trim, Trimmed
from .bases import Apply, advance, begin, forget_members
from .place import Place

_BYTES: Final = "SELECT coalesce(sum(length(CAST(event AS BLOB))), 0) FROM log WHERE room = ? AND seq < ?"
STEP: Final = 50  # events that go in one step; what most of them cost in a room of 30,000 seats is 25 ms


def prune(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Cut off the events before seq `before`: the room begins there. Raises PruneInvalid.

    What was cut off before (a replay from the base) stays so. `trim` removes it.
    """
    before = event.changes["before"]
    if before > place.seq:
        raise PruneInvalid(f"There is nothing before {before} in {event.room} yet.")
    db.execute("UPDATE rooms SET tail = ? WHERE id = ? AND tail < ?", (before, place.room, before))


def trim(db: sqlite3.Connection, entry: Trim, apply: Apply, step: int = STEP) -> Trimmed:
    """Move some of what was cut off from a room's log into its base, with what only that held up; whether there is
    more. It is no event: what is read from the log is the same before and after it. Raises RoomNotFound.
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
