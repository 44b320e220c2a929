"""Seats: the standing of a seat, the checks of members and of posts without a seat, and the last use."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...errors import (
    AlreadyHere,
    Banned,
    LastOwner,
    NameTaken,
    OwnerRequired,
    RoomNotFound,
    SeatRequired,
)
from ...events import ANONYMOUS, Event
from .place import Place


def _outside_by(look: str) -> str:
    """The query for all that can refuse an event without a seat: a seat with this name, a ban, a mute of the address.

    A name is taken if it shares a look with the name of another seat. Without the hints SQLite would read every member.
    """
    return f"""
        SELECT
            EXISTS (SELECT 1 FROM members INDEXED BY members_by_name
                WHERE room = :room AND skeleton {look} AND token IS NOT NULL AND id IS NOT :member)
            OR EXISTS (SELECT 1 FROM members INDEXED BY members_by_folded
                WHERE room = :room AND folded {look} AND token IS NOT NULL AND id IS NOT :member),
            (SELECT max(until) FROM bans
                WHERE room = :room AND (skeleton {look} OR folded {look} OR address = :address) AND until > :clock),
            (SELECT max(muted_until) FROM members INDEXED BY members_muted
                WHERE room = :room AND address = :address AND muted_until > :clock)
    """  # noqa: S608 - our own names


_BANNED_BY_NAME: Final = """
    SELECT 1 FROM bans WHERE room = :room AND until > :clock
    AND (skeleton IN (:skeleton, :folded, :former) OR folded IN (:skeleton, :folded, :former))
"""
# Most names have one look, and `=` costs half as much as `IN`.
_OUTSIDE: Final = _outside_by("= :skeleton")
_OUTSIDE_BY_LOOKS: Final = _outside_by("IN (:skeleton, :folded, :former)")


@dataclass(frozen=True, slots=True)
class Standing:
    """The fields of a member that the rules of a room need."""

    owner: bool
    muted_until: str | None
    last_post_at: str | None
    used_at: str | None = None


def require_any_owner(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Raises LastOwner when nobody with a seat owns the room any more."""
    left = db.execute(
        "SELECT 1 FROM members WHERE room = ? AND owner = 1 AND token IS NOT NULL LIMIT 1", (place.room,)
    ).fetchone()
    if left is None:
        raise LastOwner(event.room)


def require_seat(db: sqlite3.Connection, place: Place, event: Event) -> Standing:
    """The standing of the event's member. Raises SeatRequired unless they hold a seat."""
    row = db.execute(
        "SELECT owner, muted_until, last_post_at, used_at FROM members WHERE room = ? AND id = ? AND token IS NOT NULL",
        (place.room, event.member),
    ).fetchone()
    if row is None:
        raise SeatRequired(event.room)
    return Standing(bool(row[0]), row[1], row[2], row[3])


def require_owner(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Raises SeatRequired or OwnerRequired unless the event's member owns the room, or a restore carries over what the
    replaced log allowed (storage/carry.py).
    """
    if event.detail.get("carried"):
        return
    if not require_seat(db, place, event).owner:
        raise OwnerRequired(event.room)


def require_free_name(db: sqlite3.Connection, place: Place, event: Event) -> str | None:
    """The time until which the event's address is muted, or None. Raises NameTaken if a seat has a name that looks the
    same, or Banned. Check the lock before, as NameTaken reveals a seat.
    """
    taken, muted = _outside(db, place, event)
    if taken:
        raise NameTaken(event.name or "", event.room)
    return muted


def require_welcome(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Raises Banned, or RoomNotFound in a locked room. Reveals nothing about seats."""
    _outside(db, place, event)


def require_link(db: sqlite3.Connection, place: Place, event: Event, kind: str) -> None:
    """Raises RoomNotFound, as for a room that is not there, unless the event holds a link of this kind."""
    row = db.execute(
        "SELECT 1 FROM links WHERE room = ? AND id = ? AND kind = ?", (place.room, event.detail.get("link"), kind)
    ).fetchone()
    if row is None:
        raise RoomNotFound(event.room)


def _outside(db: sqlite3.Connection, place: Place, event: Event) -> tuple[bool, str | None]:
    """Whether a seat has the event's name, and the time until which its address is muted. Raises as `require_welcome`.

    `anonymous` is never taken and never banned, whatever old seats and bans there are.
    """
    detail = event.detail
    where = {"room": place.room, "address": detail.get("address"), "clock": place.clock, "skeleton": detail["skeleton"]}
    where["member"] = event.member
    if event.member is None and event.name == ANONYMOUS:
        where["skeleton"] = None
    if more := "folded" in detail or "former" in detail:
        where |= {"folded": detail.get("folded"), "former": detail.get("former")}
    taken, banned, muted = db.execute(_OUTSIDE_BY_LOOKS if more else _OUTSIDE, where).fetchone()
    if banned is not None:
        hidden = place.lock and event.kind != "rename"  # a member knows that the room exists
        if hidden:
            raise RoomNotFound(event.room)
        by_name = db.execute(_BANNED_BY_NAME, {"folded": None, "former": None, **where}).fetchone()
        raise Banned(event.room, banned, network=not by_name)
    return bool(taken), str(muted) if muted else None


def use(db: sqlite3.Connection, place: Place, event: Event, before: str | None = None) -> Mapping[str, bool]:
    """Store the time of use of the member's seat, once a day; `before` is the stored time. A replayed event has the
    decision stored.
    """
    if not event.detail.get("used") if event.seq else before is not None and before[:10] == place.clock[:10]:
        return {}
    db.execute("UPDATE members SET used_at = ? WHERE room = ? AND id = ?", (place.clock, place.room, event.member))
    return {"used": True}


def require_unused(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Raises AlreadyHere unless the member's seat was last used before the event's `unused_since`, and is no owner's.

    It may have been used, or become an owner's, after the sweeper looked.
    """
    unused = db.execute(
        "SELECT 1 FROM members WHERE room = ? AND id = ? AND token IS NOT NULL AND owner = 0 AND here = 0"
        " AND coalesce(used_at, '') < ?",
        (place.room, event.member, event.detail["unused_since"]),
    ).fetchone()
    if unused is None:
        raise AlreadyHere(f"{event.name} uses the seat, or has none.")
