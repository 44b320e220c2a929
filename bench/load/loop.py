"""An event loop of the smallest kind: epoll, a table of connections, and a list of timers."""

from __future__ import annotations

import heapq
import select
import time
from collections.abc import Callable
from itertools import count
from typing import Final, Protocol

from .plan import Void

EVENTS_A_TURN: Final = 1024


class Handler(Protocol):
    """What epoll wakes."""

    def ready(self, events: int) -> None:
        """Something happened to its socket."""


class Loop:
    """Runs until a condition holds, or declares the run void."""

    def __init__(self) -> None:
        self.epoll = select.epoll()
        self.handlers: dict[int, Handler] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._ties = count()

    def add(self, fd: int, handler: Handler, events: int) -> None:
        """Watch a socket."""
        self.handlers[fd] = handler
        self.epoll.register(fd, events)

    def remove(self, fd: int) -> None:
        """Stop watching a socket, before it is closed."""
        del self.handlers[fd]
        self.epoll.unregister(fd)

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Call once, so many seconds from now."""
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._ties), call))

    def until(self, done: Callable[[], bool], seconds: float, otherwise: str) -> None:
        """Turn until `done`; after so many seconds the run is void, `otherwise` saying why."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise Void(f"{otherwise} after {seconds:g} s")
            self._turn(end)

    def run(self, seconds: float) -> None:
        """Turn for so many seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._turn(end)

    def _turn(self, end: float) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2]()
        due = min(self._timers[0][0], end) if self._timers else end
        handlers = self.handlers
        for fd, events in self.epoll.poll(max(0.0, min(due - now, 0.05)), EVENTS_A_TURN):
            handler = handlers.get(fd)
            if handler:
                handler.ready(events)
