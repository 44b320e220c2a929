"""The door: ends the streams of those who may not read on, as soon as the event that says so is committed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..domain.members import Member
from ..events import Event


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose stream it is: a member's, a link's, or nobody's in particular at some address (a keyed hash)."""

    member: str | None
    link: int | None
    address: str


class Streams(Protocol):
    """What ends streams: the feeds."""

    def expel(self, room: str, leaves: Callable[[Holder], bool], reason: str) -> None:
        """End the streams in a room whose holder `leaves`."""


class Seats(Protocol):
    """Who keeps the leases of seats: presence."""

    def gave_up(self, room: str, member: Member) -> None:
        """A member's seat has ended."""


class Evictions:
    """`decisions` counts the decisions: a stream that was being opened meanwhile asks again."""

    def __init__(self, streams: Streams, seats: Seats) -> None:
        self.decisions = 0
        self._streams = streams
        self._seats = seats

    def changed(self, events: Sequence[Event]) -> None:
        """Act on what was committed. Listens to the log."""
        for event in events:
            if event.kind != "message" and (leaves := _leaves(event)):
                self.decisions += 1
                self._streams.expel(event.room, leaves, "leave" if event.kind == "join" else event.kind)
                if event.kind in ("kick", "ban") and event.changes["target"]:
                    self._seats.gave_up(event.room, Member(event.changes["target"], event.changes["whom"]))
                elif event.kind == "join":
                    self._seats.gave_up(event.room, Member(event.detail["replaces"], event.changes["was"]))


def _leaves(event: Event) -> Callable[[Holder], bool] | None:
    """Whom an event sends out; None for those that send nobody."""
    changes: Mapping[str, Any] = event.changes
    match event.kind:
        case "kick":
            return lambda holder: holder.member == changes["target"]
        case "ban":
            address = event.detail.get("address")
            return lambda holder: (
                holder.member == changes["target"]
                if holder.member
                else address is not None and holder.address == address
            )
        case "join" if replaced := event.detail.get("replaces"):
            return lambda holder: holder.member == replaced
        case "leave" if event.detail.get("gives_up_seat"):
            return lambda holder: holder.member == event.member
        case "unlink":
            return lambda holder: holder.link == changes["target"]
        case "move":
            return lambda holder: True
        case "room" if changes.get("lock"):
            return lambda holder: holder.member is None and holder.link is None
    return None
