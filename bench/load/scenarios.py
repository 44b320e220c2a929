"""The scenarios of a generator: one function for each kind of load, which returns its figures or raises Void."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from itertools import accumulate
from typing import Final

from ..system import open_files, rss_kib
from .stage import Figures, Meter, Stage
from .stuck import StuckReader

QUIET_PAUSE: Final = 0.01  # seconds of rest between two messages of a quiet room
STORM_POSTS: Final = 20.0  # posts a second while everybody comes back


def busy(stage: Stage) -> Figures:
    """All posters flat out in one room."""
    return _flat_out(stage, lambda: 0)


def rooms(stage: Stage) -> Figures:
    """All posters flat out, to rooms that differ in how busy they are (Zipf, exponent 1)."""
    chance = random.Random(4)  # noqa: S311 the same in every run
    weights = list(accumulate(1 / rank for rank in range(1, len(stage.plan.posts) + 1)))
    everyone = range(len(weights))
    return _flat_out(stage, lambda: chance.choices(everyone, cum_weights=weights)[0])


def posts(stage: Stage) -> Figures:
    """All posters flat out, and nobody reads."""
    stage.open_posters()
    stage.post_flat_out(stage.plan.warm)
    meter = Meter(stage)
    stage.post_flat_out(stage.plan.seconds)
    return meter.figures()


def quiet(stage: Stage) -> Figures:
    """One message at a time: the next one only when everyone has this one."""
    stage.open_readers()
    stage.open_posters()
    _one_at_a_time(stage, stage.plan.warm)
    meter = Meter(stage)
    _one_at_a_time(stage, stage.plan.seconds)
    figures = meter.figures()
    stage.finish()
    return figures


def idle(stage: Stage) -> Figures:
    """Streams on which nothing happens but heartbeats."""
    before = rss_kib(stage.plan.pids)
    began = time.monotonic()
    stage.open_readers()
    opening = time.monotonic() - began
    stage.loop.run(1)
    meter = Meter(stage)
    stage.loop.run(stage.plan.seconds)
    figures = meter.figures()
    return {
        "kib_per_stream": (figures["rss_kib"] - before) / len(stage.readers),
        "server_share": figures["server_share"],
        "streams_opened_per_second": len(stage.readers) / opening,
        "seconds": figures["seconds"],
    }


def storm(stage: Stage) -> Figures:
    """Everyone comes back at once with a cursor that is `behind` messages old, while posts go on."""
    plan = stage.plan
    pilot, *others = stage.make_readers()
    pilot.raw = bytearray()
    stage.open_some([pilot])
    stage.open_posters()
    stage.post_in_turn(1)
    cursor, place = _cursor(pilot.raw), pilot.place
    pilot.raw = None
    stage.post_in_turn(plan.behind)
    meter = Meter(stage)
    stage.pace(STORM_POSTS)
    for reader in others:
        stage.come_back(reader, cursor, place)
    caught_up = place + plan.behind
    stage.loop.until(
        lambda: all(reader.place >= caught_up for reader in others), plan.patience, "not everyone had caught up"
    )
    seconds = meter.seconds
    stage.loop.run(plan.warm)
    stage.pace(0)
    stage.settle()
    figures = meter.figures()
    stage.finish()
    return {"seconds": seconds, "server_share": figures["server_share"], "rss_kib": figures["rss_kib"]}


def stuck(stage: Stage) -> Figures:
    """Paced posts to readers among whom `plan.stuck` never read. How long until the server has dropped those?"""
    plan = stage.plan
    stage.open_readers()
    stage.open_posters()
    stage.pace(plan.per_second)
    stage.loop.run(plan.warm)
    before, files = rss_kib(plan.pids), open_files(plan.pids)
    for number in range(plan.stuck):
        StuckReader(stage.loop, plan, number, stage.ledger, 0).open(receive_buffer=32_768)
    stage.loop.run(1.0)
    meter, most, left, gone_after = Meter(stage), 0, plan.stuck, 0.0
    while meter.seconds < plan.seconds:
        stage.loop.run(0.25)
        most = max(most, rss_kib(plan.pids) - before)
        now_left = max(0, open_files(plan.pids) - files)
        if now_left < left:
            left, gone_after = now_left, meter.seconds + 1.0
    stage.pace(0)
    stage.settle()
    figures = meter.figures()
    stage.finish()
    figures |= {"most_kib": most, "gone": plan.stuck - left}
    return figures | {"gone_after": gone_after} if gone_after else figures


def ceiling(stage: Stage) -> Figures:
    """What the generator itself can take: a server that does nothing but write prepared frames."""
    messages = int(stage.plan.seconds * 1000)
    stage.open_readers()
    stage.open_posters()
    meter = Meter(stage)
    stage.ledger.announced(messages)
    stage.posters[0].send(f"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{messages:9d}".encode())
    stage.settle()
    figures = meter.figures()
    stage.finish()
    return figures


def _flat_out(stage: Stage, pick: Callable[[], int]) -> Figures:
    stage.open_readers()
    stage.open_posters()
    stage.post_flat_out(stage.plan.warm, pick)
    meter = Meter(stage)
    stage.post_flat_out(stage.plan.seconds, pick)
    figures = meter.figures()
    stage.finish()
    return figures


def _one_at_a_time(stage: Stage, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        stage.posters[0].post()
        stage.settle()
        stage.loop.run(QUIET_PAUSE)


def _cursor(raw: bytearray) -> str:
    event = next(part for part in bytes(raw).split(b"\n\n") if b"^" in part)
    return event.partition(b"id: ")[2].partition(b"\n")[0].decode().strip()


SCENARIOS: Final[dict[str, Callable[[Stage], Figures]]] = {
    function.__name__: function for function in (busy, ceiling, idle, posts, quiet, rooms, storm, stuck)
}
