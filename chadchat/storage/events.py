"""Events as rows of the log: the columns that make one, how they are selected, and the Event of such a row."""

from __future__ import annotations

from typing import Final

from ..events import Event
from .db import Row

COLUMNS: Final = "log.seq, log.kind, log.at, log.event"
EVENTS: Final = f"SELECT rooms.code, rooms.epoch, {COLUMNS} FROM log JOIN rooms ON rooms.id = log.room"  # noqa: S608
# The events of a known room, by its code, epoch and id. All have this code, also if the room moves meanwhile.
EVENTS_OF: Final = f"SELECT ?, ?, {COLUMNS} FROM log WHERE log.room = ?"  # noqa: S608 - the names above
LOGGED: Final = f"{EVENTS_OF} AND seq = ?"  # one of them


def event_of(row: Row) -> Event:
    """The Event of a row that EVENTS or EVENTS_OF selects."""
    return Event.restored(*row)
