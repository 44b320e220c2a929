"""Retention: old events go, and leave behind what the tables were after them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from ...errors import PruneInvalid
from ...events import Committed, Event
from .place import Place
from .snapshots import dump, empty_copy, events_for_replay, keep_base, load_snapshot

_GONE: Final = "SELECT id FROM members WHERE token IS NULL AND (muted_until IS NULL OR muted_until < ?)"

Apply = Callable[[sqlite3.Connection, Event], Committed]


def prune(db: sqlite3.Connection, place: Place, event: Event, apply: Apply) -> None:
    """Delete the events before seq `before`, with what only they held up. Raises PruneInvalid.

    Where they are gone already (a replay from the base) there is nothing to do.
    """
    before = event.changes["before"]
    if before > place.seq:
        raise PruneInvalid(f"There is nothing before {before} in {event.room} yet.")
    tail = db.execute("SELECT tail FROM rooms WHERE id = ?", (place.room,)).fetchone()[0]
    if before <= tail:
        return
    past = empty_copy(db)
    try:
        _rebase(db, past, place, before, apply)
    finally:
        past.close()
    db.execute("DELETE FROM log WHERE room = ? AND seq < ?", (place.room, before))
    db.execute("DELETE FROM keys WHERE room = ? AND seq < ?", (place.room, before))
    db.execute("UPDATE rooms SET tail = ? WHERE id = ?", (before, place.room))


def _rebase(db: sqlite3.Connection, past: sqlite3.Connection, place: Place, before: int, apply: Apply) -> None:
    """Bring the base up to the event before `before`, in `past`, and keep it."""
    room = place.room
    tail = load_snapshot(db, past, room)
    for event in events_for_replay(db, past, room, tail, before):
        apply(past, event)
    (then,) = past.execute("SELECT id FROM rooms").fetchone()
    past.execute("UPDATE rooms SET tail = ?", (before,))
    past.execute("DELETE FROM keys")
    # Whose seat was given up by then has done nothing since: with those events the last trace of them goes. So no rule
    # may insist on finding such a member, or a message before the tail: the replay of what follows would fail.
    # Who is muted stays until that ends: it holds for their address too.
    gone = past.execute(_GONE, (place.clock,)).fetchall()
    past.executemany("DELETE FROM members WHERE id = ?", gone)
    db.executemany("DELETE FROM members WHERE room = ? AND id = ?", [(room, member) for (member,) in gone])
    keep_base(db, room, before - 1, dump(past, then))
