"""Writers: what reaches the wire, who waits, and how a stream ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chadchat.live import writers
from chadchat.live.writers import AsgiWriter, FastWriter


class Asgi:
    """A server's side of a response: what was sent, a gate to hold `send`, and a reader who goes when told."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.gone = asyncio.Event()
        self.sending = asyncio.Event()

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message["body"])
        self.sending.set()
        await self.gate.wait()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}


@pytest.fixture
def asgi() -> Asgi:
    return Asgi()


async def test_an_asgi_writer_is_busy_until_the_server_took_the_chunk(asgi: Asgi) -> None:
    asgi.gate.clear()
    writer = AsgiWriter(asgi.send)
    drained = asyncio.Event()
    writer.on_drain = drained.set
    running = asyncio.create_task(writer.run(asgi.receive))
    writer.write(b"one")
    await asgi.sending.wait()
    assert (asgi.sent, writer.busy) == ([b"one"], True)

    asgi.gate.set()
    await drained.wait()
    assert not writer.busy
    writer.write(b"two")
    writer.close(b"bye")
    assert await running is True
    assert b"".join(asgi.sent) == b"onetwobye"


async def test_an_asgi_writer_closed_while_sending_still_says_its_last_words(asgi: Asgi) -> None:
    asgi.gate.clear()
    writer = AsgiWriter(asgi.send)
    running = asyncio.create_task(writer.run(asgi.receive))
    writer.write(b"one")
    await asgi.sending.wait()
    writer.close(b"bye")
    asgi.gate.set()

    assert await running is True
    assert asgi.sent == [b"one", b"bye"]


@pytest.mark.parametrize("how", ["goes", "is stuck"])
async def test_an_asgi_writer_stops_when_its_reader(asgi: Asgi, how: str) -> None:
    asgi.gate.clear()
    writer = AsgiWriter(asgi.send)
    running = asyncio.create_task(writer.run(asgi.receive))
    writer.write(b"one")
    await asgi.sending.wait()
    if how == "goes":
        asgi.gone.set()
    else:
        writer.abort()

    assert await running is False


# FastWriter, on a real pair of sockets.


class Wire:
    """A connection: the server's StreamWriter, and the reader's socket."""

    def __init__(self, stream: asyncio.StreamWriter, peer: socket.socket) -> None:
        self.stream = stream
        self.peer = peer

    async def read(self, size: int) -> bytes:
        loop, seen = asyncio.get_running_loop(), b""
        while len(seen) < size:
            chunk = await loop.sock_recv(self.peer, 1 << 20)
            if not chunk:
                break
            seen += chunk
        return seen


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    ours, peer = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    peer.setblocking(False)
    _, stream = await asyncio.open_connection(sock=ours)
    yield Wire(stream, peer)
    stream.transport.abort()
    peer.close()
    await asyncio.sleep(0)


async def test_a_fast_writer_puts_http_chunks_on_the_wire(wire: Wire, asgi: Asgi) -> None:
    writer = FastWriter(wire.stream)
    running = asyncio.create_task(writer.run(asgi.receive))
    await asyncio.sleep(0)

    writer.write(writer.frame(b"data: tea?\n\n"))
    writer.write(writer.frame(b""))  # a format may have nothing to say; an empty chunk would be the end
    writer.close(b"bye")

    assert await running is True
    expected = b"c\r\ndata: tea?\n\n\r\n3\r\nbye\r\n"
    assert await wire.read(len(expected)) == expected
    assert writer.busy


async def test_a_fast_writer_closed_before_it_runs_ends_at_once(wire: Wire, asgi: Asgi) -> None:
    writer = FastWriter(wire.stream)
    writer.close(b"bye")

    assert await writer.run(asgi.receive) is True


async def test_a_connection_that_the_server_gave_up_is_left_alone_and_takes_nobody_with_it(wire: Wire) -> None:
    writer = FastWriter(wire.stream)
    framed = writer.frame(b"x" * 50_000)
    writer.write(framed)  # more than the connection takes: it stays open until that is gone
    wire.stream.write_eof()  # what Hypercorn does with a connection that broke, before the reader is heard to be gone
    wire.stream.close()

    assert writer.busy, "a feed leaves it out; a write would raise, and end the pass for everyone after it"
    writer.close(b"bye")


async def test_a_fast_writer_is_busy_while_its_reader_lags_and_says_when_it_has_drained(wire: Wire, asgi: Asgi) -> None:
    writer = FastWriter(wire.stream)
    drained = asyncio.Event()
    writer.on_drain = drained.set
    running = asyncio.create_task(writer.run(asgi.receive))
    framed = writer.frame(b"x" * (writers.HIGH_WATER * 2))
    writer.write(framed)
    assert writer.busy

    assert await wire.read(len(framed)) == framed
    await drained.wait()
    assert not writer.busy
    asgi.gone.set()
    assert await running is False


async def test_a_fast_writer_that_closes_on_a_lagging_reader_drops_it(wire: Wire, asgi: Asgi) -> None:
    writer = FastWriter(wire.stream)
    running = asyncio.create_task(writer.run(asgi.receive))
    await asyncio.sleep(0)
    writer.write(writer.frame(b"x" * (writers.HIGH_WATER * 4)))

    writer.close(b"bye")

    assert await running is False
    assert wire.stream.transport.is_closing()


async def test_a_cancellation_from_outside_is_not_taken_for_the_end(wire: Wire, asgi: Asgi) -> None:
    writer = FastWriter(wire.stream)
    running = asyncio.create_task(writer.run(asgi.receive))
    await asyncio.sleep(0)

    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    assert writer.busy  # nothing more is written to a connection that may carry another answer


async def test_a_fast_writer_takes_no_task_of_its_own(wire: Wire, asgi: Asgi) -> None:
    writer = FastWriter(wire.stream)
    running = asyncio.create_task(writer.run(asgi.receive))
    await asyncio.sleep(0)
    before = len(asyncio.all_tasks())

    writer.write(writer.frame(b"x" * 100))

    assert len(asyncio.all_tasks()) == before
    writer.close()
    await running
