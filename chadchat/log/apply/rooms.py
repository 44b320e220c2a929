"""Rooms: opening one, and the place of whatever comes next in it."""

from __future__ import annotations

import sqlite3
from typing import cast

from ...errors import RoomExists, RoomNotFound
from ...events import Event
from .place import Place


def open_room(db: sqlite3.Connection, event: Event) -> Place:
    """The first event of a room. Raises RoomExists."""
    epoch: str = event.detail["epoch"]
    try:
        cursor = db.execute(
            "INSERT INTO rooms (code, epoch, title, head, last_at) VALUES (?, ?, ?, 1, ?)",
            (event.room, epoch, event.title or "", event.at),
        )
    except sqlite3.IntegrityError as error:
        raise RoomExists(f"There is a room {event.room} already.") from error
    return Place(cast(int, cursor.lastrowid), epoch, 1, event.at)


def next_place(db: sqlite3.Connection, event: Event) -> Place:
    """Raises RoomNotFound."""
    row = db.execute("SELECT id, epoch, head, last_at FROM rooms WHERE code = ?", (event.room,)).fetchone()
    if row is None:
        raise RoomNotFound(event.room)
    room, epoch, head, last_at = row
    # A clock that was set back does not reorder a room: its times only ever grow.
    return Place(room, epoch, head + 1, max(event.at, last_at))
