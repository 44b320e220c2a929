"""Subscriber: one open stream, no more than a cursor, a format and a writer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .frames import StreamFormat
from .writers import Writer

if TYPE_CHECKING:
    from .feed import Feed


class Subscriber:
    """One open stream: where it stands, in which format, through which writer. `left` bounds what it still gets
    (None: all); `holder` says whose stream it is.
    """

    __slots__ = ("chunks", "cursor", "feed", "format", "heard", "holder", "left", "loading", "writer", "wrote")

    feed: Feed  # from the moment it is added to one

    def __init__(
        self, writer: Writer, format: StreamFormat, cursor: int, left: int | None = None, holder: object = None
    ):
        self.holder = holder
        self.writer = writer
        self.format = format
        self.cursor = cursor
        self.left = left
        self.heard = 0  # version of the announcements it has had
        self.wrote = 0.0  # loop time of the last write
        self.chunks: dict[int, bytes] = {}  # those of its feed that it may be written, by the cursor they begin at
        self.loading: asyncio.Task[None] | None = None

    def drained(self) -> None:
        """Its writer can take more."""
        self.feed.deliver(self)
