"""P5: a planned restart fails no post, ends streams with `bye`, and lets readers come back one after another."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from ..browser.people import history, post
from ..serving import Server
from .conftest import Proved
from .scale import scale
from .traffic import Crowd, Posters

pytestmark = pytest.mark.slow

RESTARTS = scale(4, 20)
READERS = scale(100, 1_000)
HOW = {"held": "SIGTERM and a socket that is held", "alone": "SIGHUP"}


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
    restarted: tuple[Server, Callable[[], None]], request: pytest.FixtureRequest, proved: Proved
) -> None:
    server, restart = restarted
    room = server.create()
    posters = Posters(room["url"])
    async with posters.at_work():
        for _ in range(RESTARTS):
            await posters.progress(25)
            await asyncio.to_thread(restart)
        await posters.progress(25)

    assert posters.failed == []
    stored = [line.text for line in history(room["url"]) if line.kind == "message"]
    assert sorted(stored) == sorted(posters.stored), "each is there once, and nothing else"
    proved(
        "P5",
        f"posts over restarts, {HOW[request.node.callspec.params['restarted']]}",
        restarts=RESTARTS,
        posts=len(posters.stored),
        failed=0,
        s_the_slowest=round(posters.slowest, 1),
        stale_connections=posters.stale,
    )


async def test_readers_hear_bye_and_come_back_one_after_another(
    restarted: tuple[Server, Callable[[], None]], request: pytest.FixtureRequest, proved: Proved
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
    assert waits[int(READERS * 0.95) - 1] <= 5
    assert waits[-1] <= 15
    assert crowd.goodbyes[-1] - start < 4
    asked = sorted(crowd.asked)
    assert asked[READERS * 3 // 4] - asked[READERS // 4] >= 1, "half of them spread over the 1.25 s in the middle"
    proved(
        "P5",
        f"readers over a restart, {HOW[request.node.callspec.params['restarted']]}",
        readers=READERS,
        s_till_95_percent_were_back=round(waits[int(READERS * 0.95) - 1], 1),
        s_till_all_were_back=round(waits[-1], 1),
    )


async def test_the_process_ends_within_2_seconds_however_many_read(held: Server, proved: Proved) -> None:
    room = held.create()
    crowd = Crowd(room["url"], READERS)
    async with crowd.following():
        start = time.monotonic()
        assert await asyncio.to_thread(held.stop) == 0
        took = time.monotonic() - start
        assert took <= 2
        assert len(crowd.goodbyes) + crowd.cut == READERS
        held.start()
        await crowd.until_open()
    assert crowd.cut == 0
    proved("P5", "the end of the process", readers=READERS, s=round(took, 2))


STRANGERS = scale(200, 500)


@pytest.mark.parametrize("how", ["held", "alone"])
async def test_readers_without_a_seat_are_let_in_again_at_once_from_many_addresses_and_from_one(
    tmp_path: Path, how: str, proved: Proved
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listening:
        server = Server(
            tmp_path / "data", held=listening if how == "held" else None, limits="on", limit_rooms="20, then 1/min"
        ).start()
        try:
            codes = [await opened(server, f"127.2.0.{number // 10 + 1}") for number in range(30)]
            await asyncio.to_thread(server.restart if how == "held" else server.renew)
            many = [status(server, f"127.3.{n // 200}.{n % 200 + 1}", codes[n % 30]) for n in range(STRANGERS)]
            one = [status(server, "127.4.0.1", code) for code in codes]
            answers = Counter(await asyncio.gather(*many, *one))
        finally:
            server.stop()

    assert answers == {200: STRANGERS + 30}
    proved("P5", f"readers without a seat after a restart, {HOW[how]}", readers=STRANGERS + 30, refused=0)


async def opened(server: Server, address: str) -> str:
    """The code of a new room that somebody opened from there."""
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(local_address=address)) as client:
        return str((await client.post(f"{server.url}/rooms", json={"name": "Grace"})).json()["code"])


async def status(server: Server, address: str, code: str) -> int:
    """What a stream that is asked for from there begins with."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.port), local_addr=(address, 0))
    writer.write(f"GET /{code}/sse HTTP/1.1\r\nHost: chat.example\r\n\r\n".encode())
    try:
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()


@pytest.mark.parametrize("kept", [True, False], ids=["SIGHUP", "SIGTERM"])
async def test_readers_who_would_be_refused_are_asked_to_wait_until_the_next_process_listens(
    alone: Server, kept: bool
) -> None:
    url = f"{alone.create()['url']}/json"
    async with httpx.AsyncClient(timeout=60) as http, AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(http.stream("GET", url)) for _ in range(8)]
        heard = [stream.aiter_lines() for stream in streams]
        for lines in heard:
            assert json.loads(await anext(lines))["kind"] == "open"
        await asyncio.to_thread(alone.renew if kept else alone.stop)
        said = [[json.loads(line) async for line in lines][-1] for lines in heard]

    assert {bye["kind"] for bye in said} == {"bye"}
    least, most = (1000, 3500) if kept else (3000, 5500)
    assert all(least <= bye["retry"] <= most for bye in said)
    assert kept == (min(bye["retry"] for bye in said) < 3000)
