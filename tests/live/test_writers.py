"""Writers: the bytes on the wire, busy and stuck readers, and the end of a stream."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chadchat.live.writers import AsgiWriter, FastWriter
from chadchat.server.transport import wire_of


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


LARGE = 200_000  # more than the connections of these tests hold


class Line:
    """A connection: the server's StreamWriter, and the reader's socket."""

    def __init__(self, stream: asyncio.StreamWriter, peer: socket.socket) -> None:
        self.stream = stream
        self.peer = peer

    def writer(self) -> FastWriter:
        wire = wire_of(self.stream, type(self.stream.transport))
        assert wire
        return FastWriter(wire)

    async def read(self, size: int) -> bytes:
        loop, seen = asyncio.get_running_loop(), b""
        while len(seen) < size:
            chunk = await loop.sock_recv(self.peer, size - len(seen))
            if not chunk:
                break
            seen += chunk
        return seen


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    ours, peer = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    peer.setblocking(False)
    _, stream = await asyncio.open_connection(sock=ours)
    yield Line(stream, peer)
    stream.transport.abort()
    peer.close()
    await asyncio.sleep(0)


async def test_a_fast_writer_puts_http_chunks_on_the_wire(line: Line, asgi: Asgi) -> None:
    writer = line.writer()
    running = asyncio.create_task(writer.run(asgi.receive))
    await asyncio.sleep(0)

    writer.write(writer.frame(b"data: tea?\n\n"))
    writer.write(writer.frame(b""))  # a format may have nothing to say; an empty chunk would be the end
    writer.close(b"bye")

    assert await running is True
    expected = b"c\r\ndata: tea?\n\n\r\n3\r\nbye\r\n"
    assert await line.read(len(expected)) == expected
    assert writer.busy


async def test_a_fast_writer_closed_before_it_runs_ends_at_once(line: Line, asgi: Asgi) -> None:
    writer = line.writer()
    writer.close(b"bye")

    assert await writer.run(asgi.receive) is True


async def test_a_connection_that_the_server_gave_up_is_left_alone_and_takes_nobody_with_it(line: Line) -> None:
    writer = line.writer()
    writer.write(writer.frame(b"x" * LARGE))  # more than the connection takes: it stays open until that is gone
    line.stream.write_eof()  # what Hypercorn does with a connection that broke, before the reader is heard to be gone
    line.stream.close()

    assert writer.busy, "a feed leaves it out; a write would raise, and end the pass for everyone after it"
    writer.close(b"bye")


@pytest.mark.parametrize("turns", [0, 2], ids=["closing", "closed"])
async def test_a_connection_that_closed_under_a_writer_is_found_out_by_the_next_write(line: Line, turns: int) -> None:
    writer = line.writer()
    line.peer.close()
    line.stream.close()
    for _ in range(turns):
        await asyncio.sleep(0)
    assert not writer.busy

    writer.write(writer.frame(b"tea?"))

    assert writer.busy
    assert writer.lost
    writer.close(b"bye")


async def test_a_writer_never_reaches_the_connection_that_got_the_number_of_its_own(line: Line) -> None:
    writer = line.writer()
    number = line.stream.get_extra_info("socket").fileno()
    line.stream.close()
    await line.stream.wait_closed()
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
    assert number in (ours.fileno(), theirs.fileno()), "the number was given out again"

    writer.write(writer.frame(b"for someone else"))

    with ours, theirs:
        for end in (ours, theirs):
            with pytest.raises(BlockingIOError):
                end.recv(1)


async def test_nothing_overtakes_what_the_server_still_holds(line: Line, asgi: Asgi) -> None:
    line.stream.write(b"x" * LARGE)  # a head and a greeting that the reader did not take at once
    writer = line.writer()
    drained = asyncio.Event()
    writer.on_drain = drained.set
    assert writer.busy
    seen = len(line.peer.recv(LARGE))  # now the socket has room, and the loop had no turn to use it

    writer.write(writer.frame(b"tea?"))  # a feed would wait, but for what it writes in one go

    assert (await line.read(LARGE - seen + 9))[-9:] == b"4\r\ntea?\r\n"
    await drained.wait()
    assert not writer.busy


async def test_a_fast_writer_is_busy_while_its_reader_lags_and_says_when_it_has_drained(line: Line, asgi: Asgi) -> None:
    writer = line.writer()
    drained = asyncio.Event()
    writer.on_drain = drained.set
    running = asyncio.create_task(writer.run(asgi.receive))
    framed = writer.frame(b"x" * LARGE)
    writer.write(framed)
    assert writer.busy

    assert await line.read(len(framed)) == framed
    await drained.wait()
    assert not writer.busy
    asgi.gone.set()
    assert await running is False


async def test_a_fast_writer_that_closes_on_a_lagging_reader_drops_it(line: Line, asgi: Asgi) -> None:
    writer = line.writer()
    running = asyncio.create_task(writer.run(asgi.receive))
    await asyncio.sleep(0)
    writer.write(writer.frame(b"x" * LARGE))

    writer.close(b"bye")

    assert await running is False
    assert line.stream.transport.is_closing()


async def test_a_cancellation_from_outside_is_not_taken_for_the_end(line: Line, asgi: Asgi) -> None:
    writer = line.writer()
    running = asyncio.create_task(writer.run(asgi.receive))
    await asyncio.sleep(0)

    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    assert writer.busy  # nothing more is written to a connection that may carry another answer


async def test_a_fast_writer_takes_no_task_of_its_own(line: Line, asgi: Asgi) -> None:
    writer = line.writer()
    running = asyncio.create_task(writer.run(asgi.receive))
    await asyncio.sleep(0)
    before = len(asyncio.all_tasks())

    writer.write(writer.frame(b"x" * 100))

    assert len(asyncio.all_tasks()) == before
    writer.close()
    await running
