"""Writers: write the chunks of a feed to one connection, without blocking.

AsgiWriter works on any ASGI server. FastWriter writes to the socket of a Hypercorn connection, at a third of the cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..server.asgi import Receive, Send
from ..server.transport import Wire, find_wire


class Writer(Protocol):
    """Writes one stream. A feed does not write while it is `busy`; it calls `on_drain` when it is not any more."""

    on_drain: Callable[[], None]

    @property
    def busy(self) -> bool:
        """Whether an earlier chunk is not sent yet, or the stream is closing."""

    @property
    def lost(self) -> bool:
        """Whether the connection is broken, which `run` may not have noticed yet."""

    @staticmethod
    def frame(chunk: bytes) -> bytes:
        """The chunk in this writer's HTTP framing. All writers of one class can share the result."""

    def write(self, framed: bytes) -> None:
        """Start writing and return at once."""

    def close(self, last: bytes = b"") -> None:
        """End the stream; first write `last` (not framed), if the writer can still take it."""

    def abort(self) -> None:
        """Disconnect a reader that is stuck."""

    async def run(self, receive: Receive) -> bool:
        """Run until the stream is closed (returns True) or the reader has disconnected (returns False)."""


class AsgiWriter:
    """Writes with the standard ASGI `send`: any server, any HTTP version."""

    def __init__(self, send: Send) -> None:
        self.on_drain: Callable[[], None] = _nothing
        self._send = send
        self._chunk = b""
        self._sending = False
        self._closing = False
        self._wake = asyncio.Event()
        self._carrying: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """See Writer.busy."""
        return self._sending or self._closing or bool(self._chunk)

    @property
    def lost(self) -> bool:
        """See Writer.lost. Always False: the server reports a broken connection to `run`."""
        return False

    @staticmethod
    def frame(chunk: bytes) -> bytes:
        """See Writer.frame. Unchanged, as the server does the framing."""
        return chunk

    def write(self, framed: bytes) -> None:
        """See Writer.write."""
        self._chunk += framed
        self._wake.set()

    def close(self, last: bytes = b"") -> None:
        """See Writer.close."""
        if not self._closing:
            self._closing = True
            self._chunk += last
            self._wake.set()

    def abort(self) -> None:
        """See Writer.abort. Ends the request, and the server closes the connection."""
        self._closing = True
        if self._carrying:
            self._carrying.cancel()

    async def run(self, receive: Receive) -> bool:
        """See Writer.run."""
        carrying = self._carrying = asyncio.create_task(self._carry())
        leaving = asyncio.create_task(gone(receive))
        try:
            await asyncio.wait({carrying, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not carrying.done() or carrying.cancelled():
                return False
            carrying.result()
            return True
        finally:
            carrying.cancel()
            leaving.cancel()
            self.on_drain = _nothing  # break the reference cycle with the subscriber

    async def _carry(self) -> None:
        while self._chunk or not self._closing:
            await self._wake.wait()
            self._wake.clear()
            if self._chunk:
                await self._flush()

    async def _flush(self) -> None:
        chunk, self._chunk, self._sending = self._chunk, b"", True
        try:
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            self._sending = False
        if not self._closing:
            self.on_drain()


class FastWriter:
    """Writes framed HTTP/1.1 chunks directly to the socket of a Hypercorn connection.

    The head and the end of the response go through `send`; h11 keeps no state about the chunks in between. Bytes that
    the socket does not accept at once go to the transport, and the writer is busy until the transport has sent them, so
    that the order is kept. It needs no task besides the request's own, except while a reader lags.
    """

    __slots__ = ("_closing", "_draining", "_socket", "_stream", "_task", "_woken", "busy", "on_drain")

    def __init__(self, wire: Wire) -> None:
        self.on_drain: Callable[[], None] = _nothing
        self.busy = False  # an attribute, as a property is slower and every pass reads it
        self._stream = wire.stream
        self._socket = wire.socket
        self._closing = False
        self._draining: asyncio.Task[None] | None = None
        self._task: asyncio.Task[Any] | None = None
        self._woken = False
        if self._stream.transport.get_write_buffer_size():  # the head or the first event is not sent yet
            self._lag(b"")

    @property
    def lost(self) -> bool:
        """See Writer.lost. Hypercorn does not notice it if the reader has sent bytes after its request."""
        return self._stream.transport.is_closing()

    @staticmethod
    def frame(chunk: bytes) -> bytes:
        """See Writer.frame. A chunk of RFC 9112, 7.1; nothing for no bytes, as an empty chunk would end the body."""
        return b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunk else b""

    def write(self, framed: bytes) -> None:
        """See Writer.write."""
        try:
            sent = 0 if self.busy else self._socket.send(framed)
        except OSError:  # buffer full or connection broken; the transport finds out
            sent = 0
        if sent != len(framed):
            self._lag(framed[sent:])

    def close(self, last: bytes = b"") -> None:
        """See Writer.close. A reader that lags is disconnected; it reconnects with its cursor."""
        if self._closing:
            return
        if last and not self.busy:
            self.write(self.frame(last))
        if self.busy or self.lost:
            self.abort()
        else:
            self._end()

    def abort(self) -> None:
        """See Writer.abort. A graceful close instead would wait for the buffer to drain, for ever."""
        self._stream.transport.abort()
        self._end()

    async def run(self, receive: Receive) -> bool:
        """See Writer.run. Waits in the request's own task for a disconnect; `_end` wakes it by cancelling the task."""
        task = self._task = asyncio.current_task()
        try:
            if not self._closing:
                while (await receive())["type"] != "http.disconnect":  # `gone`, inlined: one frame less per stream
                    pass
                return False
        except asyncio.CancelledError:
            if not self._woken or (task and task.uncancel()):
                raise
        finally:
            self._task = None
            self._closing = self.busy = True  # the connection may serve its next request now
            self.on_drain = _nothing  # break the reference cycle with the subscriber
            if self._draining:
                self._draining.cancel()
        return not self.lost

    def _lag(self, rest: bytes) -> None:
        self.busy = True
        transport = self._stream.transport
        if transport.is_closing():  # the server has closed a broken connection
            return
        transport.set_write_buffer_limits(0)  # drained means that the buffer is empty
        transport.write(rest)
        self._draining = self._draining or asyncio.create_task(self._drain())

    def _end(self) -> None:
        self._closing = self.busy = True
        if self._task:
            self._woken = self._task.cancel()

    async def _drain(self) -> None:
        try:
            await self._stream.drain()
        except OSError:  # also TimeoutError: the kernel has given up the peer
            return  # the connection is broken; `run` ends
        finally:
            self._draining = None
        if not self._closing and not self.lost:
            self.busy = False
            self.on_drain()


def writer_for(scope: Mapping[str, Any], send: Send) -> Writer:
    """A FastWriter if the connection allows it, else an AsgiWriter."""
    wire = find_wire(scope)
    return FastWriter(wire) if wire else AsgiWriter(send)


async def gone(receive: Receive) -> None:
    """Wait until the client disconnects; anything that it still sends is discarded."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _nothing() -> None:
    """The `on_drain` of a writer without a subscriber."""
