"""Knocks at a room that is locked by approval: requests for a seat, which owners admit or deny."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ...errors import KnocksFull, RecordNotFound, RoomNotFound
from ...events import Event
from .members import add_member, newcomer
from .place import Place
from .seats import require_free_name, require_owner, require_welcome

# More than an owner would read; it bounds a flood of knocks.
MOST_WAITING: Final = 20


def knock(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Store a request for a seat. Raises RoomNotFound (no such lock, or banned) or KnocksFull.

    Whether the name is free is asked when an owner opens: a stranger is not told who sits in a locked room.
    """
    if place.lock != "approval":
        raise RoomNotFound(event.room)
    require_welcome(db, place, event)
    detail = event.detail
    (waiting,) = db.execute(
        "SELECT count(*) FROM knocks WHERE room = ? AND state = 'waiting'", (place.room,)
    ).fetchone()
    if waiting >= MOST_WAITING:
        raise KnocksFull
    db.execute(
        "INSERT INTO knocks (room, id, name, skeleton, token, address, at, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting')",
        (
            place.room,
            place.seq,
            event.name,
            detail["skeleton"],
            detail["token"],
            detail.get("address"),
            place.at,
        ),
    )


def admit(db: sqlite3.Connection, place: Place, event: Event) -> Mapping[str, Any]:
    """Admit a knock: its token becomes the token of a seat.

    Raises OwnerRequired, RecordNotFound, NameTaken, Banned or MemberExists.
    """
    require_owner(db, place, event)
    name, skeleton, token, address = _answer(db, place, event, "admitted")
    # The looks are the admission's; one of before has none, and the knock's is all there is.
    detail = {"skeleton": skeleton, "address": address, **event.detail}
    guest = replace(event, name=name, member=event.changes["member_id"], detail=detail)
    muted = require_free_name(db, place, guest)
    return add_member(db, place, guest, token, here=False, standing=newcomer(place, event, muted))


def deny(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Deny a knock. Raises OwnerRequired or RecordNotFound."""
    require_owner(db, place, event)
    _answer(db, place, event, "denied")


def _answer(db: sqlite3.Connection, place: Place, event: Event, state: str) -> tuple[str, str, str, str | None]:
    target = event.changes["target"]
    row: tuple[str, str, str, str | None] | None = db.execute(
        "SELECT name, skeleton, token, address FROM knocks WHERE room = ? AND id = ? AND state = 'waiting'",
        (place.room, target),
    ).fetchone()
    if row is None:
        raise RecordNotFound("knock", event.room)
    db.execute("UPDATE knocks SET state = ? WHERE room = ? AND id = ?", (state, place.room, target))
    return row
