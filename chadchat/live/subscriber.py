"""Subscriber: one open stream, with its cursor, format and writer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..domain.selection import Selection
from ..events import Event
from .frames import StreamFormat
from .writers import Writer

if TYPE_CHECKING:
    from .feed import Feed


class Subscriber:
    """One open stream of a feed: `cursor` is the seq of the last event that was written or, with a `selection`, left
    out. `left` is the number of events that it still gets (None: no limit); `holder` is its reader. It shares its
    chunks with other streams (`shares`) if it gets all events.
    """

    __slots__ = ("chunks", "cursor", "feed", "format", "heard", "holder", "left", "loading", "selection", "shares",
                 "told", "writer", "wrote")  # fmt: skip

    feed: Feed  # set by Feed.add

    def __init__(
        self,
        writer: Writer,
        format: StreamFormat,
        cursor: int,
        left: int | None = None,
        holder: object = None,
        selection: Selection | None = None,
    ):
        self.selection = selection
        self.shares = left is None and selection is None
        self.told = cursor  # seq of the last cursor that was written, with a selection
        self.holder = holder
        self.writer = writer
        self.format = format
        self.cursor = cursor
        self.left = left
        self.heard = 0  # version of the announcements last written
        self.wrote = 0.0  # loop time of the last write
        self.chunks: dict[int, bytes] = {}  # the feed's chunks for its format and writer, by cursor
        self.loading: asyncio.Task[None] | None = None

    def wants(self, announcement: str) -> bool:
        """Whether the reader gets announcements of this kind."""
        return self.selection is None or self.selection.wants(announcement)

    def pick(self, events: Sequence[Event]) -> list[Event]:
        """The events that the stream gets, of all those after its cursor, which moves on behind what was looked at."""
        picked: list[Event] = []
        for event in events:
            self.cursor = event.seq
            if self.selection is None or self.selection.has(event):
                self.told = event.seq
                picked.append(event)
                if len(picked) == self.left:
                    break
        if self.left is not None:
            self.left -= len(picked)
        return picked

    def heartbeat(self) -> bytes:
        """The frame after a silence: the cursor if events were left out since the last one, so that a reader that comes
        back later than a prune does not have to start over.
        """
        if self.selection is None or self.told == self.cursor or self.loading:
            return self.format.heartbeat
        self.told = self.cursor
        said = {"room": self.feed.room, "cursor": f"{self.feed.epoch}-{self.cursor}"}
        return self.format.control("cursor", said) or self.format.heartbeat

    def drained(self) -> None:
        """Continue the delivery. The writer calls it when its buffer has drained."""
        self.feed.deliver(self)
