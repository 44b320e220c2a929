"""The feeds of all rooms that somebody reads now, and the one timer of their heartbeats."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from ..events import Event
from ..jitter import jitter
from ..log import Log
from .eviction import Holder
from .feed import Feed

# Milliseconds after which a reader that was told `bye` comes back. The next process is there after a second; htmx makes
# up to 30 % more or less of it, EventSource takes it as it is.
COME_BACK: Final = (1000, 3500)


class Feeds:
    """Made on the event loop. `ending`: every stream ends at once; `ended` is set when the last has gone."""

    def __init__(self, log: Log, heartbeat: float) -> None:
        self.ending = False
        self.ended = asyncio.Event()
        self._log = log
        self._heartbeat = heartbeat
        self._feeds: dict[str, Feed] = {}
        self._readers: Counter[str] = Counter()
        self._waits = jitter(*COME_BACK)
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

    def expel(self, room: str, leaves: Callable[[Holder], bool], reason: str) -> None:
        """End the streams of those who may not read on."""
        feed = self._feeds.get(room)
        for subscriber in list(feed.subscribers) if feed else ():
            if isinstance(subscriber.holder, Holder) and leaves(subscriber.holder):
                subscriber.writer.close(subscriber.format.control("end", {"room": room, "reason": reason}))

    def reads(self, room: str) -> bool:
        """Whether somebody reads this room live."""
        return room in self._feeds

    def open(self, room: str) -> FeedHold:
        """The loaded feed of a room, for one reader: `async with feeds.open(room) as feed`."""
        return FeedHold(self, room)

    async def acquire(self, room: str) -> Feed:
        """See `open`; every acquire needs a release, even one that failed."""
        feed = self._feeds.get(room)
        if feed is None:
            feed = self._feeds[room] = Feed(room, self._log)
        self._readers[room] += 1
        await feed.load()
        return feed

    def release(self, room: str) -> None:
        """A reader has gone. With the last one the feed goes."""
        self._readers[room] -= 1
        if not self._readers[room]:
            del self._readers[room], self._feeds[room]
        self._note_end()

    def end(self) -> None:
        """End every stream with `bye`. One that is opened later is to be ended like this, too."""
        self.ending = True
        self._beating.cancel()
        for feed in list(self._feeds.values()):
            feed.end(self._waits)
        self._note_end()

    def _note_end(self) -> None:
        if self.ending and not self._feeds:
            self.ended.set()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self._heartbeat / 4))
            for feed in list(self._feeds.values()):
                await feed.beat(self._heartbeat)


class FeedHold:
    """One reader's hold on a feed. Not a generator: an open stream keeps it, and asyncio keeps books on generators."""

    __slots__ = ("_feeds", "_room")

    def __init__(self, feeds: Feeds, room: str) -> None:
        self._feeds = feeds
        self._room = room

    async def __aenter__(self) -> Feed:
        try:
            return await self._feeds.acquire(self._room)
        except BaseException:  # a reader that is cancelled here holds the feed as well
            self._feeds.release(self._room)
            raise

    async def __aexit__(self, *error: object) -> None:
        self._feeds.release(self._room)


def _room(event: Event) -> str:
    return event.room
