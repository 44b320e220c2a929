"""Links: capabilities that owners make and revoke."""

from __future__ import annotations

import sqlite3
from typing import Final

from ...errors import OperatorRequired, RecordNotFound
from ...events import OPERATOR, Event
from .place import Place
from .seats import require_owner

APPOINTS: Final = "owner"  # the kind of the link that makes an owner


def link(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Make a link; only the hash of its token is here. Raises OwnerRequired.

    A link that makes an owner is made by the operator, without a member, and replaces the previous one.
    """
    kind = event.changes["grants"]
    if event.member is not None or kind != APPOINTS:
        require_owner(db, place, event)
    if kind == APPOINTS and event.member is not None:
        raise OperatorRequired
    if kind == APPOINTS:
        db.execute("DELETE FROM links WHERE room = ? AND kind = ?", (place.room, APPOINTS))
    db.execute(
        "INSERT INTO links (room, id, kind, token, by, at, until) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            place.room,
            place.seq,
            kind,
            event.detail["token"],
            event.name or OPERATOR,
            place.at,
            event.detail.get("until"),
        ),
    )


def unlink(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Revoke a link. Raises OwnerRequired or RecordNotFound."""
    require_owner(db, place, event)
    gone = db.execute("DELETE FROM links WHERE room = ? AND id = ?", (place.room, event.changes["target"]))
    if not gone.rowcount:
        raise RecordNotFound("link", event.room)
