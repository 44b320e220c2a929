"""The feeds of all rooms with open streams, and one timer for all their heartbeats."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from ..events import Event
from ..jitter import jitter
from ..kinds import Ending
from ..log import Log
from .eviction import Holder
from .feed import Feed

# The ranges of milliseconds that `bye` tells readers to wait before they reconnect. htmx varies the value by up to
# 30 %; EventSource uses it unchanged. Where the listening socket stays open, a reader waits in it for the next process,
# which is ready after one second. Else a reader is refused until then, and some libraries give up at that: a stop and a
# start take 2.5 seconds.
COME_BACK: Final = (1000, 3500)
COME_BACK_LATER: Final = (3000, 5500)


class Feeds:
    """The feeds by room. Create it on the event loop. After `end`, `ending` is True, and `ended` is set when the last
    stream has closed.
    """

    def __init__(self, log: Log, heartbeat: float) -> None:
        self.ending = False
        self.ended = asyncio.Event()
        self._log = log
        self._heartbeat = heartbeat
        self._feeds: dict[str, Feed] = {}
        self._readers: Counter[str] = Counter()
        self._waits = jitter(*COME_BACK_LATER)
        self._beating = asyncio.create_task(self._beat())

    def publish(self, events: Sequence[Event]) -> None:
        """Publish committed events to the feeds of their rooms. Called after each commit."""
        for room, group in groupby(sorted(events, key=_room), key=_room):  # sorted() keeps the order within a room
            if feed := self._feeds.get(room):
                feed.publish(list(group))

    def announce(self, room: str, kind: str, data: Mapping[str, Any]) -> None:
        """As `Feed.announce`; does nothing if the room has no readers."""
        if feed := self._feeds.get(room):
            feed.announce(kind, data)

    def expel(self, room: str, ending: Ending, reason: str) -> None:
        """End the streams of a room for whose holder `ending.leaves` returns True. Their `end` event carries `reason`,
        and what the ending tells its reader.
        """
        feed = self._feeds.get(room)
        for subscriber in list(feed.subscribers) if feed else ():
            holder = subscriber.holder
            if isinstance(holder, Holder) and ending.leaves(holder.member, holder.link, holder.address):
                told = {**ending.tells, **(ending.members_only if holder.member else {})}
                subscriber.writer.close(subscriber.format.control("end", {"room": room, "reason": reason, **told}))

    def reads(self, room: str) -> bool:
        """Whether this room has an open stream."""
        return room in self._feeds

    def readers(self, room: str) -> int:
        """How many streams of this room are open."""
        return self._readers[room]

    def open(self, room: str) -> FeedHold:
        """A context manager that holds a room's loaded feed for one reader: `async with feeds.open(room) as feed`."""
        return FeedHold(self, room)

    async def acquire(self, room: str) -> Feed:
        """Count a reader, and return the loaded feed. Every call needs a `release`, even a failed one. See `open`."""
        feed = self._feeds.get(room)
        if feed is None:
            feed = self._feeds[room] = Feed(room, self._log)
        self._readers[room] += 1
        await feed.load()
        return feed

    def release(self, room: str) -> None:
        """Count a reader less. The feed is dropped with its last reader."""
        self._readers[room] -= 1
        if not self._readers[room]:
            del self._readers[room], self._feeds[room]
        self._note_end()

    def end(self, *, kept: bool = False) -> None:
        """End every stream with `bye`. The caller must refuse or end streams that are opened later. `kept`: the
        listening socket stays open for the next process.
        """
        if kept:
            self._waits = jitter(*COME_BACK)
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
    """One reader's hold on a feed. A class instead of @asynccontextmanager, as the event loop tracks each open async
    generator, which would cost memory for every stream.
    """

    __slots__ = ("_feeds", "_room")

    def __init__(self, feeds: Feeds, room: str) -> None:
        self._feeds = feeds
        self._room = room

    async def __aenter__(self) -> Feed:
        try:
            return await self._feeds.acquire(self._room)
        except BaseException:  # a cancelled reader was counted, too
            self._feeds.release(self._room)
            raise

    async def __aexit__(self, *error: object) -> None:
        self._feeds.release(self._room)


def _room(event: Event) -> str:
    return event.room
