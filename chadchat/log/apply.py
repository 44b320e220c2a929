"""apply: the only code that changes the database. It checks the rules, gives an event its seq, and writes.

Deterministic: no clock, no randomness, no I/O beyond `db`. The same events in the same order give the same tables, on
any machine; tests/test_log.py holds it to that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from ..errors import AlreadyHere, KeyReused, MemberExists, NameTaken, RoomExists, RoomNotFound, SeatRequired
from ..events import Committed, Event, timestamp

KEY_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the next event of a room goes."""

    room: int
    epoch: str
    seq: int
    at: str


def apply(db: sqlite3.Connection, event: Event) -> Committed:
    """Write one event inside the caller's transaction, or raise the ChatError of the rule it breaks."""
    if event.kind == "room":
        place = _open_room(db, event)
    else:
        place = _next_place(db, event)
        if stored := _APPLY[event.kind](db, place, event):
            return stored
        db.execute("UPDATE rooms SET head = ?, last_at = ? WHERE id = ?", (place.seq, place.at, place.room))
    db.execute(
        "INSERT INTO log (room, seq, kind, at, event) VALUES (?, ?, ?, ?, ?)",
        (place.room, place.seq, event.kind, place.at, event.stored()),
    )
    return Committed(event.placed(place.seq, place.epoch, place.at))


def _open_room(db: sqlite3.Connection, event: Event) -> _Place:
    epoch: str = event.detail["epoch"]
    try:
        cursor = db.execute(
            "INSERT INTO rooms (code, epoch, title, head, last_at) VALUES (?, ?, ?, 1, ?)",
            (event.room, epoch, event.title or "", event.at),
        )
    except sqlite3.IntegrityError as error:
        raise RoomExists(f"There is a room {event.room} already.") from error
    return _Place(cast(int, cursor.lastrowid), epoch, 1, event.at)


def _next_place(db: sqlite3.Connection, event: Event) -> _Place:
    row = db.execute("SELECT id, epoch, head, last_at FROM rooms WHERE code = ?", (event.room,)).fetchone()
    if row is None:
        raise RoomNotFound(event.room)
    room, epoch, head, last_at = row
    # A clock that was set back does not reorder a room: its times only ever grow.
    return _Place(room, epoch, head + 1, max(event.at, last_at))


def _message(db: sqlite3.Connection, place: _Place, event: Event) -> Committed | None:
    if event.member is not None:
        _require_seat(db, place, event)
    else:
        _require_free_name(db, place, event)
    key = event.detail.get("key")
    if key is None:
        return None
    author = event.member or event.detail["skeleton"]
    oldest = timestamp(datetime.fromisoformat(place.at) - KEY_LIFE)
    db.execute("DELETE FROM keys WHERE room = ? AND at < ?", (place.room, oldest))
    row = db.execute(
        "SELECT digest, seq FROM keys WHERE room = ? AND author = ? AND key = ?", (place.room, author, key)
    ).fetchone()
    if row is None:
        db.execute(
            "INSERT INTO keys (room, author, key, digest, seq, at) VALUES (?, ?, ?, ?, ?, ?)",
            (place.room, author, key, event.detail["digest"], place.seq, place.at),
        )
        return None
    digest, seq = row
    if digest != event.detail["digest"]:
        raise KeyReused
    at, stored = db.execute("SELECT at, event FROM log WHERE room = ? AND seq = ?", (place.room, seq)).fetchone()
    return Committed(Event.restored(event.room, place.epoch, seq, "message", at, stored), fresh=False)


def _join(db: sqlite3.Connection, place: _Place, event: Event) -> None:
    token = event.detail.get("token")
    if token is None:
        _come_back(db, place, event)
        return
    _require_free_name(db, place, event)
    try:
        db.execute(
            "INSERT INTO members (room, id, name, skeleton, token, owner, here, since) VALUES (?, ?, ?, ?, ?, ?, 1, ?)",
            (
                place.room,
                event.member,
                event.name,
                event.detail["skeleton"],
                token,
                int(event.detail.get("owner", False)),
                place.seq,
            ),
        )
    except sqlite3.IntegrityError as error:
        raise MemberExists(f"There is a member {event.member} already.") from error


def _come_back(db: sqlite3.Connection, place: _Place, event: Event) -> None:
    _require_seat(db, place, event)
    changed = db.execute(
        "UPDATE members SET here = 1, since = ? WHERE room = ? AND id = ? AND here = 0",
        (place.seq, place.room, event.member),
    )
    if not changed.rowcount:
        raise AlreadyHere(f"{event.name} is here already.")


def _leave(db: sqlite3.Connection, place: _Place, event: Event) -> None:
    if event.detail.get("gives_up_seat"):
        _require_seat(db, place, event)
        db.execute("UPDATE members SET here = 0, token = NULL WHERE room = ? AND id = ?", (place.room, event.member))
        return
    changed = db.execute(
        "UPDATE members SET here = 0 WHERE room = ? AND id = ? AND here = 1", (place.room, event.member)
    )
    if not changed.rowcount:
        raise AlreadyHere(f"{event.name} is not here.")


def _require_seat(db: sqlite3.Connection, place: _Place, event: Event) -> None:
    row = db.execute(
        "SELECT 1 FROM members WHERE room = ? AND id = ? AND token IS NOT NULL", (place.room, event.member)
    ).fetchone()
    if row is None:
        raise SeatRequired(event.room)


def _require_free_name(db: sqlite3.Connection, place: _Place, event: Event) -> None:
    row = db.execute(
        "SELECT 1 FROM members WHERE room = ? AND skeleton = ? AND token IS NOT NULL",
        (place.room, event.detail["skeleton"]),
    ).fetchone()
    if row is not None:
        raise NameTaken(event.name or "", event.room)


_APPLY: dict[str, Callable[[sqlite3.Connection, _Place, Event], Committed | None]] = {
    "message": _message,
    "join": _join,
    "leave": _leave,
}
