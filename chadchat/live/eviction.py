"""Evictions: streams whose holders may not read on end as soon as the event that ends them is committed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from ..domain.members import Member
from ..events import Event
from ..kinds import Ending, kind_of


@dataclass(frozen=True, slots=True)
class Holder:
    """The reader of a stream: the ids of its member and its link, if it has them, and a keyed hash of the address."""

    member: str | None
    link: int | None
    address: str


class Streams(Protocol):
    """Ends streams: the feeds do."""

    def expel(self, room: str, leaves: Callable[[Holder], bool], reason: str) -> None:
        """End the streams in a room whose holder `leaves`."""


class Seats(Protocol):
    """Keeps the leases of seats: presence does."""

    def gave_up(self, room: str, member: Member) -> None:
        """A member's seat has ended."""


class Evictions:
    """`decisions` counts the decisions: a stream that was being opened meanwhile asks again."""

    def __init__(self, streams: Streams, seats: Seats) -> None:
        self.decisions = 0
        self._streams = streams
        self._seats = seats

    def changed(self, events: Sequence[Event]) -> None:
        """End the streams that these events end. Listens to the log."""
        for event in events:
            if (ends := kind_of(event).ends) and (ending := ends(event)):
                self.decisions += 1
                self._streams.expel(event.room, partial(_leaves, ending), ending.reason or event.kind)
                if ending.seat:
                    self._seats.gave_up(event.room, Member(*ending.seat))


def _leaves(ending: Ending, holder: Holder) -> bool:
    return ending.leaves(holder.member, holder.link, holder.address)
