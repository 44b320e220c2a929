"""The ledger: what was posted, and whether every reader got it once and in order.

The first reader to reach a place in a room's log defines what stands there; every other reader must have the same
there. At the end the log must hold each number that was posted, once, each poster's numbers must be ascending, and all
readers must stand at its end. So every delivery of every reader is checked, none is sampled.
"""

from __future__ import annotations

from array import array

from .plan import Void


class Room:
    """One room's log as its readers saw it."""

    __slots__ = ("order", "posted", "readers")

    def __init__(self) -> None:
        self.order: list[bytes] = []
        self.posted: list[tuple[int, int]] = []  # (number, poster)
        self.readers = 0

    def take(self, place: int, numbers: list[bytes]) -> int:
        """A reader at `place` got these next; where it stands now. Raises Void."""
        order, end = self.order, place + len(numbers)
        if end > len(order):
            order.extend(numbers[len(order) - place :])
        if order[place:end] != numbers:
            at = next(i for i in range(place, end) if order[i] != numbers[i - place])
            raise Void(f"a reader got message {int(numbers[at - place])} where another got {int(order[at])}")
        return end


class Ledger:
    """All rooms of a run. `latencies` are microseconds from post to reader, of a sample of the readers."""

    def __init__(self, rooms: int) -> None:
        self.rooms = [Room() for _ in range(rooms)]
        self.expected = 0
        self.delivered = 0
        self.posted = 0
        self.latencies: array[int] = array("q")

    def post(self, room: Room, poster: int) -> int:
        """The number of a new message."""
        number = self.posted
        self.posted += 1
        self.expected += room.readers
        room.posted.append((number, poster))
        return number

    def announced(self, messages: int) -> None:
        """The server itself will send so many messages to the first room, numbered from 0."""
        self.posted = messages
        self.rooms[0].posted = [(number, 0) for number in range(messages)]
        self.expected = messages * self.rooms[0].readers

    @property
    def settled(self) -> bool:
        """Whether as many deliveries arrived as were due."""
        return self.delivered >= self.expected

    def check(self) -> None:
        """Raises Void unless each room's log is what was posted. Call when settled."""
        if self.delivered != self.expected:
            raise Void(f"{self.delivered} deliveries arrived, {self.expected} were due")
        for room in self.rooms:
            if room.readers:
                _check_room(room)


def _check_room(room: Room) -> None:
    order = [int(number) for number in room.order]
    if sorted(order) != [number for number, _ in room.posted]:
        raise Void(f"{len(room.posted)} messages were posted to a room and its readers saw {len(order)}, not the same")
    poster_of = dict(room.posted)
    newest: dict[int, int] = {}
    for number in order:
        if number < newest.get(poster_of[number], -1):
            raise Void(f"message {number} came after a later one of the same poster")
        newest[poster_of[number]] = number
