"""Moderation: the acts of owners on members. Each is refused to anyone else."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from ...errors import MemberNotFound, OwnerProtected, RecordNotFound
from ...events import OPERATOR, Event
from .members import add_muted
from .place import Place
from .seats import require_any_owner, require_owner
from .tokens import end_seat

# A ban that has ended is deleted only this much later, as the clock may be ahead.
BANS_REST: Final = 30  # days


def owner(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Make a member an owner, or an ordinary member again. Raises OwnerRequired, MemberNotFound or LastOwner.

    The operator, without a member, makes owners only.
    """
    if event.member is not None or not event.changes["owner"]:
        require_owner(db, place, event)
    target, owns = event.changes["target"], event.changes["owner"]
    _require_member(db, place, event)
    db.execute("UPDATE members SET owner = ? WHERE room = ? AND id = ?", (int(owns), place.room, target))
    require_any_owner(db, place, event)


def kick(db: sqlite3.Connection, place: Place, event: Event) -> Mapping[str, bool]:
    """End a seat. Raises OwnerRequired, MemberNotFound or OwnerProtected."""
    require_owner(db, place, event)
    _require_ordinary(db, place, event)
    return end_seat(db, place, event, event.changes["target"], event.kind)


def ban(db: sqlite3.Connection, place: Place, event: Event) -> Mapping[str, str | bool]:
    """End a seat, if there is one, and refuse its name and address for a time. Deletes old bans.

    Raises OwnerRequired or OwnerProtected.
    """
    require_owner(db, place, event)
    decided: Mapping[str, bool] = {}
    if event.changes["target"] is not None:
        _require_ordinary(db, place, event, seated=False)
        decided = end_seat(db, place, event, event.changes["target"], event.kind)
    forgets = place.before(BANS_REST, event, once=0)
    db.execute("DELETE FROM bans WHERE room = ? AND until <= ?", (place.room, forgets))
    detail = event.detail
    db.execute(
        "INSERT INTO bans (room, id, name, skeleton, folded, address, until, by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            place.room,
            place.seq,
            event.changes["whom"],
            detail.get("skeleton"),
            detail.get("folded"),
            detail.get("address"),
            event.changes["until"],
            event.name or OPERATOR,
        ),
    )
    return {"forgets": forgets, **decided}


def unban(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Lift a ban. Raises OwnerRequired or RecordNotFound."""
    require_owner(db, place, event)
    gone = db.execute("DELETE FROM bans WHERE room = ? AND id = ?", (place.room, event.changes["target"]))
    if not gone.rowcount:
        raise RecordNotFound("ban", event.room)


def mute(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Forbid a member, and posts without a seat from their address, to post until a time.

    A restored mute that has an address is of somebody whom the restored log does not know: the address is muted. Raises
    OwnerRequired, MemberNotFound or OwnerProtected.
    """
    require_owner(db, place, event)
    if event.detail.get("carried") and "address" in event.detail:
        add_muted(db, place, event)
        return
    _require_ordinary(db, place, event)
    _set_mute(db, place, event, event.changes["until"])


def unmute(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Let a member post again. Raises OwnerRequired or RecordNotFound."""
    require_owner(db, place, event)
    if not _set_mute(db, place, event, None):
        raise RecordNotFound("mute", event.room)


def _set_mute(db: sqlite3.Connection, place: Place, event: Event, until: str | None) -> int:
    return db.execute(
        "UPDATE members SET muted_until = ? WHERE room = ? AND id = ? AND token IS NOT NULL"
        " AND (? IS NOT NULL OR muted_until IS NOT NULL)",
        (until, place.room, event.changes["target"], until),
    ).rowcount


def _require_member(db: sqlite3.Connection, place: Place, event: Event, *, seated: bool = True) -> bool:
    """Whether the event's target is an owner."""
    row = db.execute(
        "SELECT owner, token IS NOT NULL FROM members WHERE room = ? AND id = ?",
        (place.room, event.changes["target"]),
    ).fetchone()
    if seated and (row is None or not row[1]):
        raise MemberNotFound(event.room)
    return bool(row and row[0] and row[1])


def _require_ordinary(db: sqlite3.Connection, place: Place, event: Event, *, seated: bool = True) -> None:
    if _require_member(db, place, event, seated=seated):
        raise OwnerProtected(event.changes["whom"])
