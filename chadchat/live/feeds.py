"""The feeds of all rooms that somebody reads now, and the one timer of their heartbeats."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Any

from ..events import Event
from ..log import Log
from .feed import Feed


class Feeds:
    """Made on the event loop. `ending` refuses new streams; `ended` is set when the last old one has gone."""

    def __init__(self, log: Log, heartbeat: float) -> None:
        self.ending = False
        self.ended = asyncio.Event()
        self._log = log
        self._heartbeat = heartbeat
        self._feeds: dict[str, Feed] = {}
        self._readers: Counter[str] = Counter()
        self._beating = asyncio.create_task(self._beat())

    def publish(self, events: Sequence[Event]) -> None:
        """Hand committed events to the feeds of their rooms. Listens to the log."""
        for room, group in groupby(sorted(events, key=_room), key=_room):  # sorted() keeps the order within a room
            if feed := self._feeds.get(room):
                feed.publish(list(group))

    def announce(self, room: str, kind: str, data: Mapping[str, Any]) -> None:
        """See Feed.announce; nothing where nobody reads."""
        if feed := self._feeds.get(room):
            feed.announce(kind, data)

    def reads(self, room: str) -> bool:
        """Whether somebody reads this room live."""
        return room in self._feeds

    @asynccontextmanager
    async def open(self, room: str) -> AsyncIterator[Feed]:
        """The loaded feed of a room, for one reader. It is forgotten when its last reader has gone."""
        feed = self._feeds.get(room)
        if feed is None:
            feed = self._feeds[room] = Feed(room, self._log)
        self._readers[room] += 1
        try:
            await feed.load()
            yield feed
        finally:
            self._readers[room] -= 1
            if not self._readers[room]:
                del self._readers[room], self._feeds[room]
            self._note_end()

    def end(self) -> None:
        """End every stream with `bye`, and refuse new ones."""
        self.ending = True
        self._beating.cancel()
        for feed in list(self._feeds.values()):
            feed.end()
        self._note_end()

    def _note_end(self) -> None:
        if self.ending and not self._feeds:
            self.ended.set()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self._heartbeat / 4))
            for feed in list(self._feeds.values()):
                feed.beat(self._heartbeat)


def _room(event: Event) -> str:
    return event.room
