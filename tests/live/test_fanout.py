"""The costs of fan-out in a real Hypercorn that must not grow: counts of tasks, writes and bytes, not times."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import time
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from quart import Quart

from chadchat.app import create_app
from chadchat.launcher import drain
from chadchat.live.subscriber import Subscriber
from chadchat.live.writers import AsgiWriter, FastWriter, writer_for
from chadchat.node import Node
from chadchat.server.connection import Connection
from chadchat.settings import Settings
from chadchat.views import stream

from ..serving import Server
from ..sites import serving
from ..waiting import until

READERS = 40
POSTS = 100


class Running:
    """A chadchat inside this process, so that its tasks, memory and writes can be counted."""

    def __init__(self, app: Quart, url: str) -> None:
        self.app = app
        self.url = url

    @property
    def chat(self) -> Node:
        return cast(Node, self.app.extensions["chadchat"])

    async def room(self, client: httpx.AsyncClient) -> str:
        return str((await client.post(f"{self.url}/rooms", json={"name": "Grace"})).json()["code"])


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    app = create_app(Settings(data=str(tmp_path / "data"), limits="off"))
    async with app.test_app(), serving(cast(Any, app)) as site:
        made = Running(app, f"http://127.0.0.1:{site.port}")
        yield made
        site.leave()
        await drain(made.chat, kept=True)


@asynccontextmanager
async def readers(
    running: Running, code: str, count: int, query: str = ""
) -> AsyncIterator[list[asyncio.StreamReader]]:
    """Open streams whose head and greeting have been read."""
    host, port = running.url.removeprefix("http://").split(":")
    request = f"GET /{code}/sse{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    pairs = [await asyncio.open_connection(host, int(port)) for _ in range(count)]
    for reader, writer in pairs:
        writer.write(request)
        await reader.readuntil(b"\r\n\r\n")
    yield [reader for reader, _ in pairs]
    for _, writer in pairs:
        writer.close()
        await writer.wait_closed()


async def body(reader: asyncio.StreamReader, last: bytes) -> bytes:
    """The body up to the event that holds `last`, without the chunks it came in and without announcements."""
    seen = b""
    while last not in seen:
        size = int(await reader.readline(), 16)
        seen += (await reader.readexactly(size + 2))[:-2]
    return b"\n\n".join(part for part in seen.split(b"\n\n") if b"event: people" not in part)


async def post_all(running: Running, code: str) -> None:
    async with httpx.AsyncClient() as client:
        posts = (client.post(f"{running.url}/{code}", content=f"message {number}") for number in range(POSTS - 1))
        assert {answer.status_code for answer in await asyncio.gather(*posts)} == {201}
        await client.post(f"{running.url}/{code}", content="the last")


async def test_a_busy_room_is_written_joined_and_rendered_once(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[bytes] = []
    original = FastWriter.write

    def counted(writer: FastWriter, framed: bytes) -> None:
        writes.append(framed)
        original(writer, framed)

    monkeypatch.setattr(FastWriter, "write", counted)
    async with httpx.AsyncClient() as client:
        code = await running.room(client)
    async with readers(running, code, READERS) as streams:
        await post_all(running, code)
        bodies = {await body(reader, b"the last") for reader in streams}

    assert len(bodies) == 1, "every reader got the same bytes"
    [seen] = bodies
    assert seen.count(b"\nid: ") == POSTS
    assert len(writes) < READERS * POSTS / 2, "what waits is joined into one write"
    assert len({id(framed) for framed in writes}) < len(writes) / 4, "chunks are shared, not made per reader"


async def test_both_writers_deliver_the_same_bytes(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[type] = []

    def fast(scope: Any, send: Any) -> Any:
        used.append(type(writer := writer_for(scope, send)))
        return writer

    async with httpx.AsyncClient() as client:
        code = await running.room(client)
    await post_all(running, code)
    monkeypatch.setattr(stream, "writer_for", fast)
    async with readers(running, code, 1, "?since=all") as [reader]:
        one = await body(reader, b"the last")
    monkeypatch.setattr(stream, "writer_for", lambda scope, send: AsgiWriter(send))
    async with readers(running, code, 1, "?since=all") as [reader]:
        other = await body(reader, b"the last")

    assert used == [FastWriter]
    assert one == other


async def test_an_idle_stream_costs_two_tasks_and_little_memory(running: Running) -> None:
    async with httpx.AsyncClient() as client:
        code = await running.room(client)
    opened = await idle_streams(running, code, 5)  # what is made once is made
    tasks = len(asyncio.all_tasks())
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    opened += await idle_streams(running, code, READERS)
    gc.collect()
    memory = (tracemalloc.get_traced_memory()[0] - before) / READERS
    tracemalloc.stop()

    # The server's own for the connection, and the request's. One of the server's may begin and end at any time.
    await until(lambda: len(asyncio.all_tasks()) - tasks <= 2 * READERS)
    for peer in opened:
        peer.close()
    assert memory < 20 * 1024  # 19.0 KiB as of this writing, most of it Hypercorn's (docs/performance.md)


async def test_nothing_of_a_stream_that_has_ended_waits_for_the_collector(running: Running) -> None:
    async with httpx.AsyncClient() as client:
        code = await running.room(client)
    gc.collect()
    gc.disable()
    try:
        opened, before = await idle_streams(running, code, 5), parts_of_streams()
        for peer in opened:
            peer.close()
        parts = Counter({Connection: 5, Subscriber: 5, FastWriter: 5})
        await until(lambda: before - parts_of_streams() == parts)
    finally:
        gc.enable()


def parts_of_streams() -> Counter[type]:
    """How many there are of what a stream consists of."""
    kinds = (Connection, Subscriber, FastWriter)
    return Counter(type(one) for one in gc.get_objects() if type(one) in kinds)


async def idle_streams(running: Running, code: str, count: int) -> list[socket.socket]:
    """Open streams on plain sockets, which weigh next to nothing on this side."""
    loop, opened = asyncio.get_running_loop(), []
    host, port = running.url.removeprefix("http://").split(":")
    for _ in range(count):
        peer = socket.socket()
        peer.setblocking(False)
        await loop.sock_connect(peer, (host, int(port)))
        await loop.sock_sendall(peer, f"GET /{code}/sse HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        seen = b""
        while b"event: open" not in seen:
            seen += await loop.sock_recv(peer, 4096)
        opened.append(peer)
    return opened


async def test_a_stream_that_is_asked_for_while_the_server_stops_gets_bye_and_no_refusal(running: Running) -> None:
    async with httpx.AsyncClient() as client:
        code = await running.room(client)
        running.chat.feeds.end()
        answer = await client.get(f"{running.url}/{code}/sse")
        ready = await client.get(f"{running.url}/readyz")

    # EventSource tries again after the end of a stream, and never again after a 503 (WHATWG HTML, 9.2.3).
    assert answer.status_code == 200
    assert [line for line in answer.text.split("\n") if line.startswith("event:")] == ["event: open", "event: bye"]
    assert ready.status_code == 503


def test_many_streams_that_come_do_not_make_python_look_at_all_of_them_again_and_again(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", module="tests.collecting").start()
    code = server.create()["code"]
    with ExitStack() as stack:
        before = full_collections(server)
        address = "127.0.0.1", int(server.port)
        peers = [stack.enter_context(socket.create_connection(address)) for _ in range(800)]
        for peer in peers:
            peer.sendall(f"GET /{code}/sse HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert all(peer.recv(1000) for peer in peers)
        looks = full_collections(server) - before
    server.stop()

    assert looks == 0  # 1 with Python's own threshold, and 15 for ten thousand


def full_collections(server: Server) -> int:
    """How often its collector has looked at everything."""
    had = len(server.stderr.read_text().splitlines())
    server.send(signal.SIGUSR1)
    while len(lines := server.stderr.read_text().splitlines()) == had:
        time.sleep(0.01)
    return int(lines[-1])
