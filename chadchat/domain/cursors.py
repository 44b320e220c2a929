"""Starting points of a stream (a cursor, a duration, a time), parsed and resolved to a seq of one room."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ..errors import CursorInvalid
from ..events import timestamp
from ..storage.db import Database
from .rooms import Room

CURSOR: Final = re.compile(r"([a-z0-9]{4})-([0-9]{1,15})", re.ASCII)
_NEWEST: Final = re.compile(r"-([1-9][0-9]{0,5})", re.ASCII)
_LONGEST: Final = 64  # characters
_DURATION: Final = re.compile(r"([0-9]{1,6})([smhdw])", re.ASCII)
_UNIX: Final = re.compile(r"([0-9]{9,11})(?:\.[0-9]{1,9}|[0-9]{3})?", re.ASCII)  # seconds, or milliseconds
_PLUS: Final = re.compile(r" ([0-9]{2}:?[0-9]{2})$")  # `+01:00` from a query that did not escape its plus sign
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

# A binary search for the first event at or after a time. It needs no index on time, because `apply` never lets the
# times of a room run backwards.
_FIRST_AT: Final = """
    WITH RECURSIVE span (low, high) AS (
        SELECT :tail, :head + 1
        UNION ALL
        SELECT CASE WHEN at >= :at THEN low ELSE seq + 1 END, CASE WHEN at >= :at THEN seq ELSE high END
        FROM span JOIN log ON room = :room AND seq = (low + high) / 2
        WHERE low < high
    )
    SELECT low FROM span WHERE low = high
"""


@dataclass(frozen=True, slots=True)
class Start:
    """A parsed starting point: a cursor (`epoch` and `seq`), a time (`moment`), the whole log (`everything`), the
    newest so many events (`newest`), or, with none of these set, only new events.
    """

    epoch: str | None = None
    seq: int = 0
    moment: str | None = None
    everything: bool = False
    newest: int = 0


@dataclass(frozen=True, slots=True)
class Reset:
    """A cursor that cannot be used. `reason` is `epoch` (made before the room's epoch changed, or in another room),
    `ahead` (beyond the end of the log) or `pruned` (the events after it were removed).
    """

    reason: str


def parse(value: str) -> Start:
    """Parse `k3f9-128`, `all`, `none`, `-20`, `10m`, an RFC 3339 time or a Unix time. Raises CursorInvalid."""
    if len(value) > _LONGEST:
        raise CursorInvalid(value[:40])
    if value == "none":
        return Start()
    if value == "all":
        return Start(everything=True)
    if match := CURSOR.fullmatch(value):
        return Start(epoch=match[1], seq=int(match[2]))
    if match := _NEWEST.fullmatch(value):
        return Start(newest=int(match[1]))
    try:
        return Start(moment=timestamp(_moment(value)))
    except (ValueError, OverflowError) as error:
        raise CursorInvalid(value[:40]) from error


def _moment(value: str) -> datetime:
    if match := _DURATION.fullmatch(value):
        return datetime.now(UTC) - timedelta(**{_UNITS[match[2]]: int(match[1])})
    if match := _UNIX.fullmatch(value):
        return datetime.fromtimestamp(int(match[1]), UTC)
    moment = datetime.fromisoformat(_PLUS.sub(r"+\1", value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def resolve(db: Database, room: Room, start: Start) -> int | Reset:
    """The seq after which the reader gets every event, or a Reset. `room` must be fresh: its `head` ends the log."""
    if start.everything:
        return room.tail - 1
    if start.moment is not None:
        row = await db.one(_FIRST_AT, {"tail": room.tail, "head": room.head, "at": start.moment, "room": room.id})
        return row[0] - 1 if row else room.head
    if start.epoch is None:
        return max(room.tail - 1, room.head - start.newest)
    if start.epoch != room.epoch:
        return Reset("epoch")
    if start.seq > room.head:
        return Reset("ahead")
    return start.seq if start.seq >= room.tail - 1 else Reset("pruned")
