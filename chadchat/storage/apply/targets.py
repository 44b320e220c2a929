"""Targets: finding the message that an event is about, and storing another state of it."""

from __future__ import annotations

import sqlite3
from typing import Final

from ...errors import MessageNotFound
from ...events import Event
from ..events import EVENTS_OF, event_of
from .place import Place

_MESSAGE: Final = f"{EVENTS_OF} AND seq = ? AND kind = 'message'"

_RESIZE: Final = """
    UPDATE rooms SET size = size + :size -
        (SELECT length(CAST(event AS BLOB)) FROM log WHERE room = :room AND seq = :seq)
    WHERE id = :room
"""


def find(db: sqlite3.Connection, place: Place, event: Event, seq: int) -> Event:
    """The message `seq` of the event's room. Raises MessageNotFound."""
    row = db.execute(_MESSAGE, (event.room, place.epoch, place.room, seq)).fetchone()
    if row is None:
        raise MessageNotFound(event.room, seq)
    return event_of(row)


def rewrite(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Store another state of an event that is in the log."""
    left = event.stored()
    db.execute(_RESIZE, {"room": place.room, "seq": event.seq, "size": len(left.encode())})
    db.execute("UPDATE log SET event = ? WHERE room = ? AND seq = ?", (left, place.room, event.seq))
