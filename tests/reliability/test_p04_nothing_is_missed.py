"""P4: a reader that was away gets each missed event once and in order, or is told `reset`; never a silent gap.

Here for programs; tests/browser/test_cuts.py does the same for browsers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from ..serving import Server
from .client import Client, Crowd, history
from .conftest import Proved
from .proxy import FINE, Fault, FaultProxy, page
from .readers import NdjsonReader, Reader, SseReader, follow, gaps
from .scale import scale

LOGIN = "<!doctype html><title>Sign in to the network</title><form><input name=password></form>"
FAULTS: dict[str, Callable[[Random], Fault]] = {
    "reset mid-event": lambda random: Fault(after=random.randint(1, 3000)),
    "end mid-event": lambda random: Fault(after=random.randint(1, 3000), then="end"),
    "half-open": lambda random: Fault(after=random.randint(1, 3000), then="silence"),
    "events split over packets": lambda random: Fault(after=random.randint(300, 900), piece=random.randint(1, 7)),
    "502": lambda random: page("502 Bad Gateway", "<h1>Bad gateway</h1>"),
    "503": lambda random: page("503 Service Unavailable", "<h1>Back soon</h1>"),
    "204": lambda random: page("204 No Content"),
    "a 200 login page": lambda random: page("200 OK", LOGIN),
}
KINDS: list[type[SseReader] | type[NdjsonReader]] = [SseReader, NdjsonReader]


class Network:
    """One reader's connections: each has the next fault of the script, and those after it none."""

    def __init__(self, port: str, cuts: int, seed: int) -> None:
        random = Random(seed)  # noqa: S311
        self._script: Iterator[Fault] = iter([random.choice(list(FAULTS.values()))(random) for _ in range(cuts)])
        self.worn = asyncio.Event()
        self.proxy = FaultProxy(port, self._plan)

    def _plan(self, head: str) -> Fault:
        fault = next(self._script, FINE)
        if fault is FINE:
            self.worn.set()
        return fault


async def chatter(server: Server, room: str) -> None:
    """Somebody who talks all the time, whether there is a server or not."""
    number = 0
    with Client(server.url) as client:
        while True:
            try:
                await client.post(f"/{room}", f"message {number}")
            except OSError:
                await asyncio.sleep(0.05)  # the server is being replaced
            except asyncio.IncompleteReadError:
                pass
            number += 1
            await asyncio.sleep(0.005)  # a load, not a flood


async def cut_about(server: Server, readers: int, cuts: int, restarts: int, *, forgetful: bool = False) -> list[Reader]:
    """Cut so many readers so often each, restart the server meanwhile, and let everyone come to rest."""
    room = server.create()["code"]
    networks = [Network(server.port, cuts, seed) for seed in range(readers)]
    for network in networks:
        await network.proxy.__aenter__()
    at_work: list[Reader] = [KINDS[number % 2](network.proxy.url, room) for number, network in enumerate(networks)]
    async with Crowd(*(follow(reader, forgetful=forgetful) for reader in at_work)):
        async with Crowd(chatter(server, room)), asyncio.timeout(900):
            for _ in range(restarts):
                await asyncio.to_thread(server.restart)
            await asyncio.gather(*(network.worn.wait() for network in networks))
        with Client(server.url) as client:
            _, last = await client.post(f"/{room}", "that was all")
        async with asyncio.timeout(60):
            for reader in at_work:
                await reader.reaches(last["seq"])
    for network in networks:
        await network.proxy.__aexit__()
    stored = await history(server.url, room)
    if not forgetful:
        assert [reader.events for reader in at_work] == [stored] * readers
    return at_work


@pytest.mark.slow
async def test_readers_that_are_cut_miss_nothing_and_get_nothing_twice(tmp_path: Path, proved: Proved) -> None:
    server = Server(tmp_path / "data", limits="off", heartbeat="0.15", leave_after="0.5").start()
    readers, cuts, restarts = scale(4, 10), scale(10, 100), scale(1, 10)

    at_work = await cut_about(server, readers, cuts, restarts)
    server.stop()

    missing, doubles = map(sum, zip(*(gaps(reader.events) for reader in at_work), strict=True))
    assert (missing, doubles, [reason for reader in at_work for reason in reader.resets]) == (0, 0, [])
    proved(
        "P4",
        "program readers cut in 8 ways, and restarts",
        cuts=readers * cuts,
        restarts_met_by_each=restarts,
        events_read=sum(len(reader.events) for reader in at_work),
        gaps=missing,
        doubles=doubles,
    )


async def test_a_reader_that_comes_back_without_its_cursor_is_caught(tmp_path: Path, proved: Proved) -> None:
    server = Server(tmp_path / "data", limits="off", heartbeat="0.15").start()

    at_work = await cut_about(server, 2, 6, 0, forgetful=True)
    server.stop()

    missing, doubles = map(sum, zip(*(gaps(reader.events) for reader in at_work), strict=True))
    assert missing > 0
    assert doubles > 0
    proved("P4", "the same without a cursor, which must fail", gaps=missing, doubles=doubles)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("cursor", "reason"), [("zzzz-1", "epoch"), ("{epoch}-999999", "ahead")])
async def test_a_cursor_that_cannot_be_honoured_is_told_within_a_second(
    standing: Server, kind: type[SseReader], cursor: str, reason: str, proved: Proved
) -> None:
    room = standing.create()
    reader = kind(standing.url, room["code"], cursor.format(epoch=room["cursor"][:4]))

    start = time.monotonic()
    async with Crowd(follow(reader)), asyncio.timeout(1):
        await reader.until(lambda: bool(reader.resets))

    assert (reader.resets, reader.events) == ([reason], [])
    proved("P4", f"reset: {reason}, {kind.__name__}", ms=round((time.monotonic() - start) * 1000))
