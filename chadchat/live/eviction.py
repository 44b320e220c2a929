"""Evictions: end the streams of readers that lost their permission, as soon as the event is committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..domain.members import Member
from ..events import Event
from ..kinds import Ending, kind_of


@dataclass(frozen=True, slots=True)
class Holder:
    """The reader of a stream: the ids of its member and its link, if any, and a keyed hash of its address."""

    member: str | None
    link: int | None
    address: str


class Streams(Protocol):
    """The part of `Feeds` that ends streams."""

    def expel(self, room: str, ending: Ending, reason: str) -> None:
        """End the streams of a room for whose holder `ending.leaves` returns True."""


class Seats(Protocol):
    """The part of `Presence` that ends the lease of a seat."""

    def gave_up(self, room: str, member: Member) -> None:
        """End the lease of a member whose seat has ended."""


class Evictions:
    """Ends streams after each commit. `decisions` counts the events that end streams: while a stream is being opened,
    a changed count makes it repeat its permission check.
    """

    def __init__(self, streams: Streams, seats: Seats) -> None:
        self.decisions = 0
        self._streams = streams
        self._seats = seats

    def changed(self, events: Sequence[Event]) -> None:
        """End the streams that these events end. Called after each commit."""
        for event in events:
            if (ends := kind_of(event).ends) and (ending := ends(event)):
                self.decisions += 1
                self._streams.expel(event.room, ending, ending.reason or event.kind)
                if ending.seat:
                    self._seats.gave_up(event.room, Member(*ending.seat))
