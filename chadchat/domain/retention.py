"""Retention: removes events that are older, or more, than a room keeps, and the events of rooms closed 30 days ago.

A removal is a `prune` event, so that every replay removes the same events. The server's settings (`keep_days`,
`keep_events`) say how much is kept; a room's own settings override them; 0 keeps everything.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from ..errors import RoomGone, RoomNotFound
from ..events import Event, timestamp
from ..kinds import NOT_A_LINE
from ..log import Log
from ..refusal import ChatError
from ..storage.apply.rooms import CODE_RESTS
from ..storage.db import Database
from . import cursors
from .cursors import Start
from .expiry import expire_files
from .rooms import ROOMS, Room
from .unused_seats import ONE_DAY, SWEPT, end_unused

logger = logging.getLogger(__name__)

HOUR: Final = 3600.0
_CAUSES: Final = {"keep_days", "keep_events", "closed"}

_LIMITED: Final = f"""{ROOMS} WHERE closed < :gone
    OR (closed IS NULL AND (coalesce(keep_days, :days) > 0 OR coalesce(keep_events, :events) > 0))
"""
Turn = Callable[[], Awaitable[int]]

_CUT_OFF: Final = """
    SELECT rooms.code FROM rooms LEFT JOIN base_rooms USING (id) WHERE rooms.tail > coalesce(base_rooms.tail, 1)
"""
# Lines are counted. `prune` events are not: each would otherwise cause the next prune, for ever.
_OLDEST_OF: Final = f"""
    SELECT seq FROM log WHERE room = ? AND kind != 'prune' AND kind NOT IN {NOT_A_LINE}
    ORDER BY seq DESC LIMIT 1 OFFSET ?
"""  # noqa: S608 - our own names
_MESSAGES: Final = "SELECT count(*) FROM log WHERE room = ? AND seq >= ? AND seq < ? AND kind = 'message'"
_WORTH_IT: Final = "SELECT 1 FROM log WHERE room = ? AND seq >= ? AND seq < ? AND kind != 'prune' LIMIT 1"


@dataclass(frozen=True, slots=True)
class Keep:
    """How many days and how many events a room keeps, and for how many days seats that are not used, and files; 0 keeps
    all.
    """

    days: int = 0
    events: int = 0
    seats: int = 0
    files: int = 0

    def of(self, room: Room) -> Keep:
        """The limits of one room: its own, or these where it has none."""
        days, events = room.rules.keep_days, room.rules.keep_events
        return Keep(self.days if days is None else days, self.events if events is None else events)


async def sweep(log: Log, db: Database, default: Keep) -> int:
    """Prune every room that has too much; returns the number of events removed. A failure in one room is logged.

    Raises the error of `Log.append` if its status is 500 or above: then nothing can be stored.
    """
    clock = await _believed(log, db)
    gone = timestamp(clock - CODE_RESTS)
    limits = {"days": default.days, "events": default.events, "gone": gone}
    # The server was stopped before it had removed all that was cut off.
    turns: list[Turn] = [partial(_trim, log, code, clock) for (code,) in await db.all(_CUT_OFF)]
    for room in map(Room.of, await db.all(_LIMITED, limits)):
        turns.append(partial(_sweep_room, log, db, room, None if room.closed else default.of(room), clock))
    removed, failed = 0, list[Exception]()
    for turn in turns:
        try:
            removed += await turn()
        except (RoomNotFound, RoomGone):  # moved or closed meanwhile: left for the next sweep
            continue
        except Exception as error:
            if isinstance(error, ChatError) and error.status >= 500:
                raise
            failed.append(error)
    if failed:  # one line in the log for all rooms
        logger.error("old messages of %d rooms were not removed; the first:", len(failed), exc_info=failed[0])
    await end_unused(log, db, default.seats, clock)
    await expire_files(log, db, default.files, clock)
    return removed


async def would_go(db: Database, room: Room, default: Keep) -> int:
    """How many messages a sweep would remove now, if the room had the rules that it has here."""
    cut = await _cut(db, room, default.of(room), datetime.now(UTC))
    row = await db.one(_MESSAGES, (room.id, room.tail, cut))
    return int(row[0]) if row else 0


async def count_messages(db: Database, room: Room) -> int:
    """How many messages the room holds."""
    row = await db.one(_MESSAGES, (room.id, room.tail, room.head + 1))
    return int(row[0]) if row else 0


async def _sweep_room(log: Log, db: Database, room: Room, keep: Keep | None, clock: datetime) -> int:
    """Prune one room, and return the number of events removed. `keep` is None for a closed room: all go."""
    cut = await _cut(db, room, keep, clock) if keep else room.head + 1
    if not await db.one(_WORTH_IT, (room.id, room.tail, cut)):
        return 0
    await _prune(log, room, cut, clock)
    return cut - room.tail


async def _believed(log: Log, db: Database) -> datetime:
    """The current time, but at most one day after the last sweep (before the first sweep: after the newest event).

    A system clock that jumps ahead for a moment would otherwise delete events that must still be kept. The times of
    newer events are no proof of the time, as they come from the same clock.
    """
    now = datetime.now(UTC)
    seen = await log.noted(SWEPT) or await _last_event(db)
    clock = min(now, datetime.fromisoformat(seen) + ONE_DAY) if seen else now
    if clock < now:
        logger.warning("the clock is %s ahead of the last sweep: old messages go a day of it at a time", now - clock)
    await log.note(SWEPT, max(seen or "", timestamp(clock)))
    return clock


async def _last_event(db: Database) -> str | None:
    row = await db.one("SELECT max(last_at) FROM rooms")
    return row[0] if row else None


async def _prune(log: Log, room: Room, cut: int, clock: datetime) -> None:
    """One event cuts off what is too much; then it is removed in steps, and posts are stored between them."""
    await log.append(Event(room=room.code, kind="prune", at=timestamp(clock), changes={"before": cut}))
    await _trim(log, room.code, clock)


async def _trim(log: Log, code: str, clock: datetime) -> int:
    """Remove what is cut off: it was counted when it was."""
    while await log.trim(code, timestamp(clock)):
        pass
    return 0


async def _cut(db: Database, room: Room, keep: Keep, clock: datetime) -> int:
    """The seq of the first event that is kept."""
    cut = room.tail
    if keep.days:
        oldest = timestamp(clock - timedelta(days=min(keep.days, 36_500)))
        start = await cursors.resolve(db, room, Start(moment=oldest))
        cut = max(cut, start + 1 if isinstance(start, int) else 0)
    if keep.events and room.head - room.tail >= keep.events:
        row = await db.one(_OLDEST_OF, (room.id, keep.events - 1))
        cut = max(cut, row[0] if row else 0)
    return cut


class Sweeper:
    """Runs `sweep` at the start, every hour, and when a room's retention changes. Create it on the event loop."""

    def __init__(self, log: Log, db: Database, keep: Keep) -> None:
        self._log = log
        self._db = db
        self._keep = keep
        self._due = asyncio.Event()
        self._due.set()
        self._task = asyncio.create_task(self._run())
        self._timer: asyncio.TimerHandle | None = None

    def changed(self, events: Sequence[Event]) -> None:
        """Sweep soon if one of these events closes a room or changes its retention. Called after each commit."""
        if any(event.kind == "room" and _CAUSES & event.changes.keys() for event in events):
            self._due.set()

    async def close(self) -> None:
        """Stop. Whatever is left to prune is pruned after the next start."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._timer:
            self._timer.cancel()

    async def _run(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await sweep(self._log, self._db, self._keep)
            except ChatError as refusal:  # the next sweep tries again
                logger.warning("old messages were not removed: %s", refusal.code)
            except Exception as error:  # an unexpected error must not end the sweeps
                logger.error("old messages were not removed", exc_info=error)
            if self._timer:
                self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(HOUR, self._due.set)
