"""Typing: a lease for each member who is typing. Leases are in memory only, and may be lost.

A lease ends LEASE seconds after the member's last key, by the timer of this server, or earlier with the member's
message, departure, mute, kick or ban. The readers of a room are told the whole set, at most once in BETWEEN seconds and
only if it changed; in a room with more than MOST_STREAMS streams they are told that nobody is typing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from ..domain.buckets import Buckets
from ..domain.members import Member
from ..domain.rooms import Room
from ..errors import RoomReadOnly
from ..events import Event
from .feeds import Feeds

RATE: Final = (5, 2.0)  # requests of a member at once, then seconds per request: a page sends one in three seconds
LEASE: Final = 6.0  # seconds
BETWEEN: Final = 1.0  # seconds
MOST_STREAMS: Final = 100
NAMED: Final = 10  # members that an announcement names; the others are counted

_ENDS_ALL: Final = {"read_only", "typing", "closed"}  # the changes of a room after which nobody in it is typing


class Timer(Protocol):
    """A call that is to come."""

    def cancel(self) -> None: ...


class Timers(Protocol):
    """The part of the event loop that starts timers and has their time."""

    def time(self) -> float: ...

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> Timer: ...


@dataclass(slots=True)
class _Lease:
    member: Member
    timer: Timer


@dataclass(slots=True)
class _Typists:
    """The leases of one room in the order of their beginning, the set that its readers were told, and the timer that
    runs for BETWEEN seconds after they were told.
    """

    leases: dict[str, _Lease] = field(default_factory=dict)  # by member id
    told: tuple[Member, ...] = ()
    rest: Timer | None = None


class Typing:
    """The leases of this node. Create it on the event loop. `limited`: a member has RATE requests, and the others do
    nothing.
    """

    def __init__(self, feeds: Feeds, timers: Timers | None = None, *, limited: bool = True) -> None:
        self._feeds = feeds
        self._timers = timers or asyncio.get_running_loop()
        self._limit = Buckets(*RATE, self._timers.time) if limited else None
        self._rooms: dict[str, _Typists] = {}

    def began(self, room: Room, member: Member) -> None:
        """Begin or extend the lease of a member, if its room has that on and it is within the limit.

        Raises RoomReadOnly.
        """
        if room.rules.read_only and not member.owner:
            raise RoomReadOnly(room.code)
        if room.rules.read_only or not room.rules.typing:
            return
        if self._limit is not None and self._limit.take((room.code, member.id)):
            return
        typists = self._rooms.setdefault(room.code, _Typists())
        timer = self._timers.call_later(LEASE, self._end, room.code, member.id)
        if lease := typists.leases.get(member.id):
            lease.timer.cancel()
            lease.timer = timer
        else:
            typists.leases[member.id] = _Lease(member, timer)
        self._tell(room.code)

    def changed(self, events: Sequence[Event]) -> None:
        """End the leases that these events end. Called after each commit."""
        for event in events:
            if typists := self._rooms.get(event.room):
                self._follow(typists, event)

    def announce(self, room: str) -> None:
        """Announce the set that the readers of a room were told to a new one: the feed may be a new one, too."""
        if (typists := self._rooms.get(room)) and typists.told:
            self._feeds.announce(room, "typing", _public(room, typists.told))

    def close(self) -> None:
        """Stop all timers."""
        for typists in self._rooms.values():
            for timer in (typists.rest, *(lease.timer for lease in typists.leases.values())):
                if timer:
                    timer.cancel()
        self._rooms.clear()

    def _follow(self, typists: _Typists, event: Event) -> None:
        if event.kind == "rename" and (lease := typists.leases.get(str(event.member))):
            lease.member = replace(lease.member, name=str(event.name))
            self._tell(event.room)
        elif event.kind == "move" or (event.kind == "room" and _ENDS_ALL & event.changes.keys()):
            for member in list(typists.leases):
                self._end(event.room, member)
        elif event.kind in ("message", "leave"):
            self._end(event.room, event.member)
        elif event.kind in ("mute", "kick", "ban"):
            self._end(event.room, event.changes["target"])
        elif event.kind == "join":
            self._end(event.room, event.detail.get("replaces"))

    def _end(self, room: str, member: str | None) -> None:
        lease = self._rooms[room].leases.pop(member or "", None)
        if lease:
            lease.timer.cancel()
            self._tell(room)

    def _tell(self, room: str) -> None:
        """Tell the readers of a room who is typing, now or when the rest after the last time is over."""
        if self._rooms[room].rest is None:
            self._say(room)

    def _say(self, room: str) -> None:
        typists = self._rooms[room]
        typists.rest = None
        crowded = self._feeds.readers(room) > MOST_STREAMS
        people = () if crowded else tuple(lease.member for lease in typists.leases.values())
        if people != typists.told:
            typists.told = people
            typists.rest = self._timers.call_later(BETWEEN, self._say, room)
            self._feeds.announce(room, "typing", _public(room, people))
        elif not typists.leases:
            del self._rooms[room]


def _public(room: str, people: Sequence[Member]) -> dict[str, Any]:
    return {"room": room, "people": [member.public() for member in people[:NAMED]], "count": len(people)}
