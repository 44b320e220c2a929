"""A reader that asks for a stream and never reads it."""

from __future__ import annotations

from select import EPOLLERR, EPOLLHUP

from .readers import Reader


class StuckReader(Reader):
    """Its end does not show here: what the server sends last waits behind what was never read. See `open_files`."""

    __slots__ = ()

    def ready(self, events: int) -> None:
        """See Handler."""
        if events & (EPOLLHUP | EPOLLERR):
            self.close()
        else:
            super().ready(events)  # asks for the stream, once
            self.loop.epoll.modify(self.socket.fileno(), 0)

    def readable(self) -> None:
        """Never."""
