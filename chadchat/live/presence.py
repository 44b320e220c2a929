"""Presence: leases that say who is here. They may be lost and are not in the log; what they cause (join, leave) is.

A member is here from joining until `grace` seconds after their last stream closed, so that a reload is silent. One
who has no stream at all (curl, a browser without JavaScript) stays for `idle` seconds after the last sign of life.
After a restart of the server everyone who was here has `RETURN` seconds to come back before they count as gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..domain import members, rooms
from ..domain.members import Member
from ..errors import AlreadyHere, ChatError, Muted, RoomFull, RoomGone, RoomNotFound, SeatRequired, StorageFull
from ..events import Event
from ..kinds import kind_of
from ..log import Log
from ..storage.db import Database
from .feeds import Feeds

RETURN: Final = 60.0
# Several people who come at once are one announcement.
ANNOUNCE_AFTER: Final = 0.1

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Lease:
    """One member's claim to be here: the open streams that hold it, or the timer that will end it."""

    streams: set[object] = field(default_factory=set)
    timer: asyncio.TimerHandle | None = None

    def extend(self, timer: asyncio.TimerHandle | None) -> None:
        if self.timer:
            self.timer.cancel()
        self.timer = timer


class Presence:
    """The leases of this node. Made on the event loop; `start` must run before it is asked."""

    def __init__(self, log: Log, db: Database, feeds: Feeds, grace: float, idle: float) -> None:
        self._log = log
        self._db = db
        self._feeds = feeds
        self._grace = grace
        self._idle = idle
        self._leases: dict[tuple[str, str], _Lease] = {}
        self._announcing: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    async def start(self) -> None:
        """Take over those whom the last run of the server left here."""
        for room, member in await members.everyone_here(self._db):
            self._expire(room, member, RETURN)

    async def arrive(self, room: str, member: Member, stream: object) -> None:
        """A stream of the member's is open: they are here. Ends with `gone`, even if this failed."""
        lease = self._lease(room, member)
        lease.streams.add(stream)
        lease.extend(None)
        await self._arrive(room, member)

    def gone(self, room: str, member: Member, stream: object) -> None:
        """That stream has closed. With the last one the grace begins."""
        lease = self._leases.get((room, member.id))
        if lease and stream in lease.streams:
            lease.streams.discard(stream)
            if not lease.streams:
                self._expire(room, member, self._grace)

    def seen(self, room: str, member: Member) -> None:
        """A sign of life from a member who may have no stream."""
        lease = self._leases.get((room, member.id))
        if lease and not lease.streams:
            self._expire(room, member, self._idle)

    def joined(self, room: str, member: Member) -> None:
        """A member has just taken a seat, and with it arrived."""
        self._expire(room, member, self._idle)

    def gave_up(self, room: str, member: Member) -> None:
        """A member has given the seat up, and with it left."""
        if lease := self._leases.pop((room, member.id), None):
            lease.extend(None)

    def changed(self, events: Sequence[Event]) -> None:
        """Announce the people of every room in which somebody came or went. Listens to the log."""
        for room in {event.room for event in events if kind_of(event).people}:
            self.announce(room)

    def announce(self, room: str) -> None:
        """Tell the readers of a room who is here, soon and once however often this is called."""
        if self._feeds.reads(room) and room not in self._announcing:
            self._announcing.add(room)
            self._start(self._announce(room))

    async def close(self) -> None:
        """Stop. Nobody is marked as gone: they have RETURN seconds after the next start."""
        for lease in self._leases.values():
            lease.extend(None)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _lease(self, room: str, member: Member) -> _Lease:
        return self._leases.setdefault((room, member.id), _Lease())

    def _expire(self, room: str, member: Member, delay: float) -> None:
        self._lease(room, member).extend(self._loop.call_later(delay, self._end, room, member))

    def _end(self, room: str, member: Member) -> None:
        del self._leases[room, member.id]
        self._start(self._depart(room, member))

    async def _arrive(self, room: str, member: Member) -> None:
        try:
            await members.arrive(self._log, room, member)
        except (AlreadyHere, SeatRequired, RoomGone, Muted, RoomFull, StorageFull):
            # Here already: the usual case. Or the seat was given up in another tab: then they read on without one. Or
            # the room was closed just now, and the stream is about to end. Or they are muted, and read unannounced;
            # so do all where there is no room for more.
            return

    async def _depart(self, room: str, member: Member) -> None:
        try:
            await members.depart(self._log, room, member)
        except (AlreadyHere, RoomGone):
            return
        except ChatError as refusal:
            logger.warning("a leave was not stored: %s", refusal.code)
            return
        if (room, member.id) in self._leases:  # they came back while the leave was on its way
            await self._arrive(room, member)

    async def _announce(self, room: str) -> None:
        await asyncio.sleep(ANNOUNCE_AFTER)
        self._announcing.discard(room)
        try:
            found = await rooms.find(self._db, room)
        except (RoomNotFound, RoomGone):  # meanwhile
            return
        people = await members.here(self._db, found.id)
        self._feeds.announce(room, "people", {"room": room, **people.public()})

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
