"""Members: seats taken, renamed and given up, and who is here."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...errors import AlreadyHere, MemberExists, Muted, RecordNotFound
from ...events import Event
from .place import Place
from .seats import Standing, require_any_owner, require_free_name, require_link, require_seat, require_unused, use
from .tokens import end_seat


def join(db: sqlite3.Connection, place: Place, event: Event) -> Mapping[str, Any]:
    """Take a seat (with a token), in place of the one that the event `replaces` if it does, or come back to one.

    A link for owners is spent by this, and makes the member one. Raises NameTaken, Banned, RoomNotFound (a lock that
    was not opened), RecordNotFound (an owners' link that is spent), MemberExists, SeatRequired, AlreadyHere or Muted.
    """
    token = event.detail.get("token")
    if token is None:
        _come_back(db, place, event)
        return use(db, place, event)
    before, decided = end_replaced(db, place, event)
    appointed = spend_link(db, place, event)
    if place.lock and not appointed and event.detail.get("opened") != place.locked_at:
        require_link(db, place, event, "join")
    muted = require_free_name(db, place, event)
    owner = appointed or bool(event.detail.get("owner"))
    if before is None:
        standing = newcomer(place, event, muted, owner=owner)
    else:
        standing = replace(before, owner=True, muted_until=None) if owner else before
    return {**add_member(db, place, event, token, here=True, standing=standing), **decided}


def leave(db: sqlite3.Connection, place: Place, event: Event) -> Mapping[str, bool]:
    """Go, and give the seat up if the event says so. Raises SeatRequired, AlreadyHere, or LastOwner unless the event
    says that the room may be left without an owner.
    """
    if "unused_since" in event.detail and not event.seq:
        require_unused(db, place, event)
    if event.detail.get("gives_up_seat"):
        owned = require_seat(db, place, event).owner
        decided = end_seat(db, place, event, event.member, event.kind)
        if owned and not event.seq and not event.detail.get("ownerless"):
            require_any_owner(db, place, event)
        return decided
    changed = db.execute(
        "UPDATE members SET here = 0 WHERE room = ? AND id = ? AND here = 1", (place.room, event.member)
    )
    if not changed.rowcount:
        raise AlreadyHere(f"{event.name} is not here.")
    return use(db, place, event)


def rename(db: sqlite3.Connection, place: Place, event: Event) -> Mapping[str, Any]:
    """Give the member the event's name: the seat, and all that goes with it, stays. Raises SeatRequired, NameTaken or
    Banned.
    """
    used = require_seat(db, place, event).used_at
    require_free_name(db, place, event)
    db.execute(
        "UPDATE members SET name = ?, skeleton = ?, folded = ? WHERE room = ? AND id = ?",
        (event.name, event.detail["skeleton"], event.detail.get("folded"), place.room, event.member),
    )
    return use(db, place, event, used)


def newcomer(place: Place, event: Event, muted: str | None, *, owner: bool = False) -> Standing:
    """The standing of a new seat: muted like its address, and with a wait in slow mode. A replayed event has it."""
    if event.seq:
        return Standing(owner, event.detail.get("muted_until"), event.detail.get("last_post_at"))
    if owner:
        return Standing(owner, None, None)
    return Standing(owner, muted, place.clock if place.slow else None)


def add_member(
    db: sqlite3.Connection, place: Place, event: Event, token: str, *, here: bool, standing: Standing
) -> Mapping[str, Any]:
    """Give the event's member a seat; returns the decisions that a replay needs. Raises MemberExists."""
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


def add_muted(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Add the target of a mute as a member whose seat has ended, so that its address is muted. Raises MemberExists."""
    changes, detail = event.changes, event.detail
    try:
        db.execute(
            "INSERT INTO members (room, id, name, skeleton, folded, owner, here, since, address, muted_until)"
            " VALUES (?, ?, ?, ?, ?, 0, 0, ?, ?, ?)",
            (
                place.room,
                changes["target"],
                changes["whom"],
                detail["skeleton"],
                detail.get("folded"),
                place.seq,
                detail["address"],
                changes["until"],
            ),
        )
    except sqlite3.IntegrityError as error:
        raise MemberExists(f"There is a member {changes['target']} already.") from error


def end_replaced(db: sqlite3.Connection, place: Place, event: Event) -> tuple[Standing | None, Mapping[str, bool]]:
    """End the seat that the event replaces, and its mute; returns its standing, and what was decided. Raises
    SeatRequired.

    It is one event with the new seat, so that the room always has an owner and no mute is lost.
    """
    old = event.detail.get("replaces")
    if old is None:
        return None, {}
    standing = require_seat(db, place, replace(event, member=old))
    decided = end_seat(db, place, event, old, "leave")
    db.execute("UPDATE members SET muted_until = NULL WHERE room = ? AND id = ?", (place.room, old))
    return standing, decided


def spend_link(db: sqlite3.Connection, place: Place, event: Event) -> bool:
    """Whether the event's member becomes an owner by a link, which can be used once within its time. Raises
    RecordNotFound if it cannot be used any more.
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
    """Mark a member as here again. Raises Muted, as a muted member may not write lines, SeatRequired or AlreadyHere."""
    standing = require_seat(db, place, event)
    if not event.seq and standing.muted_until and standing.muted_until > place.clock:
        raise Muted(event.room, standing.muted_until)
    changed = db.execute(
        "UPDATE members SET here = 1, since = ? WHERE room = ? AND id = ? AND here = 0",
        (place.seq, place.room, event.member),
    )
    if not changed.rowcount:
        raise AlreadyHere(f"{event.name} is here already.")
