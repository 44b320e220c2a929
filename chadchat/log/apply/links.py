"""Links: capabilities an owner hands out, and takes back."""

from __future__ import annotations

import sqlite3

from ...events import Event
from ...owner_errors import RecordNotFound
from .members import require_owner
from .place import Place


def link(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Make a link; only the hash of its token is here. Raises OwnerRequired."""
    require_owner(db, place, event)
    db.execute(
        "INSERT INTO links (room, id, kind, token, by, at) VALUES (?, ?, ?, ?, ?, ?)",
        (place.room, place.seq, event.changes["grants"], event.detail["token"], event.name, place.at),
    )


def unlink(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Take a link back. Raises OwnerRequired or RecordNotFound."""
    require_owner(db, place, event)
    gone = db.execute("DELETE FROM links WHERE room = ? AND id = ?", (place.room, event.changes["target"]))
    if not gone.rowcount:
        raise RecordNotFound("link", event.room)
