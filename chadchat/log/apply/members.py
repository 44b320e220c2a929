"""Members: seats taken and given up, who is here, and what a seat may do."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from ...errors import AlreadyHere, MemberExists, NameTaken, RoomNotFound, SeatRequired
from ...events import Event
from ...names import ANONYMOUS
from ...owner_errors import Banned, OwnerRequired
from .place import Place


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
                WHERE room = :room AND (skeleton {look} OR folded {look} OR address = :address) AND until > :at),
            (SELECT max(muted_until) FROM members WHERE room = :room AND address = :address AND muted_until > :at)
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


def join(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Take a seat (with a token), or come back to one.

    Raises NameTaken, Banned, RoomNotFound (a lock that was not opened), MemberExists, SeatRequired or AlreadyHere.
    """
    token = event.detail.get("token")
    if token is None:
        _come_back(db, place, event)
        return
    if place.lock and event.detail.get("opened") != place.locked_at:
        require_link(db, place, event, "join")
    require_free_name(db, place, event)
    add_member(db, place, event, token, here=True)


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


def add_member(db: sqlite3.Connection, place: Place, event: Event, token: str, *, here: bool) -> None:
    """Give the event's member a seat. Raises MemberExists."""
    detail = event.detail
    try:
        db.execute(
            "INSERT INTO members (room, id, name, skeleton, folded, token, owner, here, since, address)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                place.room,
                event.member,
                event.name,
                detail["skeleton"],
                detail.get("folded"),
                token,
                int(detail.get("owner", False)),
                int(here),
                place.seq,
                detail.get("address"),
            ),
        )
    except sqlite3.IntegrityError as error:
        raise MemberExists(f"There is a member {event.member} already.") from error


def require_seat(db: sqlite3.Connection, place: Place, event: Event) -> Standing:
    """How the event's member stands. Raises SeatRequired unless they hold a seat."""
    row = db.execute(
        "SELECT owner, muted_until, last_post_at FROM members WHERE room = ? AND id = ? AND token IS NOT NULL",
        (place.room, event.member),
    ).fetchone()
    if row is None:
        raise SeatRequired(event.room)
    return Standing(bool(row[0]), row[1], row[2])


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
    where = {"room": place.room, "address": detail.get("address"), "at": place.at, "skeleton": detail["skeleton"]}
    if event.member is None and event.name == ANONYMOUS:
        where["skeleton"] = None
    if more := "folded" in detail or "former" in detail:
        where |= {"folded": detail.get("folded"), "former": detail.get("former")}
    taken, banned, muted = db.execute(_OUTSIDE_BY_LOOKS if more else _OUTSIDE, where).fetchone()
    if banned is not None:
        raise RoomNotFound(event.room) if place.lock else Banned(event.room, banned)
    return bool(taken), str(muted) if muted else None


def _come_back(db: sqlite3.Connection, place: Place, event: Event) -> None:
    require_seat(db, place, event)
    changed = db.execute(
        "UPDATE members SET here = 1, since = ? WHERE room = ? AND id = ? AND here = 0",
        (place.seq, place.room, event.member),
    )
    if not changed.rowcount:
        raise AlreadyHere(f"{event.name} is here already.")
