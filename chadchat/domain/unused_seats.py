"""Unused seats: a seat that nobody used for long ends, and its name is free again. An owner's never does.

A seat is used by whoever posts, comes or goes with it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from ..errors import AlreadyHere, RoomGone, RoomNotFound, SeatRequired
from ..events import Event, timestamp
from ..log import Log
from ..storage.db import Database

MOST: Final = 1000  # seats that end in one sweep: each is a line of a room
_COUNTED: Final = "seats"  # the note with the time from which uses are kept
_UNUSED: Final = """
    SELECT rooms.code, members.id, members.name FROM members INDEXED BY members_unused JOIN rooms ON rooms.id = room
    WHERE token IS NOT NULL AND owner = 0 AND here = 0 AND closed IS NULL
    AND (used_at < :since OR (:all AND used_at IS NULL)) LIMIT :most
"""


async def end_unused(log: Log, db: Database, days: int, clock: datetime) -> int:
    """End seats that were unused for so many days at the time `clock`; how many. 0 days: none."""
    counted = await log.noted(_COUNTED)
    if counted is None:
        await log.note(_COUNTED, counted := timestamp(clock))
    if not days:
        return 0
    since = timestamp(clock - timedelta(days=days))
    # Nothing is known of the uses before: they are taken for just before.
    found = await db.all(_UNUSED, {"since": since, "all": counted < since, "most": MOST})
    ended = 0
    for code, member, name in found:
        event = Event(
            room=code,
            kind="leave",
            at=timestamp(clock),
            name=name,
            member=member,
            changes={"unused_days": days},
            detail={"gives_up_seat": True, "unused_since": since},
        )
        try:
            await log.append(event)
        except (AlreadyHere, SeatRequired, RoomNotFound, RoomGone):  # it was used, or ended, meanwhile
            continue
        ended += 1
    return ended
