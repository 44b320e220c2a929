"""Connections: Hypercorn's own, but with a timer where it has two tasks, and gone at once when they are closed.

Hypercorn 0.18 waits for a connection's next request in a task, in which `asyncio.wait_for` starts another; both are
made and ended again for every request, a twelfth of what a post costs (docs/performance.md). And what it knows of a
connection is a knot of objects that hold one another: after the end they wait for the collector of garbage, which looks
at everything there is and stands still meanwhile. Third, whoever is cut off in the middle of a head gets an answer that
nobody can read, which doubles what the end costs. It has no switch for any of these.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from h11._readers import ContentLengthReader
from hypercorn.asyncio import run
from hypercorn.asyncio.tcp_server import MAX_RECV, TCPServer
from hypercorn.events import Closed, RawData
from hypercorn.protocol.h2 import H2Protocol
from hypercorn.protocol.h11 import H11Protocol

from .addresses import network
from .crowds import Crowds


def use_ours(crowds: Crowds | None = None) -> None:
    """Do so from now on, in this process, and let `crowds` say who may have one more. tests/test_connections.py sees
    that they end as they should.
    """
    Connection.crowds = crowds
    run.TCPServer = Connection  # type: ignore[assignment, attr-defined]


class Connection(TCPServer):
    """A connection, from the moment it is accepted until it is closed."""

    crowds: ClassVar[Crowds | None] = None

    def __init__(self, *known: Any) -> None:
        super().__init__(*known)
        self.idle_task = IdleTimer(self)  # type: ignore[assignment]
        self._woken_for = 1

    async def run(self) -> None:
        """Carry it to its end, if there is room for it."""
        peer = self.writer.get_extra_info("peername")
        if self.crowds is None or not isinstance(peer, tuple):
            await self._carry()
            return
        visitor = network(peer[0])
        try:
            if self.crowds.enter(visitor):
                await self._carry()
            else:
                self.writer.transport.abort()
        finally:
            self.crowds.leave(visitor)

    async def _carry(self) -> None:
        """To its end, then let go of what holds it, so that it needs no collector."""
        try:
            await super().run()
        finally:
            vars(self).pop("protocol", None)
            vars(self).pop("idle_task")
            if hasattr(self.writer.transport, "_read_ready_cb"):  # asyncio's: a method of the transport, kept by itself
                self.writer.transport._read_ready_cb = None
            if broken := self.reader.exception():
                broken.__traceback__ = None

    async def _read_data(self) -> None:
        while not self.reader.at_eof():
            try:
                data = await self.reader.read(MAX_RECV)
            except OSError:
                break
            if not data and self.writer.is_closing():  # by us: nobody hears what there is to say about half a head
                break
            before = self.protocol.protocol
            await self.protocol.handle(RawData(data))
            spoken = self.protocol.protocol
            if spoken is not before and isinstance(spoken, H2Protocol) and spoken.idle:
                # HTTP/2 from here on, and nothing asked yet: Hypercorn would wait for that for ever.
                await self.idle_task.restart(self._task_group, self._idle_timeout)
            self._be_woken_for(worth_waking_for(spoken))
        await self.protocol.handle(Closed())

    def _be_woken_for(self, count: int) -> None:
        """Sleep until so many bytes are there; the end of the connection, or of patience, is heard of in any case."""
        if count != self._woken_for and not self.writer.is_closing():
            self._woken_for = count
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)


def worth_waking_for(spoken: H11Protocol | H2Protocol) -> int:
    """How many bytes are: all that is missing of a body whose length is known, and else any."""
    reader = getattr(spoken.connection, "_reader", None)
    missing: int = reader._remaining if isinstance(reader, ContentLengthReader) else 0
    return max(1, min(missing, MAX_RECV))


class IdleTimer:
    """What Hypercorn knows as a connection's `idle_task`."""

    __slots__ = ("_connection", "_timer")

    waiting: ClassVar[set[IdleTimer]] = set()

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._timer: asyncio.TimerHandle | None = None

    async def restart(self, task_group: object, action: Callable[[], Awaitable[None]]) -> None:
        """The connection idles from now on. `action` would be Hypercorn's own way to wait."""
        await self.stop()
        served = self._connection
        # After the end of the server nobody's next request is waited for.
        patience = 0 if served.context.terminated.is_set() else served.config.keep_alive_timeout
        self._timer = served.loop.call_later(patience, self._close)
        self.waiting.add(self)

    async def stop(self) -> None:
        """It has a request to answer, or has been closed."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
            self.waiting.discard(self)

    @classmethod
    def close_all(cls) -> None:
        """Wait for no more requests: the server ends."""
        for one in list(cls.waiting):
            one._close()

    def _close(self) -> None:
        self.waiting.discard(self)
        self._connection.writer.close()
