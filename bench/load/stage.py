"""The stage: readers and posters of one run, and the figures of what they did."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from itertools import count
from typing import Final

from ..system import cpu_seconds, rss_kib
from .changes import people
from .ledger import Ledger
from .loop import Loop
from .plan import Plan
from .posters import Poster, SocketIoPoster
from .readers import Reader, SocketIoReader

OPENING: Final = 256  # connections opened at once, where opening is not what is measured
SURPLUS: Final = 0.2  # seconds to wait for deliveries that should not come
REGISTERING: Final = 0.3  # seconds between a stream's head and the first post

Figures = dict[str, float]


class Stage:
    """What every scenario needs. Readers are numbered over all rooms."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.loop = Loop()
        self.ledger = Ledger(len(plan.reads))
        self.readers: list[Reader] = []
        self.posters: list[Poster] = []
        self._changing = people(self.loop, plan, self.ledger) if plan.change else None
        self._paced = 0.0

    def make_readers(self) -> list[Reader]:
        """All readers of the plan, not yet open."""
        if self._changing:
            self.readers, _ = self._changing
            return self.readers
        kind = SocketIoReader if self.plan.socketio else Reader
        for room in range(len(self.plan.reads)):
            for _ in range(self.plan.readers):
                self.readers.append(kind(self.loop, self.plan, len(self.readers), self.ledger, room))
        return self.readers

    def open_readers(self) -> None:
        """Open all readers, and wait until each of them listens."""
        readers = self.make_readers()
        for first in range(0, len(readers), OPENING):
            self.open_some(readers[first : first + OPENING])
        self.loop.run(REGISTERING)

    def open_some(self, readers: list[Reader]) -> None:
        """Open these at once, and wait until each of them listens."""
        for reader in readers:
            reader.open()
        self.loop.until(
            lambda: all(reader.listening for reader in readers), self.plan.patience, "not all readers were served"
        )
        for reader in readers:
            reader.room.readers += 1

    def come_back(self, reader: Reader, cursor: str, place: int) -> None:
        """Open a reader with a cursor that stands at `place`: what follows is due to it."""
        reader.cursor, reader.place = cursor, place
        reader.room.readers += 1
        self.ledger.expected += len(reader.room.posted) - place
        reader.open()

    def open_posters(self) -> None:
        """Open all posters, without posting."""
        kind = SocketIoPoster if self.plan.socketio else Poster
        made = [kind(self.loop, self.plan, number, self.ledger) for number in range(self.plan.posters)]
        self.posters = self._changing[1] if self._changing else made
        for poster in self.posters:
            poster.open()
        self.loop.until(
            lambda: all(poster.ready_to_post for poster in self.posters), self.plan.patience, "no poster was served"
        )

    def post_flat_out(self, seconds: float, pick: Callable[[], int] = lambda: 0) -> None:
        """Each poster posts to a room that `pick` names, as soon as it may, for so many seconds. Returns when all is
        delivered.
        """
        end = time.monotonic() + seconds

        def again(poster: Poster) -> None:
            if time.monotonic() < end:
                poster.post(pick())

        for poster in self.posters:
            poster.answered = again
            poster.post(pick())
        self.loop.run(seconds)
        self.settle()

    def post_in_turn(self, messages: int) -> None:
        """One poster posts so many, each when the one before is delivered."""
        for _ in range(messages):
            self.posters[0].post()
            self.settle()

    def pace(self, per_second: float) -> None:
        """From now on, while the loop turns, idle posters take turns at so many posts a second; 0 ends it."""
        self._paced, turns = per_second, count()

        def tick() -> None:
            if not self._paced:
                return
            poster = self.posters[next(turns) % len(self.posters)]
            if not poster.busy:
                poster.post()
            self.loop.after(1 / per_second, tick)

        if per_second:
            tick()

    def settle(self) -> None:
        """Wait until all that is due has arrived."""
        self.loop.until(lambda: self.ledger.settled and not self.posting, self.plan.patience, "deliveries were missing")

    @property
    def posting(self) -> bool:
        """Whether a post is under way."""
        return any(poster.busy for poster in self.posters)

    def finish(self) -> None:
        """Wait a little for what should not come, then check the ledger. Raises Void."""
        self.loop.run(SURPLUS)
        self.ledger.check()


class Meter:
    """What happened between its making and `figures()`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        stage.ledger.latencies = type(stage.ledger.latencies)("q")
        self._delivered, self._posted = stage.ledger.delivered, stage.ledger.posted
        self._cpu, self._own = cpu_seconds(stage.plan.pids), time.process_time()
        self.began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return time.monotonic() - self.began

    def figures(self) -> Figures:
        """Rates per second, latencies in milliseconds, CPU in microseconds per delivery and shares of a core, memory
        in KiB.
        """
        seconds = self.seconds
        cpu, own = cpu_seconds(self._stage.plan.pids) - self._cpu, time.process_time() - self._own
        ledger = self._stage.ledger
        delivered, posted = ledger.delivered - self._delivered, ledger.posted - self._posted
        figures: Figures = {
            "seconds": seconds,
            "posts": posted,
            "deliveries": delivered,
            "posts_per_second": posted / seconds,
            "deliveries_per_second": delivered / seconds,
            "server_share": cpu / seconds,
            "generator_share": own / seconds,
            "rss_kib": rss_kib(self._stage.plan.pids),
        }
        if delivered:
            figures["cpu_per_delivery"] = cpu / delivered * 1e6
        if posted:
            figures["cpu_per_post"] = cpu / posted * 1e6
        return figures | percentiles(list(ledger.latencies))


def percentiles(microseconds: list[int]) -> Figures:
    """p50 and p99 in milliseconds, by the nearest rank."""
    if not microseconds:
        return {}
    ordered = sorted(microseconds)
    return {name: ordered[int((len(ordered) - 1) * share)] / 1000 for name, share in (("p50", 0.5), ("p99", 0.99))}


def pin(core: int | None) -> None:
    """Stay on one core."""
    if core is not None:
        os.sched_setaffinity(0, {core})
