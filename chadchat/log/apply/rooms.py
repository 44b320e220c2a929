"""Rooms: opening one, changing it, closing it, and the place of whatever comes next in it."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Final, cast

from ...errors import RoomClosed, RoomExists, RoomNotFound
from ...events import Event, timestamp
from .bases import forget
from .place import Place

# How long the code of a closed room is not handed out again (API.md).
CODE_RESTS: Final = timedelta(days=30)

# What a `room` event may set as it stands. `closed` and a fresh epoch do more than that.
_PLAIN: Final = ("title", "keep_days", "keep_events")


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
        raise RoomExists(f"There is a room {event.room} already.") from error
    return Place(cast(int, cursor.lastrowid), epoch, 1, event.at)


def change_room(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Set what the event's `changes` name; close the room; give it the fresh epoch of a restored backup."""
    for name in _PLAIN:
        if name in event.changes:
            db.execute(f"UPDATE rooms SET {name} = ? WHERE id = ?", (event.changes[name], place.room))  # noqa: S608
    db.execute("UPDATE rooms SET epoch = ? WHERE id = ?", (place.epoch, place.room))
    if event.changes.get("closed"):
        db.execute("UPDATE rooms SET closed = ? WHERE id = ?", (place.at, place.room))
        db.execute("UPDATE members SET here = 0, token = NULL WHERE room = ?", (place.room,))


def next_place(db: sqlite3.Connection, event: Event) -> Place:
    """Raises RoomNotFound or RoomClosed."""
    row = db.execute("SELECT id, epoch, head, last_at, closed FROM rooms WHERE code = ?", (event.room,)).fetchone()
    if row is None:
        raise RoomNotFound(event.room)
    room, epoch, head, last_at, closed = row
    fresh = event.detail.get("epoch") if event.kind == "room" else None
    if closed and not fresh and event.kind != "prune":
        raise RoomClosed
    # A clock that was set back does not reorder a room: its times only ever grow.
    return Place(room, fresh or epoch, head + 1, max(event.at, last_at))


def _free(db: sqlite3.Connection, event: Event) -> None:
    """Let go of a room that was closed long ago and had this code."""
    longest = timestamp(datetime.fromisoformat(event.at) - CODE_RESTS)
    row = db.execute("SELECT id FROM rooms WHERE code = ? AND closed < ?", (event.room, longest)).fetchone()
    if row:
        forget(db, row[0])
