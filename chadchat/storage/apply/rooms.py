"""Rooms: opening, changing settings and the code, closing, and the place of the next event."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, cast

from ...errors import RoomClosed, RoomExists, RoomMoved, RoomNotFound
from ...events import Event, timestamp
from .bases import forget
from .files import forget_files
from .place import Place
from .seats import require_owner

# How long the code of a closed room is not handed out again (docs/api.md).
CODE_RESTS: Final = timedelta(days=30)

# The statements that store the changes of a later `room` event, by the public names of the changes.
_CHANGES: Final = {
    name: f"UPDATE rooms SET {name} = ? WHERE id = ?"  # noqa: S608 - the names below
    for name in ("title", "slow", "read_only", "keep_days", "keep_events", "edits", "typing")
} | {"files": "UPDATE rooms SET takes_files = ? WHERE id = ?"}


def opens(event: Event) -> bool:
    """Whether this is the first event of a room: a `room` event that changes nothing."""
    return event.kind == "room" and not event.changes


def open_room(db: sqlite3.Connection, event: Event) -> Place:
    """The first event of a room. Raises RoomExists, unless the room that had the code was closed long enough ago."""
    epoch: str = event.detail["epoch"]
    _free(db, event)
    try:
        cursor = db.execute(
            "INSERT INTO rooms (code, epoch, title, head, last_at) VALUES (?, ?, ?, 1, ?)",
            (event.room, epoch, event.title or "", event.at),
        )
    except sqlite3.IntegrityError as error:
        raise RoomExists(event.room) from error
    return Place(cast(int, cursor.lastrowid), epoch, 1, event.at, event.at)


def next_place(db: sqlite3.Connection, event: Event) -> Place:
    """The place of the next event. Raises RoomNotFound, RoomMoved for an old code, or RoomClosed."""
    row = db.execute(
        "SELECT id, epoch, head, last_at, slow, read_only, lock, locked_at, tail, size, edits, closed"
        " FROM rooms WHERE code = ?",
        (event.room,),
    ).fetchone()
    if row is None:
        moved = db.execute("SELECT 1 FROM old_codes WHERE code = ?", (event.room,)).fetchone()
        raise RoomMoved(event.room) if moved else RoomNotFound(event.room)
    room, epoch, head, last_at, slow, read_only, lock, locked_at, tail, size, edits, closed = row
    fresh = event.detail.get("epoch") if event.kind == "room" else None
    if closed and not fresh and event.kind != "prune":
        raise RoomClosed
    # A clock that was set back does not reorder a room: its times only ever grow.
    at = max(event.at, last_at)
    clock = event.detail.get("clock", event.at) if event.seq else event.at
    return Place(room, fresh or epoch, head + 1, at, clock, slow, bool(read_only), lock, locked_at, tail, size, edits)


def change_room(db: sqlite3.Connection, place: Place, event: Event) -> Mapping[str, bool] | None:
    """Change what the event names; close the room; give it the fresh epoch of a restored backup.

    Raises SeatRequired or OwnerRequired; the operator's changes have no member.
    """
    if event.member is not None:
        require_owner(db, place, event)
    for name, value in event.changes.items():
        if name == "lock":
            _lock(db, place, value, event.detail.get("passphrase"))
        elif name == "closed":
            _close(db, place, event)
        elif name in _CHANGES:
            db.execute(_CHANGES[name], (value, place.room))
    db.execute("UPDATE rooms SET epoch = ? WHERE id = ?", (place.epoch, place.room))
    return {"keeps_seats": True} if "closed" in event.changes and not event.seq else None


def move(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Give the room a new code. Raises OwnerRequired, or RoomExists when the code is another room's."""
    require_owner(db, place, event)
    try:
        db.execute("UPDATE rooms SET code = ? WHERE id = ?", (event.detail["to"], place.room))
    except sqlite3.IntegrityError as error:
        raise RoomExists(event.detail["to"]) from error
    db.execute(
        "INSERT INTO old_codes (code, room, at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at",
        (event.detail["from"], place.room, place.clock),
    )


def _close(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Mark the room as closed. Its seats become invalid by that, and are deleted in steps with the log: ending
    thousands at once would delay posts in other rooms.
    """
    db.execute("UPDATE rooms SET closed = ? WHERE id = ?", (place.clock, place.room))
    forget_files(db, place, place.seq)
    if event.seq and "keeps_seats" not in event.detail:
        db.execute("UPDATE members SET here = 0, token = NULL WHERE room = ?", (place.room,))


def _lock(db: sqlite3.Connection, place: Place, lock: Any, passphrase: Any) -> None:
    db.execute(
        "UPDATE rooms SET lock = ?, passphrase = ?, locked_at = ? WHERE id = ?",
        (lock, passphrase, place.seq, place.room),
    )


def _free(db: sqlite3.Connection, event: Event) -> None:
    """Delete a room that was closed long ago and has this code."""
    longest = timestamp(datetime.fromisoformat(event.at) - CODE_RESTS)
    row = db.execute("SELECT id FROM rooms WHERE code = ? AND closed < ?", (event.room, longest)).fetchone()
    if row:
        forget(db, row[0])
