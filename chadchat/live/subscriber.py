"""Subscriber: one open stream, with its cursor, format and writer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .frames import StreamFormat
from .writers import Writer

if TYPE_CHECKING:
    from .feed import Feed


class Subscriber:
    """One open stream of a feed: `cursor` is the seq of the last event written. `left` is the number of events that it
    still gets (None: no limit); `holder` is its reader.
    """

    __slots__ = ("chunks", "cursor", "feed", "format", "heard", "holder", "left", "loading", "writer", "wrote")

    feed: Feed  # set by Feed.add

    def __init__(
        self, writer: Writer, format: StreamFormat, cursor: int, left: int | None = None, holder: object = None
    ):
        self.holder = holder
        self.writer = writer
        self.format = format
        self.cursor = cursor
        self.left = left
        self.heard = 0  # version of the announcements last written
        self.wrote = 0.0  # loop time of the last write
        self.chunks: dict[int, bytes] = {}  # the feed's chunks for its format and writer, by cursor
        self.loading: asyncio.Task[None] | None = None

    def drained(self) -> None:
        """Continue the delivery. The writer calls it when its buffer has drained."""
        self.feed.deliver(self)
