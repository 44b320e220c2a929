"""Connections are closed when a time-out passes, or when the peer or server ends them, but never before an answer is
sent; then their memory is freed. A real site, with an application that waits as long as it is told to.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import struct
import time
from asyncio import StreamReader, StreamWriter
from asyncio.selector_events import _SelectorSocketTransport  # type: ignore[attr-defined]
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import AsyncioSingleTask

from chadchat.server.config import ServerConfig
from chadchat.server.connection import Connection
from chadchat.server.http11 import Http11

from ..sites import Served, serving
from ..waiting import until

PATIENCE = 0.4
HALF = b"GET / HTTP/1.1\r\nHost: "


async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """`/0.3` is answered after 0.3 seconds."""
    await asyncio.sleep(float(scope["path"].strip("/")))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    """With little patience, or as much as a test asks for."""
    config = ServerConfig()
    config.errorlog, config.keep_alive_timeout = None, getattr(request, "param", PATIENCE)
    async with serving(answer, config) as served:
        yield served


# Where a connection ends all the same, something else than the patience has ended it.
endless = pytest.mark.parametrize("site", [3600], indirect=True, ids=["patient"])


def idling(site: Served) -> int:
    return sum(one._patience is not None for one in cast(set[Connection], site._connections))


async def ask(reader: StreamReader, writer: StreamWriter, seconds: float = 0) -> bytes:
    writer.write(b"GET /%f HTTP/1.1\r\nHost: x\r\n\r\n" % seconds)
    return await reader.readuntil(b"ok")


async def end_of(reader: StreamReader) -> None:
    """Wait until the other side ends the connection."""
    assert await asyncio.wait_for(reader.read(), 60) == b""


@pytest.mark.parametrize("said", [b"", HALF], ids=["nothing", "half a head"])
async def test_who_asks_nothing_is_left_when_the_patience_is_over(site: Served, said: bytes) -> None:
    reader, writer = await site.connect()
    writer.write(said)
    start = time.monotonic()
    await asyncio.wait_for(reader.read(), 60)

    assert time.monotonic() - start >= PATIENCE * 0.9
    writer.close()


async def test_half_a_head_is_answered_only_where_the_answer_can_be_read(
    site: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[int] = []
    answer_error = Http11._send_error_response

    async def noted(protocol: Http11, status: int) -> None:
        answers.append(status)
        await answer_error(protocol, status)

    monkeypatch.setattr(Http11, "_send_error_response", noted)
    reader, writer = await site.connect()
    writer.write(HALF)
    assert await asyncio.wait_for(reader.read(), 60) == b""
    writer.close()
    assert answers == []

    reader, writer = await site.connect()
    writer.write(HALF)
    writer.write_eof()
    assert (await asyncio.wait_for(reader.read(), 60)).startswith(b"HTTP/1.1 400 ")
    writer.close()
    assert answers == [400]


@endless
async def test_the_patience_begins_anew_with_each_answer(site: Served) -> None:
    reader, writer = await site.connect()
    ends = []
    for _ in range(4):
        asked = asyncio.get_running_loop().time()
        await ask(reader, writer)
        await until(lambda: idling(site) == 1)
        [waiting] = [one._patience for one in cast(set[Connection], site._connections) if one._patience]
        ends.append(waiting.when())
        assert ends[-1] >= asked + 3600

    assert ends == sorted(set(ends))
    writer.close()


async def test_an_answer_may_take_longer_than_the_patience(site: Served) -> None:
    reader, writer = await site.connect()
    await ask(reader, writer)

    assert b"200" in await ask(reader, writer, PATIENCE * 2)
    writer.close()


@endless
async def test_who_has_asked_for_the_last_time_is_answered_and_then_left_at_once(site: Served) -> None:
    reader, writer = await site.connect()
    writer.write(b"GET /%f HTTP/1.1\r\nHost: x\r\n\r\n" % (PATIENCE / 2))
    writer.write_eof()
    assert (await asyncio.wait_for(reader.read(), 60)).endswith(b"ok")
    writer.close()

    reader, writer = await site.connect()
    await ask(reader, writer)
    writer.write_eof()
    await end_of(reader)
    writer.close()


async def test_an_idle_connection_has_one_task(site: Served) -> None:
    before = len(asyncio.all_tasks())
    connections = [await site.connect() for _ in range(10)]
    for reader, writer in connections:
        await ask(reader, writer)
    await asyncio.sleep(0)

    assert len(asyncio.all_tasks()) == before + len(connections)
    for _, writer in connections:
        writer.close()


def test_what_is_known_of_hypercorns_connections() -> None:
    known = {"restart", "stop"}
    assert known <= set(vars(AsyncioSingleTask)), "Hypercorn asks its idle task for something else"
    assert "idle_task" in TCPServer.__init__.__code__.co_names, "Hypercorn keeps its idle task elsewhere"
    assert "_read_data" in vars(TCPServer), "Hypercorn takes in what comes in another way"


def hang_up(peer: socket.socket) -> None:
    """No goodbye: the other side gets a reset."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


@pytest.mark.parametrize("ends", ["the peer", "a reset", "the patience", "the answer", "the peer, in a head"])
async def test_nothing_of_a_closed_connection_waits_for_the_collector(site: Served, ends: str) -> None:
    loop, peers = asyncio.get_running_loop(), []
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            peer = socket.socket()
            peers.append(peer)
            peer.setblocking(False)
            await loop.sock_connect(peer, ("127.0.0.1", site.port))
            asks = b"GET /0 HTTP/1.1\r\nHost: x\r\n" + b"Connection: close\r\n" * (ends == "the answer")
            await loop.sock_sendall(peer, asks + b"\r\n" * ("in a head" not in ends))
            if "in a head" not in ends:
                assert b"200" in await loop.sock_recv(peer, 1000)
        await until(lambda: ends == "the answer" or idling(site) == len(peers))
        for peer in peers:
            while ends == "the patience" and await loop.sock_recv(peer, 1000):
                pass
            hang_up(peer) if ends == "a reset" else peer.close()
        kinds = Connection | _SelectorSocketTransport
        await until(lambda: not any(isinstance(one, kinds) for one in gc.get_objects()))
    finally:
        gc.enable()


@endless
async def test_the_end_of_the_server_is_the_end_of_idle_connections(site: Served) -> None:
    connections = [await site.connect() for _ in range(3)]
    for reader, writer in connections[:2]:
        await ask(reader, writer)
    late_reader, late_writer = await site.connect()
    late = asyncio.create_task(ask(late_reader, late_writer, PATIENCE / 2))
    await until(lambda: len(site._connections) == 4 and idling(site) == 3)  # the late one is being answered

    ending = asyncio.create_task(site.end())

    for reader, _ in connections:
        await end_of(reader)
    assert b"200" in await late, "a request that is being answered is not cut off"
    await asyncio.wait_for(ending, 60)
    for _, writer in [*connections, (late_reader, late_writer)]:
        writer.close()


@endless
@pytest.mark.parametrize("body", [b"", b"tea"], ids=["whole", "its body comes later"])
async def test_a_request_that_was_sent_before_the_patience_ends_is_answered(
    site: Served, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The patience ends so many turns of the loop after the request was sent: before it was read, between that and its
    answer, and after that.
    """

    async def whole(scope: dict[str, Any], receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        await answer(scope, receive, send)

    monkeypatch.setattr(site, "_app", whole)
    for turns in range(8):
        reader, writer = await site.connect()
        await ask(reader, writer)
        await until(lambda: idling(site) == 1)
        [connection] = cast(set[Connection], site._connections)

        writer.write(b"POST /0 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body))
        for _ in range(turns):
            await asyncio.sleep(0)
        connection.close_if_idle()
        await asyncio.sleep(0)
        writer.write(body)

        assert (await asyncio.wait_for(reader.readuntil(b"ok"), 60)).startswith(b"HTTP/1.1 200 ")
        writer.close()
        await until(lambda: not site._connections)


async def test_a_request_that_was_in_time_is_answered_by_a_loop_that_is_late(site: Served) -> None:
    reader, writer = await site.connect()
    await ask(reader, writer)
    await until(lambda: idling(site) == 1)

    writer.write(b"GET /0 HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(PATIENCE)  # noqa: ASYNC251 - the loop stands still
    assert (await asyncio.wait_for(reader.readuntil(b"ok"), 60)).startswith(b"HTTP/1.1 200 ")
    writer.close()
