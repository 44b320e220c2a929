"""Members: seats taken and given up, and who is here."""

from __future__ import annotations

import sqlite3

from ...errors import AlreadyHere, MemberExists, NameTaken, SeatRequired
from ...events import Event
from .place import Place


def join(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Take a seat (with a token), or come back to one. Raises NameTaken, MemberExists, SeatRequired or AlreadyHere."""
    token = event.detail.get("token")
    if token is None:
        _come_back(db, place, event)
        return
    require_free_name(db, place, event)
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


def _come_back(db: sqlite3.Connection, place: Place, event: Event) -> None:
    require_seat(db, place, event)
    changed = db.execute(
        "UPDATE members SET here = 1, since = ? WHERE room = ? AND id = ? AND here = 0",
        (place.seq, place.room, event.member),
    )
    if not changed.rowcount:
        raise AlreadyHere(f"{event.name} is here already.")


def leave(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Go, and give the seat up if the event says so. Raises SeatRequired or AlreadyHere."""
    if event.detail.get("gives_up_seat"):
        require_seat(db, place, event)
        db.execute("UPDATE members SET here = 0, token = NULL WHERE room = ? AND id = ?", (place.room, event.member))
        return
    changed = db.execute(
        "UPDATE members SET here = 0 WHERE room = ? AND id = ? AND here = 1", (place.room, event.member)
    )
    if not changed.rowcount:
        raise AlreadyHere(f"{event.name} is not here.")


def require_seat(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Raises SeatRequired unless the event's member holds a seat."""
    row = db.execute(
        "SELECT 1 FROM members WHERE room = ? AND id = ? AND token IS NOT NULL", (place.room, event.member)
    ).fetchone()
    if row is None:
        raise SeatRequired(event.room)


def require_free_name(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Raises NameTaken when a seat holds the event's name, as people see names."""
    row = db.execute(
        "SELECT 1 FROM members WHERE room = ? AND skeleton = ? AND token IS NOT NULL",
        (place.room, event.detail["skeleton"]),
    ).fetchone()
    if row is not None:
        raise NameTaken(event.name or "", event.room)
