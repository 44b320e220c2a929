"""Unused seats: a seat that nobody used for long ends, and its name is free again. An owner's never does.

A member uses the seat by posting, coming, leaving and changing the name. Every seat ends after CHADCHAT_SEAT_DAYS; one
whose name somebody else wants, after NAME_DAYS.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, TypeVar

from ..errors import AlreadyHere, NameTaken, RoomGone, RoomNotFound, SeatRequired
from ..events import SWEPT as SWEPT
from ..events import Event, now, timestamp
from ..log import Log
from ..storage.db import Database
from .lookalikes import looks

MOST: Final = 1000  # seats that end in one sweep: each is a line of a room
NAME_DAYS: Final = 30
ONE_DAY: Final = timedelta(days=1)
_COUNTED: Final = "seats"  # the note with the time from which uses are kept
_UNUSED: Final = """
    SELECT rooms.code, members.id, members.name FROM members INDEXED BY members_unused JOIN rooms ON rooms.id = room
    WHERE token IS NOT NULL AND owner = 0 AND here = 0 AND closed IS NULL
    AND (used_at < :since OR (:all AND used_at IS NULL)) LIMIT :most
"""


_HOLDER: Final = """
    SELECT members.id, name FROM members JOIN rooms ON rooms.id = room
    WHERE code = :room AND (skeleton IN (:skeleton, :folded, :former) OR folded IN (:skeleton, :folded, :former))
    AND token IS NOT NULL AND owner = 0 AND here = 0 AND (used_at < :since OR (:all AND used_at IS NULL))
"""
Taken = TypeVar("Taken")


async def end_unused(log: Log, db: Database, days: int, clock: datetime) -> int:
    """End seats that were unused for so many days at the time `clock`; returns their number. 0 days: none."""
    counted = await _counted(log, clock)
    if not days:
        return 0
    since = timestamp(clock - timedelta(days=days))
    # Nothing is known of the uses before: they are taken for just before.
    found = await db.all(_UNUSED, {"since": since, "all": counted < since, "most": MOST})
    return sum([await _end(log, code, member, name, days, clock) for code, member, name in found])


async def with_name(log: Log, db: Database, room: str, name: str, take: Callable[[], Awaitable[Taken]]) -> Taken:
    """Take a name for a seat. Where an unused seat holds it, that seat ends first. Raises the errors of `take`."""
    try:
        return await take()
    except NameTaken:
        clock, swept = datetime.fromisoformat(now()), await log.noted(SWEPT)
        if swept:  # a clock that is ahead for a moment frees no name
            clock = min(clock, datetime.fromisoformat(swept) + ONE_DAY)
        since = timestamp(clock - timedelta(days=NAME_DAYS))
        values = {"folded": None, "former": None, **looks(name)}
        found = await db.all(
            _HOLDER, {**values, "room": room, "since": since, "all": await _counted(log, clock) < since}
        )
        if not sum([await _end(log, room, member, held, NAME_DAYS, clock) for member, held in found]):
            raise
    return await take()


async def _counted(log: Log, clock: datetime) -> str:
    """The time from which uses are stored; from now on if it was not known."""
    counted = await log.noted(_COUNTED)
    if counted is None:
        await log.note(_COUNTED, counted := timestamp(clock))
    return counted


async def _end(log: Log, room: str, member: str, name: str, days: int, clock: datetime) -> bool:
    """End a seat. False where it was used or ended meanwhile."""
    detail = {"gives_up_seat": True, "unused_since": timestamp(clock - timedelta(days=days))}
    event = Event(room, "leave", timestamp(clock), name, member, changes={"unused_days": days}, detail=detail)
    try:
        await log.append(event)
    except (AlreadyHere, SeatRequired, RoomNotFound, RoomGone):
        return False
    return True
