"""Seats: when one was used, and the end of one that nobody uses."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from ...errors import AlreadyHere
from ...events import Event
from .place import Place


def use(db: sqlite3.Connection, place: Place, event: Event, before: str | None = None) -> Mapping[str, bool]:
    """Keep that the event's member used the seat, once a day; `before` is what is kept. An event of a log says whether
    it did.
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
