"""Messages: who may post, and what a key has stored already."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Final

from ...errors import KeyReused
from ...events import Committed, Event, timestamp
from .members import require_free_name, require_seat
from .place import Place

KEY_LIFE: Final = timedelta(hours=24)


def message(db: sqlite3.Connection, place: Place, event: Event) -> Committed | None:
    """Store a message, unless its key already stored one. Raises SeatRequired, NameTaken or KeyReused."""
    if event.member is not None:
        require_seat(db, place, event)
    else:
        require_free_name(db, place, event)
    key = event.detail.get("key")
    if key is None:
        return None
    author = event.member or event.detail["skeleton"]
    oldest = timestamp(datetime.fromisoformat(place.at) - KEY_LIFE)
    db.execute("DELETE FROM keys WHERE room = ? AND at < ?", (place.room, oldest))
    row = db.execute(
        "SELECT digest, seq FROM keys WHERE room = ? AND author = ? AND key = ?", (place.room, author, key)
    ).fetchone()
    if row is None:
        db.execute(
            "INSERT INTO keys (room, author, key, digest, seq, at) VALUES (?, ?, ?, ?, ?, ?)",
            (place.room, author, key, event.detail["digest"], place.seq, place.at),
        )
        return None
    digest, seq = row
    if digest != event.detail["digest"]:
        raise KeyReused
    at, stored = db.execute("SELECT at, event FROM log WHERE room = ? AND seq = ?", (place.room, seq)).fetchone()
    return Committed(Event.restored(event.room, place.epoch, seq, "message", at, stored), fresh=False)
