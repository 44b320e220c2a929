"""P5: a planned restart fails no post, ends streams with `bye`, and lets readers come back one after another."""

from __future__ import annotations

import asyncio
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..browser.people import history, post
from ..serving import Server
from .scale import scale
from .traffic import Crowd, Posters

pytestmark = pytest.mark.slow

RESTARTS = scale(4, 20)
READERS = scale(100, 1_000)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Server]:
    """A server whose socket outlives it, as with a `.socket` unit of systemd."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listening:
        server = Server(tmp_path / "data", held=listening, limits="off").start()
        yield server
        if server.running:
            server.stop()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Server]:
    """A server that nobody looks after."""
    server = Server(tmp_path / "data", limits="off").start()
    yield server
    if server.running:
        server.stop()


@pytest.fixture(params=["held", "alone"])
def restarted(request: pytest.FixtureRequest) -> tuple[Server, Callable[[], None]]:
    """A server, and the way it is restarted: SIGTERM where something else holds the socket, else SIGHUP."""
    server: Server = request.getfixturevalue(request.param)
    return server, server.restart if request.param == "held" else server.renew


async def test_no_post_fails_while_the_server_is_restarted_again_and_again(
    restarted: tuple[Server, Callable[[], None]],
) -> None:
    server, restart = restarted
    room = server.create()
    posters = Posters(room["url"])
    async with posters.at_work():
        for _ in range(RESTARTS):
            await posters.progress(25)
            await asyncio.to_thread(restart)
        await posters.progress(25)

    print(f"{len(posters.stored)} posts, slowest {posters.slowest:.2f} s, {posters.stale} stale connections")
    assert posters.failed == []
    stored = [line.text for line in history(room["url"]) if line.kind == "message"]
    assert sorted(stored) == sorted(posters.stored), "each is there once, and nothing else"
    assert posters.slowest < 5


async def test_readers_hear_bye_and_come_back_one_after_another(
    restarted: tuple[Server, Callable[[], None]],
) -> None:
    server, restart = restarted
    room = server.create()
    crowd = Crowd(room["url"], READERS)
    async with crowd.following():
        start = time.monotonic()
        await asyncio.to_thread(restart)
        await crowd.until_open()
        await crowd.until_seen(post(room, "all here?"))

    assert (len(crowd.goodbyes), crowd.cut, crowd.refused) == (READERS, 0, {})
    waits = sorted(back - crowd.goodbyes[0] for back in crowd.returned)
    print(f"back after {waits[0]:.2f} to {waits[-1]:.2f} s, median {statistics.median(waits):.2f} s")
    assert waits[int(READERS * 0.95) - 1] <= 5
    assert waits[-1] <= 15
    assert crowd.goodbyes[-1] - start < 4
    assert waits[READERS * 3 // 4] - waits[READERS // 4] >= 0.75, "half of them spread over the 1.25 s in the middle"


async def test_the_process_ends_within_2_seconds_however_many_read(held: Server) -> None:
    room = held.create()
    crowd = Crowd(room["url"], READERS)
    async with crowd.following():
        start = time.monotonic()
        assert await asyncio.to_thread(held.stop) == 0
        assert time.monotonic() - start <= 2
        assert len(crowd.goodbyes) + crowd.cut == READERS
        held.start()
        await crowd.until_open()
    assert crowd.cut == 0
