"""Rooms: opening one, changing its settings and its code, and the place of whatever comes next in it."""

from __future__ import annotations

import sqlite3
from typing import Any, Final, cast

from ...errors import RoomExists, RoomMoved, RoomNotFound
from ...events import Event
from .members import require_owner
from .place import Place

# What a later `room` event may change by its public name: the statement that stores it.
_CHANGES: Final = {
    "title": "UPDATE rooms SET title = ? WHERE id = ?",
    "slow": "UPDATE rooms SET slow = ? WHERE id = ?",
    "read_only": "UPDATE rooms SET read_only = ? WHERE id = ?",
}


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


def opens(db: sqlite3.Connection, event: Event) -> bool:
    """Whether this is the first event of a room. In old logs it has no mark, but then there is no room yet."""
    if event.kind != "room":
        return False
    return bool(event.detail.get("opens")) or (not event.changes and not _exists(db, event.room))


def next_place(db: sqlite3.Connection, event: Event) -> Place:
    """Raises RoomNotFound, or RoomMoved for a code that was given up."""
    row = db.execute(
        "SELECT id, epoch, head, last_at, slow, read_only, lock, locked_at FROM rooms WHERE code = ?", (event.room,)
    ).fetchone()
    if row is None:
        moved = db.execute("SELECT 1 FROM old_codes WHERE code = ?", (event.room,)).fetchone()
        raise RoomMoved(event.room) if moved else RoomNotFound(event.room)
    room, epoch, head, last_at, slow, read_only, lock, locked_at = row
    # A clock that was set back does not reorder a room: its times only ever grow.
    return Place(room, epoch, head + 1, max(event.at, last_at), slow, bool(read_only), lock, locked_at)


def change_room(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Change what the event names. Raises SeatRequired or OwnerRequired; the operator's changes have no member."""
    if event.member is not None:
        require_owner(db, place, event)
    for name, value in event.changes.items():
        if name == "lock":
            _lock(db, place, value, event.detail.get("passphrase"))
        else:
            db.execute(_CHANGES[name], (value, place.room))


def move(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Give the room a new code. Raises OwnerRequired, or RoomExists when the code is another room's."""
    require_owner(db, place, event)
    try:
        db.execute("UPDATE rooms SET code = ? WHERE id = ?", (event.detail["to"], place.room))
    except sqlite3.IntegrityError as error:
        raise RoomExists(f"There is a room {event.detail['to']} already.") from error
    db.execute(
        "INSERT INTO old_codes (code, room, at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at",
        (event.detail["from"], place.room, place.at),
    )


def _lock(db: sqlite3.Connection, place: Place, lock: Any, passphrase: Any) -> None:
    db.execute(
        "UPDATE rooms SET lock = ?, passphrase = ?, locked_at = ? WHERE id = ?",
        (lock, passphrase, place.seq, place.room),
    )


def _exists(db: sqlite3.Connection, code: str) -> bool:
    return db.execute("SELECT 1 FROM rooms WHERE code = ?", (code,)).fetchone() is not None
