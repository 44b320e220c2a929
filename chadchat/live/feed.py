"""The feed: writes the live tail of one room to every open stream, without a queue per reader.

A feed has a bounded ring of recent events and a set of subscribers, each with a cursor. A pass goes over the
subscribers and writes to each, as one chunk, everything between its cursor and the head; subscribers at the same cursor
share the chunk. Events that arrive during a pass wait for the next pass and are joined there: the busier the room, the
larger the writes. A pass skips a subscriber whose writer is busy, and serves it when its buffer has drained. A
subscriber whose cursor is before the ring is served from the log, in pages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ..events import Event
from ..log import Log
from .announcements import Announcements, Framing
from .frames import StreamFormat, render
from .ring import EVENTS, Ring
from .subscriber import Subscriber

STUCK: Final = 15.0  # seconds without progress after which a stuck reader is disconnected
# Seconds between two disconnections: each takes as long as a dozen writes, and delays the other readers.
BETWEEN_DROPS: Final = 0.002
PAGE: Final = 256  # events read from the log at once, for a subscriber behind the ring
# Chunks cached for each format. In a quiet room all subscribers have the same cursor, in a busy room a few cursors.
CHUNKS: Final = 16
# The pause between two passes of a busy room, for posts: REST times the length of the pass, at most LONGEST_REST
# seconds. More posts then share a pass; a write costs the same for many events as for one (docs/performance.md).
REST: Final = 3.0
LONGEST_REST: Final = 0.05
SLICE: Final = 256  # writes after which a pass yields to the event loop, so that many readers never delay a post


class Feed:
    """The live tail of one room. Call `load` before anything else is read from it."""

    def __init__(self, room: str, log: Log) -> None:
        self.room = room
        self.subscribers: set[Subscriber] = set()
        self.announcements = Announcements()
        self._log = log
        self._ring = Ring()
        self._early: list[Event] | None = []  # events published before the ring is loaded; None afterwards
        self._loaded: asyncio.Task[None] | None = None
        self._dirty = False
        self._pass: asyncio.Task[None] | None = None
        self._chunks: dict[tuple[StreamFormat, Framing], dict[int, bytes]] = {}  # by the cursor they start after
        self._clock = asyncio.get_running_loop().time

    @property
    def head(self) -> int:
        """The seq of the newest event."""
        return self._ring.head

    @property
    def epoch(self) -> str:
        """The room's epoch at its newest event."""
        return self._ring.epoch

    @property
    def cursor(self) -> str:
        """The cursor of a reader that has every event."""
        return f"{self.epoch}-{self.head}"

    async def load(self) -> None:
        """Fill the ring from the log, once. Events published meanwhile are kept and appended afterwards."""
        if self._loaded is None:
            self._loaded = asyncio.create_task(self._load())
        await asyncio.shield(self._loaded)

    async def prepare(self, format: StreamFormat, cursor: int) -> None:
        """Render the events of the ring after a cursor, and yield to the event loop in between: there may be 1,024."""
        await self._ring.prepare(format, cursor)

    def publish(self, events: Sequence[Event]) -> None:
        """Append committed events, in log order, and start a pass."""
        if self._early is not None:
            self._early.extend(events)
            return
        self._append(events)
        self._wake()
        if self._ring.closed:
            self.end()

    def announce(self, kind: str, data: Mapping[str, Any]) -> None:
        """Send every subscriber, now and when it joins, the latest state of something that is not in the log."""
        if self.announcements.put(kind, data):
            self._wake()

    def reset(self, format: StreamFormat, reason: str) -> bytes:
        """The frame that tells a reader to start over, with the cursor to go on from."""
        return format.control("reset", {"room": self.room, "reason": reason, "cursor": self.cursor})

    def add(self, subscriber: Subscriber) -> None:
        """Add a subscriber, and write to it everything after its cursor."""
        self.subscribers.add(subscriber)
        subscriber.wrote = self._clock()
        subscriber.feed = self
        if subscriber.shares:
            subscriber.chunks = self._chunks.setdefault((subscriber.format, subscriber.writer.frame), {})
        subscriber.writer.on_drain = subscriber.drained
        self.deliver(subscriber)
        if self._ring.closed:
            subscriber.writer.close()

    def remove(self, subscriber: Subscriber) -> None:
        """Remove a subscriber."""
        self.subscribers.discard(subscriber)
        if subscriber.loading:
            subscriber.loading.cancel()

    async def beat(self, silence: float) -> None:
        """Write a heartbeat to every stream without a write for `silence` seconds; disconnect stuck and lost readers.

        Yields to the event loop every SLICE subscribers and after each disconnection.
        """
        now = self._clock()
        for count, subscriber in enumerate(list(self.subscribers), start=1):
            if subscriber not in self.subscribers:  # removed meanwhile: its connection may serve another request now
                continue
            if subscriber.writer.busy or subscriber.writer.lost:
                if subscriber.writer.lost or subscriber.wrote <= now - STUCK:
                    subscriber.writer.abort()
                    await asyncio.sleep(BETWEEN_DROPS)
            elif subscriber.wrote <= now - silence:
                self._write(subscriber, subscriber.writer.frame(subscriber.heartbeat()))
            if count % SLICE == 0:
                await asyncio.sleep(0)

    def end(self, waits: Iterator[float] | None = None) -> None:
        """End every stream after its last event. With `waits`, a `bye` tells each how many milliseconds to wait."""
        for one in list(self.subscribers):
            self.deliver(one)
            bye = one.format.control("bye", {"room": self.room, "retry": round(next(waits))}) if waits else b""
            one.writer.close(bye)

    async def _load(self) -> None:
        tail = await self._log.tail(self.room, EVENTS)
        early, self._early = self._early, None
        self._append([*tail, *(early or [])])

    def _append(self, events: Sequence[Event]) -> None:
        for event in events:
            self._ring.append(event)
        for chunks in self._chunks.values():
            chunks.clear()

    def _wake(self) -> None:
        self._dirty = True
        if self._pass is None and self.subscribers:
            self._pass = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._dirty:
                self._dirty = False
                spent = await self._go_round()
                if self._dirty:  # events arrived during the pass: a busy room
                    await asyncio.sleep(min(REST * spent, LONGEST_REST))
        finally:
            self._pass = None

    async def _go_round(self) -> float:
        """Make one pass, and return the seconds that it took, without the time given to other tasks."""
        spent, start = 0.0, self._clock()
        for count, subscriber in enumerate(list(self.subscribers), start=1):
            # The usual case of `deliver`, inlined to save 5 to 7 % of a delivery. Behind the ring there is no chunk.
            framed = subscriber.chunks.get(subscriber.cursor)
            if framed and subscriber.heard == self.announcements.version and not subscriber.writer.busy:
                subscriber.cursor, subscriber.wrote = self._ring.head, start
                subscriber.writer.write(framed)
            else:
                self.deliver(subscriber)
            if count % SLICE == 0:
                spent += self._clock() - start
                await asyncio.sleep(0)
                start = self._clock()
        return spent + self._clock() - start

    def deliver(self, subscriber: Subscriber) -> None:
        """Write everything after a subscriber's cursor, unless its writer is busy."""
        writer, ring = subscriber.writer, self._ring
        if writer.busy or subscriber.loading:
            return
        if subscriber.cursor < ring.head:
            if subscriber.cursor < ring.tail:
                subscriber.loading = asyncio.create_task(self._catch_up(subscriber))
                return
            if subscriber.shares:
                framed = subscriber.chunks.get(subscriber.cursor) or self._make_chunk(subscriber)
                subscriber.cursor = ring.head
                if framed:
                    subscriber.wrote = self._clock()
                    writer.write(framed)
            else:
                picked = subscriber.pick(ring.events(subscriber.cursor))
                self._write_picked(subscriber, [ring.frame(event.seq, subscriber.format) for event in picked])
        if subscriber.heard != self.announcements.version:
            self._write(subscriber, self.announcements.framed(subscriber))
            subscriber.heard = self.announcements.version

    def _make_chunk(self, subscriber: Subscriber) -> bytes:
        """Make and cache the framed chunk of all events after the cursor, shared by the subscribers at that cursor."""
        chunks, frames = subscriber.chunks, self._ring.frames(subscriber.cursor, subscriber.format)
        if len(chunks) >= CHUNKS:
            chunks.clear()
        chunk = chunks[subscriber.cursor] = subscriber.writer.frame(b"".join(frames))
        return chunk

    async def _catch_up(self, subscriber: Subscriber) -> None:
        """Write one page from the log. `deliver` continues, at once or when the writer has drained."""
        events = await self._log.read(self.room, subscriber.cursor, PAGE)
        if not events or events[0].seq != subscriber.cursor + 1:
            subscriber.loading = None
            subscriber.cursor = subscriber.told = self.head
            self._write(subscriber, subscriber.writer.frame(self.reset(subscriber.format, "pruned")))
            return
        frames = await render(subscriber.pick(events), subscriber.format)
        subscriber.loading = None
        self._write_picked(subscriber, frames)
        self.deliver(subscriber)

    def _write_picked(self, subscriber: Subscriber, frames: list[bytes]) -> None:
        self._write(subscriber, subscriber.writer.frame(b"".join(frames)))
        if subscriber.left == 0:
            subscriber.writer.close()

    def _write(self, subscriber: Subscriber, framed: bytes) -> None:
        if framed:
            subscriber.wrote = self._clock()
            subscriber.writer.write(framed)
