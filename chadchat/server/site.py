"""A site: an application on its listening sockets. It accepts connections and serves each until it ends.

asyncio's own server goes on accepting when no descriptor is left, as often as its backlog is long, with a line of log
each time (cpython#151615).
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.typing import ASGIFramework, ConnectionState

from .asgi import App
from .config import ServerConfig
from .connection_limit import ConnectionLimit
from .private import ONE_WRITE, Private
from .transport import STREAMING
from .visitors import network

if TYPE_CHECKING:
    from .connection import Connection

logger = logging.getLogger(__name__)

AT_ONCE: Final = 100  # connections accepted in one turn of the event loop
RETRY: Final = 1.0  # seconds until the kernel is asked again for what it did not have
SILENCE: Final = 60.0  # seconds between two lines in the log about either
LIMIT: Final = 65_536  # bytes; twice that is read ahead of the protocol


class Ends(asyncio.StreamReaderProtocol):
    """asyncio's, but it calls `lost`, once, when the connection has ended: closed by either side, reset, or aborted."""

    def __init__(self, reader: asyncio.StreamReader, lost: Callable[[], None]) -> None:
        super().__init__(reader, loop=asyncio.get_running_loop())
        self.lost = lost

    def connection_lost(self, error: Exception | None) -> None:
        """See asyncio.BaseProtocol."""
        super().connection_lost(error)
        lost, self.lost = self.lost, _nothing  # else the two would hold each other
        lost()


class Standard(TCPServer):
    """Hypercorn's own connection. It finds out by itself when it is lost, and when the server ends."""

    def gone(self) -> None:
        """See Connection.gone."""

    def close_if_idle(self) -> None:
        """See Connection.close_if_idle."""


class Site:
    """At most `most` connections at once; more wait in the listening sockets.
    `connection_limit` counts each visitor's.
    """

    def __init__(
        self,
        app: App,
        config: ServerConfig,
        sockets: Sequence[socket.socket],
        most: int,
        connection_limit: ConnectionLimit | None,
        private: Private,
    ) -> None:
        self.config = config
        self._private = private
        self._connections: set[Connection | Standard] = set()
        self.open = 0
        self._app = app
        self._context = WorkerContext(None)
        self._crowds = connection_limit
        self.most = most
        self._sockets = sockets
        self._accepting = False
        self._retry: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._told: dict[str, float] = {}

    def start(self) -> None:
        """Accept connections."""
        loop = asyncio.get_running_loop()
        self._accepting = True
        self._retry = None
        for listening in self._sockets:
            listening.setblocking(False)
            loop.add_reader(listening, self._accept, listening)

    def leave(self) -> None:
        """Accept no more: new connections wait in the sockets for whoever serves them next."""
        self._pause()
        if self._retry:
            self._retry.cancel()
        self.most = 0

    async def end(self) -> None:
        """Finish the requests that are being answered, and wait for no further ones."""
        self.leave()
        await self._context.terminated.set()
        for one in list(self._connections):
            one.close_if_idle()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _pause(self) -> None:
        if self._accepting:
            self._accepting = False
            for listening in self._sockets:
                asyncio.get_running_loop().remove_reader(listening)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(AT_ONCE):
            if self.open >= self.most:
                self._pause()
                self._tell("most", f"there are {self.open} connections, which is the most; more of them wait")
                return
            try:
                accepted, address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # no descriptors or no memory, for now
                self._pause()
                self._retry = asyncio.get_running_loop().call_later(RETRY, self.start)
                self._tell("none", f"no connection can be accepted: {error.strerror}")
                return
            self._enter(accepted, address)

    def _enter(self, accepted: socket.socket, address: object) -> None:
        visitor = network(address[0]) if self._crowds and isinstance(address, tuple) else None
        self.open += 1
        if self._crowds and visitor and not self._crowds.enter(visitor):
            accepted.close()
            self._lost(visitor)
            return
        task = asyncio.get_running_loop().create_task(self._carry(accepted, visitor))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _carry(self, accepted: socket.socket, visitor: str | None) -> None:
        loop = asyncio.get_running_loop()
        accepted.setblocking(False)
        reader = asyncio.StreamReader(LIMIT, loop)
        ends = Ends(reader, partial(self._lost, visitor))
        try:
            transport, _ = await loop.connect_accepted_socket(lambda: ends, accepted)
        except OSError:
            accepted.close()
            ends.connection_lost(None)
            return
        if transport.is_closing():
            return
        writer = asyncio.StreamWriter(transport, ends, reader, loop)
        connection = self._connection(reader, writer)
        if self._crowds and visitor:
            connection.state[STREAMING] = partial(self._stream, visitor)
        ends.lost = partial(self._lost, visitor, connection)
        self._connections.add(connection)
        await connection.run()

    def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Connection | Standard:
        private = self._private
        if private.connection is None:
            app = cast(ASGIFramework, self._app)
            loop = asyncio.get_running_loop()
            return Standard(ASGIWrapper(app), loop, self.config, self._context, ConnectionState({}), reader, writer)
        return private.connection(
            self._app,
            self.config,
            self._context,
            reader,
            writer,
            answers_in_one_write=ONE_WRITE in private.uses,
            plain_transport=private.plain_transport,
        )

    def _stream(self, visitor: str, begins: bool) -> None:
        if self._crowds:
            (self._crowds.set_aside if begins else self._crowds.resume)(visitor)

    def _lost(self, visitor: str | None, connection: Connection | Standard | None = None) -> None:
        self.open -= 1
        if self._crowds and visitor:
            self._crowds.leave(visitor)
        if connection:
            self._connections.discard(connection)
            connection.gone()
        if not self._accepting and not self._retry and self.open < self.most:
            self.start()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            said = {"message": "a connection has failed", "exception": error}
            asyncio.get_running_loop().call_exception_handler(said)

    def _tell(self, kind: str, sentence: str) -> None:
        """Log the sentence, at most once a minute for each kind."""
        now = time.monotonic()
        if now - self._told.get(kind, -SILENCE) >= SILENCE:
            self._told[kind] = now
            logger.warning(sentence)


def _nothing() -> None:
    """In place of a callback that was called."""
