"""The limit of connections a visitor may have open: a fair share. Further ones wait in the kernel until others have
ended. Connections that carry a stream do not count: streams have a share of their own (domain/limits.py).

They are not refused: reading and refusing a connection costs the others a millisecond, which is what a flood wants.
"""

from __future__ import annotations

import logging
import socket
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from .fair_share import fair_share
from .packet_filter import ignore

logger = logging.getLogger(__name__)

MOST_IGNORED: Final = 500  # visitors; a filter may have 4,096 instructions, five for each
SILENCE: Final = 60.0  # seconds between two lines in the log about this


class ConnectionLimit:
    """The open connections of each visitor to these sockets: at once a fair share of `most`, and always `least`.

    A visitor at the limit is ignored until a quarter of the connections have ended: else each end would let one in, and
    change the filter twice. No open connection is cut when the share becomes smaller.
    """

    def __init__(self, least: int, most: int, listening: Sequence[socket.socket]) -> None:
        self.open: Counter[str] = Counter()
        self._least = least
        self._most = most
        self._listening = listening
        self._ignored: set[str] = set()
        self._free: set[str] = set()
        self._used = 0  # connections of all visitors, with those that carry a stream
        self._told = float("-inf")

    @property
    def share(self) -> int:
        """The connections that one visitor may have now."""
        return fair_share(self._least, self._most, self._used)

    def enter(self, visitor: str) -> bool:
        """Count one more until `leave`. False: there is no room for it, but it came before the filter was there, or
        this system has none.
        """
        self._used += 1
        self.resume(visitor)
        return visitor in self._free or self.open[visitor] <= self.share

    def leave(self, visitor: str) -> None:
        """One connection of the visitor has ended."""
        self._used -= 1
        self.set_aside(visitor)

    def set_aside(self, visitor: str) -> None:
        """One connection of the visitor carries a stream from now on, and does not count."""
        self.open[visitor] -= 1
        if visitor in self._ignored and self.open[visitor] <= self.share * 3 // 4:
            self._ignored.remove(visitor)
            self._ignore()
        self._tidy(visitor)

    def resume(self, visitor: str) -> None:
        """The stream has ended, and its connection counts again."""
        self.open[visitor] += 1
        full = self.open[visitor] >= self.share and visitor not in self._free
        if full and visitor not in self._ignored and len(self._ignored) < MOST_IGNORED:
            self._ignored.add(visitor)
            self._tell(self.open[visitor])
            self._ignore()
        self._tidy(visitor)

    def exempt(self, visitor: str) -> None:
        """Limit this visitor no more: it is a proxy, whose connections are those of many."""
        self._free.add(visitor)
        if visitor in self._ignored:
            self._ignored.remove(visitor)
            self._ignore()

    def _tidy(self, visitor: str) -> None:
        if not self.open[visitor]:
            del self.open[visitor]

    def _ignore(self) -> None:
        # The server ends and has closed its sockets, or this system has no such filter: `enter` says no all the same.
        with suppress(OSError):
            ignore(self._listening, self._ignored)

    def _tell(self, count: int) -> None:
        if (now := time.monotonic()) - self._told >= SILENCE:
            self._told = now
            logger.warning(
                "a visitor has %d connections, which is the most; more of theirs wait:"
                " CHADCHAT_LIMIT_STREAMS is how many an address may always have",
                count,
            )
