"""Waits: the callers who wait for the answer to a question. A wait is a lease in memory, which a restart ends.

The log's listener fills a wait with the answer, or with the refusal that ends it: of a removed question, of a seat, a
link or a room that is no more.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from ..domain.limits import COME_BACK, LimitReached
from ..errors import Banned, MessageNotFound, RoomClosed, RoomMoved, RoomNotFound, SeatRequired, Stopping
from ..events import Event
from ..kinds import kind_of
from ..refusal import ChatError
from ..settings import Settings
from .eviction import Holder

_ENDED: Final = "Your place in {room} has ended, and so has your wait."


class TooManyWaits(LimitReached, code="too_many_waits"):
    """Waits for answers, of a seat, an address, or all."""

    sentence = "Too many questions wait for their answers. Come back {when}, or ask without `wait`."
    settings = ("limit_seat_waits", "limit_waits", "limit_all_waits")


class Wait:
    """One caller's wait. `ended` becomes the answer, or the refusal that ends the wait."""

    def __init__(self, holder: Holder) -> None:
        self.ended: asyncio.Future[Event | ChatError] = asyncio.get_running_loop().create_future()
        self.holder = holder
        self.place: tuple[str, int] | None = None  # the room's code and the question's number

    def end(self, outcome: Event | ChatError) -> None:
        """End it; the first call counts."""
        if not self.ended.done():
            self.ended.set_result(outcome)


class Waits:
    """The waits of this node. Create it on the event loop. After `end`, every wait ends at once."""

    def __init__(self, settings: Settings) -> None:
        self.open = 0
        self.ending = False
        self._settings = settings
        self._on = settings.limits == "on"
        self._by: Counter[Hashable] = Counter()
        self._rooms: defaultdict[str, defaultdict[int, set[Wait]]] = defaultdict(lambda: defaultdict(set))

    @contextmanager
    def hold(self, holder: Holder, visitor: str, seat: Hashable | None = None) -> Iterator[Wait]:
        """Count a wait of the visitor, and of the seat if there is one, while the block runs. Raises TooManyWaits."""
        self._check(visitor, seat)
        counted = [visitor] if seat is None else [visitor, seat]
        wait = Wait(holder)
        self.open += 1
        self._by.update(counted)
        try:
            yield wait
        finally:
            self.open -= 1
            self._by -= Counter(counted)
            self._drop(wait)

    def begin(self, wait: Wait, room: str, seq: int) -> None:
        """Have a wait ended by what happens from now on. What has happened before is for the caller to find out."""
        if self.ending:
            wait.end(Stopping())
            return
        wait.place = room, seq
        self._rooms[room][seq].add(wait)

    def changed(self, events: Sequence[Event]) -> None:
        """End the waits that these events end. Called after each commit."""
        for event in events:
            if event.room in self._rooms:
                self._follow(self._rooms[event.room], event)

    def end(self) -> None:
        """End all waits, because the server stops."""
        self.ending = True
        for questions in list(self._rooms.values()):
            for waits in list(questions.values()):
                _end(waits, Stopping())

    def _check(self, visitor: str, seat: Hashable | None) -> None:
        if not self._on:
            return
        of_seat = 0 if seat is None else self._by[seat]
        counts = ((self.open, "limit_all_waits"), (self._by[visitor], "limit_waits"), (of_seat, "limit_seat_waits"))
        if any(count >= getattr(self._settings, most) for count, most in counts):
            raise TooManyWaits(COME_BACK)

    def _drop(self, wait: Wait) -> None:
        if wait.place is None:
            return
        room, seq = wait.place
        waits = self._rooms[room][seq]
        waits.discard(wait)
        if not waits:
            del self._rooms[room][seq]
        if not self._rooms[room]:
            del self._rooms[room]

    def _follow(self, questions: dict[int, set[Wait]], event: Event) -> None:
        changes = event.changes
        if event.kind == "message":
            if "answers" in changes:
                _end(questions.get(changes["reply_to"], ()), event)
        elif event.kind == "remove":
            _end(questions.get(changes["target"], ()), MessageNotFound(event.room, changes["target"]))
        elif event.kind == "prune":
            for seq in [seq for seq in questions if seq < changes["before"]]:
                _end(questions[seq], MessageNotFound(event.room, seq))
        elif changes.get("closed"):
            for waits in questions.values():
                _end(waits, RoomClosed())
        elif (ends := kind_of(event).ends) and (ending := ends(event)):
            for wait in [wait for waits in questions.values() for wait in waits]:
                if ending.leaves(wait.holder.member, wait.holder.link, wait.holder.address):
                    wait.end(_refusal(event))


def _end(waits: Sequence[Wait] | set[Wait] | tuple[()], outcome: Event | ChatError) -> None:
    for wait in list(waits):
        wait.end(outcome)


def _refusal(event: Event) -> ChatError:
    """The refusal of a caller whom an event has shut out."""
    match event.kind:
        case "move":
            return RoomMoved(event.room)
        case "ban":
            return Banned(event.room, event.changes["until"])
        case "room":
            return RoomNotFound(event.room)
    return SeatRequired(event.room, _ENDED.format(room=event.room))
