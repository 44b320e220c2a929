"""Connections: Hypercorn's, but with a timer in place of two tasks, with a time-out for readers that do not read, and
without anything left for the garbage collector when they end.

Hypercorn 0.18 waits for a connection's next request in a task, in which `asyncio.wait_for` starts another; both are
made and ended again for every request, a twelfth of what a post costs (docs/performance.md). What it knows of a
connection is a knot of objects that hold one another: after the end they wait for the garbage collector, which looks
at everything there is and stands still meanwhile. A peer that is cut off in the middle of a head gets an answer that
nobody can read, which doubles what the end costs. And no time-out covers an answer: a reader that never reads keeps it,
its tasks and its descriptor. It has no switch for any of these.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any, Final, cast

from hypercorn.asyncio.tcp_server import MAX_RECV, TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.typing import ASGIFramework, ConnectionState, Scope
from hypercorn.utils import parse_socket_addr

from .asgi import App
from .config import ServerConfig
from .http11 import Http11
from .transport import CONNECTION

logger = logging.getLogger(__name__)

PIECE: Final = 16_384  # bytes of an answer that are on their way at once, besides those in the kernel's buffer
PATIENCE: Final = 15.0  # seconds for a reader to take a piece; as long as the kernel waits for it, and a feed


class Connection(TCPServer):
    """A connection, from its accept until it is closed. The site calls `gone` when the transport has ended.

    `answers_in_one_write`: whether an answer may be written in one piece, without ASGI `send`. Streams are written
    straight to the socket where the transport is a `plain_transport`.
    """

    protocol: Http11  # type: ignore[assignment]
    config: ServerConfig

    def __init__(
        self,
        app: App,
        config: ServerConfig,
        context: WorkerContext,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        answers_in_one_write: bool,
        plain_transport: type | None,
    ) -> None:
        state = ConnectionState({CONNECTION: self})
        super().__init__(cast(Any, app), asyncio.get_running_loop(), config, context, state, reader, writer)
        self.answers_in_one_write = answers_in_one_write
        self.plain_transport = plain_transport
        del self.idle_task  # Hypercorn's way to wait
        self._patience: asyncio.TimerHandle | None = None  # closes a connection that waits for its next request
        self._reading: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._over = False
        writer.transport.set_write_buffer_limits(0)  # `drain` waits until the buffer is empty

    def gone(self) -> None:
        """The transport has ended: cancel what is still being answered."""
        self._over = True
        if self._reading:
            self._reading.cancel()
        if self._tasks and self.protocol.stream:  # else all has been answered, or told that nobody listens
            self.protocol.stream.closed = True  # else Hypercorn would answer for it that it has failed
            for task in self._tasks:
                task.cancel()

    def close_if_idle(self) -> None:
        """Close the connection if it waits for its next request, and none has arrived."""
        if self._patience:
            self._wait_no_more()
            self._close_after_a_look()

    async def run(self) -> None:
        """Serve the connection until it ends, then break its reference cycles, so that no garbage is left."""
        try:
            await self._read()
            while self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            await self._close()
            vars(self).pop("protocol", None)
            self.state.clear()
            if hasattr(self.writer.transport, "_read_ready_cb"):  # asyncio's: a method of the transport, kept by itself
                self.writer.transport._read_ready_cb = None
            if broken := self.reader.exception():
                broken.__traceback__ = broken.__context__ = None

    async def _read(self) -> None:
        socket, peer, own = (self.writer.get_extra_info(name) for name in ("socket", "peername", "sockname"))
        if peer is None:  # gone before it could be asked
            return
        client, server = (parse_socket_addr(socket.family, address) for address in (peer, own))
        self.protocol = Http11(
            self.app, self.config, self.context, self, self.state, False, client, server, self.protocol_send
        )
        self._reading = asyncio.current_task()
        try:
            self._wait()
            await self._read_data()
        except asyncio.CancelledError:
            if not self._over:
                raise
        finally:
            self._reading = None

    async def spawn_app(self, app: ASGIFramework, config: ServerConfig, scope: Scope, send: Any) -> Any:
        """Start the task that answers a request, and return how to send it further
        ASGI events. Hypercorn calls this.
        """
        events: asyncio.Queue[Any] = asyncio.Queue(config.max_app_queue_size)
        receive = events.get
        if self.protocol.connection.client_is_waiting_for_100_continue:

            async def receive() -> Any:
                await self.protocol.ask_for_body()
                return await events.get()

        task = self.loop.create_task(self._answer(scope, receive, send))
        self._tasks.add(task)
        task.add_done_callback(self._answered)
        return events.put

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):  # Hypercorn could not end it
            logger.error("an answer has broken off", exc_info=error)
            self.writer.transport.abort()

    async def _answer(self, scope: Scope, receive: Any, send: Any) -> None:
        try:
            await cast(ASGIFramework, self.app)(scope, receive, send)
        except Exception:
            logger.exception("a request failed")
        finally:
            await send(None)

    async def protocol_send(self, event: Event) -> None:
        """Write what the protocol sends to the network."""
        if isinstance(event, RawData):
            try:
                async with self.send_lock:
                    await self._write(event.data)
            except (OSError, RuntimeError):
                await self.protocol.handle(Closed())
        elif isinstance(event, Closed):
            await self._close()
        elif isinstance(event, Updated):
            self._wait() if event.idle else self._wait_no_more()

    def _wait(self) -> None:
        self._wait_no_more()
        # After the end of the server nobody's next request is waited for.
        patience = 0 if self.context.terminated.is_set() else self.config.keep_alive_timeout
        self._patience = self.loop.call_later(patience, self._close_after_a_look)

    def _close_after_a_look(self) -> None:
        """In one turn of the loop what has arrived is read, in the next it is a request, which ends the waiting.

        A loop that is late finds a request that was in time, and the end of the patience, in the same turn.
        """
        self._patience = self.loop.call_later(0, self._close_soon)

    def _close_soon(self) -> None:
        self._patience = self.loop.call_later(0, self.writer.close)

    def _wait_no_more(self) -> None:
        if self._patience:
            self._patience.cancel()
            self._patience = None

    async def _write(self, data: bytes) -> None:
        """Raises OSError when the reader has disconnected, or was dropped because it
        took nothing for PATIENCE seconds.
        """
        transport = self.writer.transport
        for start in range(0, len(data), PIECE):
            if transport.is_closing():
                raise ConnectionResetError
            self.writer.write(data if len(data) <= PIECE else memoryview(data)[start : start + PIECE])
            if transport.get_write_buffer_size():
                dropping = self.loop.call_later(PATIENCE, transport.abort)
                try:
                    await self.writer.drain()
                finally:
                    dropping.cancel()

    async def _read_data(self) -> None:
        while not self.reader.at_eof():
            try:
                data = await self.reader.read(MAX_RECV)
            except OSError:
                break
            if not data and self.writer.is_closing():  # by us: nobody hears what there is to say about half a head
                break
            await self.protocol.handle(RawData(data))
        await self.protocol.handle(Closed())

    async def _close(self) -> None:
        """Close the connection when all is written, or after PATIENCE seconds."""
        transport = self.writer.transport
        with suppress(OSError, RuntimeError):  # it has ended
            self.writer.write_eof()
        self.writer.close()
        dropping = self.loop.call_later(PATIENCE, transport.abort) if transport.get_write_buffer_size() else None
        try:
            with suppress(OSError):  # not by us
                await self.writer.wait_closed()
        finally:
            if dropping:
                dropping.cancel()
            self._wait_no_more()
