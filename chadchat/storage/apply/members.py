"""Members: seats taken and given up, who is here, and what a seat may do."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ...errors import (
    AlreadyHere,
    Banned,
    LastOwner,
    MemberExists,
    Muted,
    NameTaken,
    OwnerRequired,
    RecordNotFound,
    RoomNotFound,
    SeatRequired,
)
from ...events import ANONYMOUS, Event
from .place import Place
from .seats import require_unused, use


def _outside_by(look: str) -> str:
    """One look at everything that can keep someone without a seat out: a seat's name, a ban, a mute of their address.

    A name is a seat's when one of its looks is one of the seat's. Without a hint SQLite would read every member.
    """
    return f"""
        SELECT
            EXISTS (SELECT 1 FROM members INDEXED BY members_by_name
                WHERE room = :room AND skeleton {look} AND token IS NOT NULL)
            OR EXISTS (SELECT 1 FROM members INDEXED BY members_by_folded
                WHERE room = :room AND folded {look} AND token IS NOT NULL),
            (SELECT max(until) FROM bans
                WHERE room = :room AND (skeleton {look} OR folded {look} OR address = :address) AND until > :clock),
            (SELECT max(muted_until) FROM members INDEXED BY members_muted
                WHERE room = :room AND address = :address AND muted_until > :clock)
    """  # noqa: S608 - our own names


# Most names have one look, and equality is half the work.
_OUTSIDE: Final = _outside_by("= :skeleton")
_OUTSIDE_BY_LOOKS: Final = _outside_by("IN (:skeleton, :folded, :former)")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules of a room look at in a member."""

    owner: bool
    muted_until: str | None
    last_post_at: str | None
    used_at: str | None = None


def join(db: sqlite3.Connection, place: Place, event: Event) -> Mapping[str, Any]:
    """Take a seat (with a token), in place of the one that the event `replaces` if it does, or come back to one.

    A link for owners is spent by this, and makes the member one. Raises NameTaken, Banned, RoomNotFound (a lock that
    was not opened), RecordNotFound (an owners' link that is spent), MemberExists, SeatRequired, AlreadyHere or Muted.
    """
    token = event.detail.get("token")
    if token is None:
        _come_back(db, place, event)
        return use(db, place, event)
    before = end_replaced(db, place, event)
    appointed = spend_link(db, place, event)
    if place.lock and not appointed and event.detail.get("opened") != place.locked_at:
        require_link(db, place, event, "join")
    muted = require_free_name(db, place, event)
    owner = appointed or bool(event.detail.get("owner"))
    if before is None:
        standing = newcomer(place, event, muted, owner=owner)
    else:
        standing = replace(before, owner=True, muted_until=None) if owner else before
    return add_member(db, place, event, token, here=True, standing=standing)


def leave(db: sqlite3.Connection, place: Place, event: Event) -> Mapping[str, bool]:
    """Go, and give the seat up if the event says so. Raises SeatRequired, AlreadyHere or LastOwner."""
    if "unused_since" in event.detail and not event.seq:
        require_unused(db, place, event)
    if event.detail.get("gives_up_seat"):
        owned = require_seat(db, place, event).owner
        db.execute("UPDATE members SET here = 0, token = NULL WHERE room = ? AND id = ?", (place.room, event.member))
        if owned and not event.seq:
            require_any_owner(db, place, event)
        return {}
    changed = db.execute(
        "UPDATE members SET here = 0 WHERE room = ? AND id = ? AND here = 1", (place.room, event.member)
    )
    if not changed.rowcount:
        raise AlreadyHere(f"{event.name} is not here.")
    return use(db, place, event)


def newcomer(place: Place, event: Event, muted: str | None, *, owner: bool = False) -> Standing:
    """What a seat begins with: the mute of the address it is taken from, and in slow mode a wait. An event of a log
    says what it was.
    """
    if event.seq:
        return Standing(owner, event.detail.get("muted_until"), event.detail.get("last_post_at"))
    if owner:
        return Standing(owner, None, None)
    return Standing(owner, muted, place.clock if place.slow else None)


def add_member(
    db: sqlite3.Connection, place: Place, event: Event, token: str, *, here: bool, standing: Standing
) -> Mapping[str, Any]:
    """Give the event's member a seat; the part of its standing that a replay has to be told. Raises MemberExists."""
    detail = event.detail
    try:
        db.execute(
            "INSERT INTO members (room, id, name, skeleton, folded, token, owner, here, since, address, muted_until,"
            " last_post_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                place.room,
                event.member,
                event.name,
                detail["skeleton"],
                detail.get("folded"),
                token,
                int(standing.owner),
                int(here),
                place.seq,
                detail.get("address"),
                standing.muted_until,
                standing.last_post_at,
            ),
        )
    except sqlite3.IntegrityError as error:
        raise MemberExists(f"There is a member {event.member} already.") from error
    kept = {"muted_until": standing.muted_until, "last_post_at": standing.last_post_at}
    return {**{name: value for name, value in kept.items() if value is not None}, **use(db, place, event)}


def end_replaced(db: sqlite3.Connection, place: Place, event: Event) -> Standing | None:
    """End the seat that the event's seat takes the place of, and with it its mute; how it stood. Raises SeatRequired.

    Both are one event, so that no moment is without an owner and nothing owed is lost on the way.
    """
    old = event.detail.get("replaces")
    if old is None:
        return None
    standing = require_seat(db, place, replace(event, member=old))
    db.execute(
        "UPDATE members SET here = 0, token = NULL, muted_until = NULL WHERE room = ? AND id = ?", (place.room, old)
    )
    return standing


def require_any_owner(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Raises LastOwner when nobody with a seat owns the room any more."""
    left = db.execute(
        "SELECT 1 FROM members WHERE room = ? AND owner = 1 AND token IS NOT NULL LIMIT 1", (place.room,)
    ).fetchone()
    if left is None:
        raise LastOwner(event.room)


def require_seat(db: sqlite3.Connection, place: Place, event: Event) -> Standing:
    """How the event's member stands. Raises SeatRequired unless they hold a seat."""
    row = db.execute(
        "SELECT owner, muted_until, last_post_at, used_at FROM members WHERE room = ? AND id = ? AND token IS NOT NULL",
        (place.room, event.member),
    ).fetchone()
    if row is None:
        raise SeatRequired(event.room)
    return Standing(bool(row[0]), row[1], row[2], row[3])


def require_owner(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Raises SeatRequired or OwnerRequired unless the event's member owns the room."""
    if not require_seat(db, place, event).owner:
        raise OwnerRequired(event.room)


def require_free_name(db: sqlite3.Connection, place: Place, event: Event) -> str | None:
    """Until when the event's address is muted, if it is. Raises NameTaken when a seat holds the event's name, as
    people see names, or Banned. Ask what a lock says first: this tells of seats.
    """
    taken, muted = _outside(db, place, event)
    if taken:
        raise NameTaken(event.name or "", event.room)
    return muted


def require_welcome(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Raises Banned, or RoomNotFound where there is a lock. Says nothing of seats."""
    _outside(db, place, event)


def require_link(db: sqlite3.Connection, place: Place, event: Event, kind: str) -> None:
    """Raises RoomNotFound, as for a room that is not there, unless the event holds a link of this kind."""
    row = db.execute(
        "SELECT 1 FROM links WHERE room = ? AND id = ? AND kind = ?", (place.room, event.detail.get("link"), kind)
    ).fetchone()
    if row is None:
        raise RoomNotFound(event.room)


def _outside(db: sqlite3.Connection, place: Place, event: Event) -> tuple[bool, str | None]:
    """Whether a seat holds the event's name, and until when its address is muted. Raises as `require_welcome`.

    The name of everyone without one is nobody's, whatever seat or ban of before holds it.
    """
    detail = event.detail
    where = {"room": place.room, "address": detail.get("address"), "clock": place.clock, "skeleton": detail["skeleton"]}
    if event.member is None and event.name == ANONYMOUS:
        where["skeleton"] = None
    if more := "folded" in detail or "former" in detail:
        where |= {"folded": detail.get("folded"), "former": detail.get("former")}
    taken, banned, muted = db.execute(_OUTSIDE_BY_LOOKS if more else _OUTSIDE, where).fetchone()
    if banned is not None:
        raise RoomNotFound(event.room) if place.lock else Banned(event.room, banned)
    return bool(taken), str(muted) if muted else None


def spend_link(db: sqlite3.Connection, place: Place, event: Event) -> bool:
    """Whether the event's member becomes an owner by a link, which is good once and for a time. Raises RecordNotFound
    when it is not good any more.
    """
    if not event.detail.get("appoints"):
        return False
    spent = db.execute(
        "DELETE FROM links WHERE room = ? AND id = ? AND kind = 'owner' AND until > ?",
        (place.room, event.detail.get("link"), place.clock),
    )
    if not spent.rowcount:
        raise RecordNotFound("link", event.room)
    return True


def _come_back(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """The comings and goings of a muted member would be lines that they may not write: one goes, once."""
    standing = require_seat(db, place, event)
    if not event.seq and standing.muted_until and standing.muted_until > place.clock:
        raise Muted(event.room, standing.muted_until)
    changed = db.execute(
        "UPDATE members SET here = 1, since = ? WHERE room = ? AND id = ? AND here = 0",
        (place.seq, place.room, event.member),
    )
    if not changed.rowcount:
        raise AlreadyHere(f"{event.name} is here already.")
