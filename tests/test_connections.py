"""Connections: closed when the patience is over or the peer or the server ends them, never while there is something to
answer, and then gone. In a real Hypercorn, with an application that waits as long as it is told to.
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
from types import SimpleNamespace
from typing import Any

import h11
import hypercorn.asyncio
import pytest
from hypercorn.asyncio import run
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import AsyncioSingleTask
from hypercorn.config import Config
from hypercorn.events import RawData
from hypercorn.protocol.h11 import H11Protocol

from chadchat.connections import Connection, IdleTimer, use_ours, worth_waking_for

from .waiting import until

PATIENCE = 0.4
HALF = b"GET / HTTP/1.1\r\nHost: "
HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])  # and an empty SETTINGS frame


async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """`/0.3` is answered after 0.3 seconds."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await asyncio.sleep(float(scope["path"].strip("/")))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


class Site:
    """A server that can be ended."""

    def __init__(self, port: int, end: asyncio.Event, serving: asyncio.Task[None]) -> None:
        self.port, self.end, self.serving = port, end, serving

    async def connect(self) -> tuple[StreamReader, StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    known = vars(run).get("TCPServer")
    assert known is TCPServer, "Hypercorn does not take its connections from where it did"
    monkeypatch.setattr(run, "TCPServer", known)  # what `use_ours` does is undone
    use_ours()
    config, end, ready = Config(), asyncio.Event(), asyncio.Event()
    config.bind, config.errorlog, config.keep_alive_timeout = ["127.0.0.1:0"], None, PATIENCE
    sockets = config.create_sockets()
    port = sockets.insecure_sockets[0].getsockname()[1]
    config.bind = [f"fd://{sockets.insecure_sockets[0].detach()}"]

    async def ended() -> None:
        ready.set()
        await end.wait()
        IdleTimer.close_all()

    serving = asyncio.create_task(hypercorn.asyncio.serve(answer, config, shutdown_trigger=ended))  # type: ignore[arg-type]
    await ready.wait()
    yield Site(port, end, serving)
    end.set()
    await serving
    assert not IdleTimer.waiting


async def ask(reader: StreamReader, writer: StreamWriter, seconds: float = 0) -> bytes:
    writer.write(b"GET /%f HTTP/1.1\r\nHost: x\r\n\r\n" % seconds)
    return await reader.readuntil(b"ok")


async def end_of(reader: StreamReader) -> float:
    """How long it takes until the other side ends the connection."""
    start = time.monotonic()
    assert await asyncio.wait_for(reader.read(), 10) == b""
    return time.monotonic() - start


@pytest.mark.parametrize("said", [b"", HALF, HTTP2], ids=["nothing", "half a head", "hello in HTTP/2"])
async def test_who_asks_nothing_is_left_when_the_patience_is_over(site: Site, said: bytes) -> None:
    reader, writer = await site.connect()
    writer.write(said)
    start = time.monotonic()
    await asyncio.wait_for(reader.read(), 10)

    assert time.monotonic() - start >= PATIENCE * 0.9
    writer.close()


async def test_half_a_head_is_answered_only_where_the_answer_can_be_read(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[int] = []
    answer_error = H11Protocol._send_error_response

    async def noted(protocol: H11Protocol, status: int) -> None:
        answers.append(status)
        await answer_error(protocol, status)

    monkeypatch.setattr(H11Protocol, "_send_error_response", noted)
    reader, writer = await site.connect()
    writer.write(HALF)
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()
    assert answers == []

    reader, writer = await site.connect()
    writer.write(HALF)
    writer.write_eof()
    assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 400 ")
    writer.close()
    assert answers == [400]


async def test_a_body_that_comes_in_drops_wakes_the_server_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[int] = []
    handle = H11Protocol.handle

    async def noted(protocol: H11Protocol, event: RawData) -> None:
        if isinstance(event, RawData) and event.data:
            woken.append(len(event.data))
        await handle(protocol, event)

    monkeypatch.setattr(H11Protocol, "handle", noted)
    reader, writer = await site.connect()
    head = b"POST /%f HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n" % (PATIENCE / 2)
    writer.write(head)
    await until(lambda: len(woken) == 1)
    for _ in range(20):
        writer.write(b"a")
        await asyncio.sleep(0.002)
    await until(lambda: len(woken) > 1)
    assert b"200" in await reader.readuntil(b"ok")
    assert woken == [len(head), 20]

    woken.clear()
    writer.write(head[:1])
    await until(lambda: woken == [1])  # by anything again
    writer.write(head[1:])
    await until(lambda: len(woken) == 2)
    writer.write(b"half")
    writer.write_eof()
    assert b"400" in await asyncio.wait_for(reader.read(), 10), "or by the end"
    assert woken[2:] == [4]
    writer.close()


async def test_the_patience_begins_anew_with_each_answer(site: Site) -> None:
    reader, writer = await site.connect()
    for _ in range(4):
        await asyncio.sleep(PATIENCE * 0.6)
        await ask(reader, writer)

    assert await end_of(reader) >= PATIENCE * 0.9
    writer.close()


async def test_an_answer_may_take_longer_than_the_patience(site: Site) -> None:
    reader, writer = await site.connect()
    await ask(reader, writer)

    assert b"200" in await ask(reader, writer, PATIENCE * 2)
    writer.close()


async def test_who_has_asked_for_the_last_time_is_answered_and_then_left_at_once(site: Site) -> None:
    reader, writer = await site.connect()
    writer.write(b"GET /%f HTTP/1.1\r\nHost: x\r\n\r\n" % (PATIENCE / 2))
    writer.write_eof()
    assert (await asyncio.wait_for(reader.read(), 10)).endswith(b"ok")
    writer.close()

    reader, writer = await site.connect()
    await ask(reader, writer)
    writer.write_eof()
    assert await end_of(reader) < PATIENCE * 0.8
    writer.close()


async def test_an_idle_connection_has_one_task(site: Site) -> None:
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
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nfour")
    said = [connection.next_event() for _ in range(3)]
    assert said[2] is h11.NEED_DATA
    assert worth_waking_for(SimpleNamespace(connection=connection)) == 3, "h11 counts what is missing elsewhere"  # type: ignore[arg-type]


def hang_up(peer: socket.socket) -> None:
    """No goodbye: the other side gets a reset."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


@pytest.mark.parametrize("ends", ["the peer", "a reset", "the patience", "the answer", "the peer, in a head"])
async def test_nothing_of_a_closed_connection_waits_for_the_collector(site: Site, ends: str) -> None:
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
        await until(lambda: ends == "the answer" or len(IdleTimer.waiting) == len(peers))
        for peer in peers:
            while ends == "the patience" and await loop.sock_recv(peer, 1000):
                pass
            hang_up(peer) if ends == "a reset" else peer.close()
        kinds = Connection | _SelectorSocketTransport
        await until(lambda: not any(isinstance(one, kinds) for one in gc.get_objects()))
    finally:
        gc.enable()


async def test_the_end_of_the_server_is_the_end_of_idle_connections(site: Site) -> None:
    connections = [await site.connect() for _ in range(3)]
    for reader, writer in connections[:2]:
        await ask(reader, writer)
    late_reader, late_writer = await site.connect()
    late = asyncio.create_task(ask(late_reader, late_writer, PATIENCE / 2))
    await asyncio.sleep(PATIENCE / 4)

    site.end.set()

    assert max([await end_of(reader) for reader, _ in connections]) < PATIENCE * 0.6
    assert b"200" in await late, "a request that is being answered is not cut off"
    start = time.monotonic()
    await site.serving
    assert time.monotonic() - start < PATIENCE * 0.8
    for _, writer in [*connections, (late_reader, late_writer)]:
        writer.close()
