"""Targets: finding the message that an event is about."""

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
