"""Targets: finding the message that an event is about, and storing another state of it."""

from __future__ import annotations

import sqlite3
from typing import Final

from ...errors import MessageNotFound
from ...events import Event
from ..events import EVENTS_OF, event_of
from .place import Place

_MESSAGE: Final = f"{EVENTS_OF} AND seq = ? AND kind = 'message'"


def find(db: sqlite3.Connection, place: Place, event: Event, seq: int) -> Event:
    """The message `seq` of the event's room. Raises MessageNotFound."""
    row = db.execute(_MESSAGE, (event.room, place.epoch, place.room, seq)).fetchone()
    if row is None:
        raise MessageNotFound(event.room, seq)
    return event_of(row)


def rewrite(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Store another state of an event that is in the log."""
    left, where = event.stored(), (place.room, event.seq)
    (size,) = db.execute("SELECT length(CAST(event AS BLOB)) FROM log WHERE room = ? AND seq = ?", where).fetchone()
    db.execute("UPDATE log SET event = ? WHERE room = ? AND seq = ?", (left, *where))
    db.execute("UPDATE rooms SET size = size + ? WHERE id = ?", (len(left.encode()) - size, place.room))
