"""Writers: the way from a feed into one connection. The feed never waits for them.

Both take chunks without blocking and say when they are busy. AsgiWriter works on any ASGI server; FastWriter leaves
out two thirds of what one write costs, where it finds the transport it knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..server.asgi import Receive, Send
from ..server.transport import Wire, find_wire


class Writer(Protocol):
    """One open stream's way out. While `busy` a feed leaves it alone; it calls `on_drain` when it can take more."""

    on_drain: Callable[[], None]

    @property
    def busy(self) -> bool:
        """Whether what was written is still on its way, or the stream is closing."""

    @property
    def lost(self) -> bool:
        """Whether the connection has broken, though nobody has told `run` yet."""

    @staticmethod
    def frame(chunk: bytes) -> bytes:
        """The chunk as this writer puts it on the wire: made once and shared by all writers of a kind."""

    def write(self, framed: bytes) -> None:
        """Start writing and return at once."""

    def close(self, last: bytes = b"") -> None:
        """End the stream, after `last` (not framed) if it can still be said."""

    def abort(self) -> None:
        """Drop a reader that is stuck."""

    async def run(self, receive: Receive) -> bool:
        """Carry the stream until it is closed (True) or the reader has gone (False)."""


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
        """See Writer.lost: the server would tell."""
        return False

    @staticmethod
    def frame(chunk: bytes) -> bytes:
        """See Writer.frame: the server does the framing."""
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
        """See Writer.abort: the request ends, and the server closes the connection."""
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
            self.on_drain = _nothing  # the subscriber, which holds this

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
    """Writes ready-made HTTP chunks straight to the socket of a Hypercorn connection that speaks HTTP/1.1.

    The head of the response must have gone out through `send` before, and its end goes there after: h11 keeps no
    state about the chunks in between. What the socket does not take at once the transport gets, and until that has
    gone the writer is busy: so nothing overtakes. Takes no task beyond the request's own, except while a reader lags.
    """

    __slots__ = ("_closing", "_draining", "_socket", "_stream", "_task", "_woken", "busy", "on_drain")

    def __init__(self, wire: Wire) -> None:
        self.on_drain: Callable[[], None] = _nothing
        self.busy = False  # no property: a pass asks every reader for it
        self._stream = wire.stream
        self._socket = wire.socket
        self._closing = False
        self._draining: asyncio.Task[None] | None = None
        self._task: asyncio.Task[Any] | None = None
        self._woken = False
        if self._stream.transport.get_write_buffer_size():  # of the head or the greeting
            self._lag(b"")

    @property
    def lost(self) -> bool:
        """See Writer.lost. Hypercorn does not hear of it when the reader has sent anything after the request."""
        return self._stream.transport.is_closing()

    @staticmethod
    def frame(chunk: bytes) -> bytes:
        """See Writer.frame: a chunk of RFC 9112, 7.1. Nothing stays nothing: an empty chunk would end the body."""
        return b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunk else b""

    def write(self, framed: bytes) -> None:
        """See Writer.write."""
        try:
            sent = 0 if self.busy else self._socket.send(framed)
        except OSError:  # full or broken; the transport finds out which
            sent = 0
        if sent != len(framed):
            self._lag(framed[sent:])

    def close(self, last: bytes = b"") -> None:
        """See Writer.close. A reader that lags is dropped: it comes back with its cursor."""
        if self._closing:
            return
        if last and not self.busy:
            self.write(self.frame(last))
        if self.busy or self.lost:
            self.abort()
        else:
            self._end()

    def abort(self) -> None:
        """See Writer.abort. Without this a graceful close would wait for the buffer to empty, for ever."""
        self._stream.transport.abort()
        self._end()

    async def run(self, receive: Receive) -> bool:
        """See Writer.run. Waits for the reader to go in the request's own task; closing wakes it by cancelling it."""
        task = self._task = asyncio.current_task()
        try:
            if not self._closing:
                while (await receive())["type"] != "http.disconnect":  # as `gone`, but a frame less for every stream
                    pass
                return False
        except asyncio.CancelledError:
            if not self._woken or (task and task.uncancel()):
                raise
        finally:
            self._task = None
            self._closing = self.busy = True  # never write to what may be the connection's next answer
            self.on_drain = _nothing  # the subscriber, which holds this
            if self._draining:
                self._draining.cancel()
        return not self.lost

    def _lag(self, rest: bytes) -> None:
        self.busy = True
        transport = self._stream.transport
        if transport.is_closing():  # the server closes a broken connection before anyone here hears of it
            return
        transport.set_write_buffer_limits(0)  # drained is when nothing is left
        transport.write(rest)
        self._draining = self._draining or asyncio.create_task(self._drain())

    def _end(self) -> None:
        self._closing = self.busy = True
        if self._task:
            self._woken = self._task.cancel()

    async def _drain(self) -> None:
        try:
            await self._stream.drain()
        except OSError:  # a TimeoutError, too: the kernel has given up
            return  # the reader has gone; `run` hears of it
        finally:
            self._draining = None
        if not self._closing and not self.lost:
            self.busy = False
            self.on_drain()


def writer_for(scope: Mapping[str, Any], send: Send) -> Writer:
    """The fastest writer that this connection allows."""
    wire = find_wire(scope)
    return FastWriter(wire) if wire else AsgiWriter(send)


async def gone(receive: Receive) -> None:
    """Returns when the caller has gone; takes and forgets whatever it still sends."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _nothing() -> None:
    """Nobody listens yet."""
