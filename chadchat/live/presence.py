"""Presence: a lease for each member who is here. Leases are in memory only; the joins and leaves they cause are events.

A member is here from joining until `grace` seconds after the last of its streams closed, so that a reload, a locked
phone and another page of the room cause no events. The list of people leaves out a member already AWAY_AFTER seconds
after that. A member without any stream (curl, a browser without JavaScript) is here for `idle` seconds after its last
request. After a restart of the server, members who were here have `RETURN` seconds to come back before they leave.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ..domain import members, rooms
from ..domain.away import away
from ..domain.members import Member, People
from ..domain.rooms import Room
from ..errors import AlreadyHere, Muted, RoomFull, RoomGone, RoomNotFound, SeatRequired, StorageFull
from ..events import Event
from ..kinds import kind_of
from ..log import Log
from ..refusal import ChatError
from ..storage.db import Database
from .feeds import Feeds

RETURN: Final = 120.0  # seconds
AWAY_AFTER: Final = 10.0  # seconds
# Seconds to wait before the list of people is announced, so that members who arrive together cause one announcement.
ANNOUNCE_AFTER: Final = 0.1

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Lease:
    """The lease of one member: the open streams that hold it, or the timer that will end it. `member` has its current
    name, which may have changed since a stream was opened.
    """

    member: Member
    streams: set[object] = field(default_factory=set)
    timer: asyncio.TimerHandle | None = None

    def extend(self, timer: asyncio.TimerHandle | None) -> None:
        if self.timer:
            self.timer.cancel()
        self.timer = timer


class Presence:
    """The leases of this node. Create it on the event loop, and call `start` first."""

    def __init__(self, log: Log, db: Database, feeds: Feeds, grace: float, idle: float) -> None:
        self._log = log
        self._db = db
        self._feeds = feeds
        self._grace = grace
        self._idle = idle
        self._leases: dict[tuple[str, str], _Lease] = {}
        self._away: dict[str, set[str]] = {}  # by room code: the members whose leave is not logged yet
        self._announcing: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    async def start(self) -> None:
        """Give a lease of RETURN seconds to every member who was here when the server stopped."""
        for room, member in await members.everyone_here(self._db):
            self._expire(room, member, RETURN)

    async def arrive(self, room: str, member: Member, stream: object) -> None:
        """Note an open stream of a member, and mark the member as here. `gone` must follow, even if this failed."""
        lease = self._lease(room, member)
        lease.streams.add(stream)
        lease.extend(None)
        self._back(room, member.id)
        await self._arrive(room, member)

    def gone(self, room: str, member: Member, stream: object) -> None:
        """Note that a stream has closed. After the last one the member is out of the list in AWAY_AFTER seconds, and
        leaves in `grace` seconds.
        """
        lease = self._leases.get((room, member.id))
        if lease and stream in lease.streams:
            lease.streams.discard(stream)
            if not lease.streams and self._grace > AWAY_AFTER:
                lease.extend(self._loop.call_later(AWAY_AFTER, self._hide, room, member.id))
            elif not lease.streams:
                self._expire(room, lease.member, self._grace)

    def seen(self, room: str, member: Member) -> None:
        """Extend the lease of a member without a stream, after a request of it."""
        lease = self._leases.get((room, member.id))
        if lease and not lease.streams:
            self._back(room, member.id)
            self._expire(room, lease.member, self._idle)

    def joined(self, room: str, member: Member) -> None:
        """Start the lease of a member who has just taken a seat."""
        self._expire(room, member, self._idle)

    def gave_up(self, room: str, member: Member) -> None:
        """Drop the lease of a member whose seat has ended."""
        if lease := self._leases.pop((room, member.id), None):
            lease.extend(None)
        self._back(room, member.id)

    async def here(self, room: Room) -> People:
        """The members who are in the room now; those whose streams closed a while ago are among those who are away."""
        hidden = self._away.get(room.code, set())
        people = await members.here(self._db, room.id, hidden)
        return replace(people, away=await away(self._db, room.id, hidden))

    def is_hidden(self, room: str, id: str) -> bool:
        """Whether this member, who is marked as here, is out of the list already."""
        return id in self._away.get(room, ())

    def changed(self, events: Sequence[Event]) -> None:
        """Announce the people of every room in which a member came, went or was renamed. Called after each commit."""
        for event in events:
            if event.kind == "rename" and (lease := self._leases.get((event.room, str(event.member)))):
                lease.member = replace(lease.member, name=str(event.name))
        for room in {event.room for event in events if kind_of(event).people}:
            self.announce(room)

    def announce(self, room: str) -> None:
        """Announce the people of a room to its readers after ANNOUNCE_AFTER; calls until then are joined."""
        if self._feeds.reads(room) and room not in self._announcing:
            self._announcing.add(room)
            self._start(self._announce(room))

    async def close(self) -> None:
        """Stop. Members stay marked as here, and have RETURN seconds after the next start."""
        for lease in self._leases.values():
            lease.extend(None)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _lease(self, room: str, member: Member) -> _Lease:
        return self._leases.setdefault((room, member.id), _Lease(member))

    def _expire(self, room: str, member: Member, delay: float) -> None:
        self._lease(room, member).extend(self._loop.call_later(delay, self._end, room, member.id))

    def _hide(self, room: str, id: str) -> None:
        """Leave a member out of the list for the rest of the grace, and announce it."""
        self._away.setdefault(room, set()).add(id)
        self._expire(room, self._leases[room, id].member, self._grace - AWAY_AFTER)
        self.announce(room)

    def _back(self, room: str, id: str) -> None:
        """Have a member in the list again, if it was left out, and announce it."""
        away = self._away.get(room, set())
        if id in away:
            away.discard(id)
            self.announce(room)
        if room in self._away and not away:
            del self._away[room]

    def _end(self, room: str, id: str) -> None:
        lease = self._leases.pop((room, id))
        self._start(self._depart(room, lease.member))

    async def _arrive(self, room: str, member: Member) -> None:
        try:
            await members.arrive(self._log, room, member)
        except (AlreadyHere, SeatRequired, RoomGone, Muted, RoomFull, StorageFull):
            # AlreadyHere is the usual case. SeatRequired: the seat was given up in another tab; this stream reads on
            # without one. RoomGone: the room was just closed, and the stream is about to end. Muted, RoomFull and
            # StorageFull: not announced.
            return

    async def _depart(self, room: str, member: Member) -> None:
        try:
            await members.depart(self._log, room, member)
        except (AlreadyHere, RoomGone):
            return
        except ChatError as refusal:
            logger.warning("a leave was not stored: %s", refusal.code)
            return
        finally:
            self._back(room, member.id)
        if (room, member.id) in self._leases:  # the member came back while the leave was being stored
            await self._arrive(room, member)

    async def _announce(self, room: str) -> None:
        await asyncio.sleep(ANNOUNCE_AFTER)
        self._announcing.discard(room)
        try:
            found = await rooms.find(self._db, room)
        except (RoomNotFound, RoomGone):  # moved or closed meanwhile
            return
        people = await self.here(found)
        self._feeds.announce(room, "people", {"room": room, **people.public()})

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
