"""Tokens: the further tokens of a seat, of its other devices and of links to them, and the end of a seat."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from ...errors import MemberExists, TransferSpent
from ...events import Event, timestamp
from .place import Place
from .seats import require_seat, use

GOOD_FOR: Final = timedelta(minutes=10)  # a link to another device
MOST: Final = 10  # rows of one seat, dead ones too: the oldest goes first

_SPEND: Final = """
    DELETE FROM tokens WHERE room = ? AND token = ? AND member = ? AND ended IS NULL AND until > ? AND until <= ?
"""
_ADD: Final = "INSERT OR REPLACE INTO tokens (room, token, member, since, until) VALUES (?, ?, ?, ?, ?)"
_END: Final = "UPDATE tokens SET ended = ?, since = ?, until = NULL WHERE room = ? AND member = ? AND ended IS NULL"
_KEEP: Final = """
    INSERT OR REPLACE INTO tokens (room, token, member, since, ended)
    SELECT room, token, id, ?, ? FROM members WHERE room = ? AND id = ? AND token IS NOT NULL
"""
_GIVE: Final = "UPDATE members SET token = ? WHERE room = ? AND id = ?"
_FORGET: Final = """
    DELETE FROM tokens WHERE room = :room AND token IN (
        SELECT token FROM tokens WHERE room = :room AND member = :member ORDER BY since DESC LIMIT -1 OFFSET :most)
"""


def transfer(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Make a link that brings the seat to another device, in place of the previous one. Raises SeatRequired."""
    require_seat(db, place, event)
    db.execute("DELETE FROM tokens WHERE room = ? AND member = ? AND until IS NOT NULL", (place.room, event.member))
    _add(db, place, event, event.detail["until"])


def device(db: sqlite3.Connection, place: Place, event: Event) -> Mapping[str, bool]:
    """Spend that link: a further token opens the seat. Raises SeatRequired or TransferSpent.

    A link from further ahead than it is good for is refused, too: the clock was set back since.
    """
    used = require_seat(db, place, event).used_at
    latest = timestamp(datetime.fromisoformat(place.clock) + GOOD_FOR)
    spent = db.execute(_SPEND, (place.room, event.detail["link"], event.member, place.clock, latest))
    if not spent.rowcount:
        raise TransferSpent
    _add(db, place, event, None)
    return use(db, place, event, used)


def signout(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Give the seat a new token, and end all others it has. Raises SeatRequired or MemberExists."""
    require_seat(db, place, event)
    _end_tokens(db, place, str(event.member), event.kind)
    try:
        db.execute(_GIVE, (event.detail["token"], place.room, event.member))
    except sqlite3.IntegrityError as error:
        raise MemberExists("A member has that token already.") from error


def end_seat(db: sqlite3.Connection, place: Place, event: Event, member: str | None, why: str) -> Mapping[str, bool]:
    """End a seat, if the member has one: no token opens it any more, and its name is free. Returns the decision to
    remember its tokens, which an event of before this version lacks.
    """
    decided = {} if event.seq and not event.detail.get("remembers") else {"remembers": True}
    if decided:
        _end_tokens(db, place, member, why)
    db.execute("UPDATE members SET here = 0, token = NULL WHERE room = ? AND id = ?", (place.room, member))
    return decided


def _end_tokens(db: sqlite3.Connection, place: Place, member: str | None, why: str) -> None:
    db.execute(_END, (why, place.seq, place.room, member))
    db.execute(_KEEP, (place.seq, why, place.room, member))
    db.execute(_FORGET, {"room": place.room, "member": member, "most": MOST})


def _add(db: sqlite3.Connection, place: Place, event: Event, until: str | None) -> None:
    db.execute(_ADD, (place.room, event.detail["token"], event.member, place.seq, until))
    db.execute(_FORGET, {"room": place.room, "member": event.member, "most": MOST})
