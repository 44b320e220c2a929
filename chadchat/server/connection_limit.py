"""The limit of connections a visitor may have open. Further ones wait in the kernel until others have ended.

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

from .packet_filter import ignore

logger = logging.getLogger(__name__)

MOST_IGNORED: Final = 500  # visitors; a filter may have 4,096 instructions, five for each
SILENCE: Final = 60.0  # seconds between two lines in the log about this


class ConnectionLimit:
    """The open connections of each visitor to these sockets: `most` at once.

    A visitor at the limit is ignored until a quarter of the connections have ended: else each end would let one in, and
    change the filter twice.
    """

    def __init__(self, most: int, listening: Sequence[socket.socket]) -> None:
        self.open: Counter[str] = Counter()
        self._most = most
        self._listening = listening
        self._ignored: set[str] = set()
        self._told = float("-inf")

    def enter(self, visitor: str) -> bool:
        """Count one more until `leave`. False: there is no room for it, but it came before the filter was there, or
        this system has none.
        """
        self.open[visitor] += 1
        if self.open[visitor] >= self._most and visitor not in self._ignored and len(self._ignored) < MOST_IGNORED:
            self._ignored.add(visitor)
            self._tell()
            self._ignore()
        return self.open[visitor] <= self._most

    def leave(self, visitor: str) -> None:
        """One connection of the visitor has ended."""
        self.open[visitor] -= 1
        if visitor in self._ignored and self.open[visitor] <= self._most * 3 // 4:
            self._ignored.remove(visitor)
            self._ignore()
        if not self.open[visitor]:
            del self.open[visitor]

    def _ignore(self) -> None:
        # The server ends and has closed its sockets, or this system has no such filter: `enter` says no all the same.
        with suppress(OSError):
            ignore(self._listening, self._ignored)

    def _tell(self) -> None:
        if (now := time.monotonic()) - self._told >= SILENCE:
            self._told = now
            logger.warning("a visitor has %d connections, which is the most; more of theirs wait", self._most)
