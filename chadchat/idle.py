"""Idle connections, each with a timer instead of two tasks.

Hypercorn 0.18 waits for a connection's next request in a task, in which `asyncio.wait_for` starts another; both are
made and ended again for every request, a twelfth of what a post costs (docs/performance.md). It has no switch for
that, but keeps the waiting in a class of its own, which this one takes the place of. A connection also ends as soon as
its peer ends it; with the task it stayed until the patience was over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar, cast

from hypercorn.asyncio import tcp_server
from hypercorn.asyncio.tcp_server import TCPServer


def use_timers() -> None:
    """Do so from now on, in this process. tests/test_idle.py sees that connections end as they should."""
    tcp_server.AsyncioSingleTask = IdleTimer  # type: ignore[assignment, attr-defined]


class IdleTimer:
    """What Hypercorn knows as a connection's `idle_task`."""

    __slots__ = ("_closing", "_server", "_timer")

    waiting: ClassVar[set[IdleTimer]] = set()

    def __init__(self) -> None:
        self._server: TCPServer | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None

    async def restart(self, task_group: object, action: Callable[[], Awaitable[None]]) -> None:
        """The connection idles from now on. `action` would be Hypercorn's own wait; this asks it only whose it is."""
        await self.stop()
        server = self._server = cast(TCPServer, getattr(action, "__self__", None))
        # After the end of the server nobody's next request is waited for.
        patience = 0 if server.context.terminated.is_set() else server.config.keep_alive_timeout
        self._timer = server.loop.call_later(patience, self._close)
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
        if self._server:
            self._closing = self._server.loop.create_task(self._server._initiate_server_close())
