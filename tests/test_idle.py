"""Idle connections: closed when the patience is over or the peer or the server ends them, and never while there is
something to answer. In a real Hypercorn, with an application that waits as long as it is told to.
"""

from __future__ import annotations

import asyncio
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from typing import Any

import hypercorn.asyncio
import pytest
from hypercorn.asyncio import tcp_server
from hypercorn.asyncio.worker_context import AsyncioSingleTask
from hypercorn.config import Config

from chadchat.idle import IdleTimer, use_timers

PATIENCE = 0.4


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
    known = vars(tcp_server).get("AsyncioSingleTask")
    assert known is AsyncioSingleTask, "Hypercorn's TCPServer does not take its idle task from where it did"
    monkeypatch.setattr(tcp_server, "AsyncioSingleTask", known)  # what `use_timers` does is undone
    use_timers()
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


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: "], ids=["nothing", "half a head"])
async def test_who_asks_nothing_is_left_when_the_patience_is_over(site: Site, said: bytes) -> None:
    reader, writer = await site.connect()
    writer.write(said)
    start = time.monotonic()
    await asyncio.wait_for(reader.read(), 10)

    assert time.monotonic() - start >= PATIENCE * 0.9
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
