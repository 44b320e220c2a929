"""Subscribers whose writers a test controls, and messages for them."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from chadchat.domain.rooms import Room
from chadchat.events import Event
from chadchat.live.feed import Feed
from chadchat.live.frames import NdJson, StreamFormat, Text
from chadchat.live.subscriber import Subscriber
from chadchat.log.local import LocalLog
from chadchat.server.asgi import Receive

TEXT: Final = Text()
NDJSON: Final = NdJson()


class Hand:
    """A writer in the test's hand: a chunk stays on its way until `take` is called."""

    def __init__(self, *, slow: bool = False) -> None:
        self.chunks: list[bytes] = []
        self.slow = slow
        self.busy = False
        self.closed = False
        self.aborted = False
        self.lost = False
        self.on_drain: Any = lambda: None

    @staticmethod
    def frame(chunk: bytes) -> bytes:
        return chunk

    def write(self, framed: bytes) -> None:
        assert framed
        self.chunks.append(framed)
        self.busy = self.slow

    def take(self) -> None:
        self.busy = False
        self.on_drain()

    def close(self, last: bytes = b"") -> None:
        self.chunks.append(last)
        self.closed = self.busy = True

    def abort(self) -> None:
        self.aborted = self.busy = True

    async def run(self, receive: Receive) -> bool:
        raise AssertionError("the test carries the chunks")

    @property
    def texts(self) -> list[str]:
        return [line.split(": ", 1)[1] for line in b"".join(self.chunks).decode().splitlines() if ": " in line]


async def settle() -> None:
    """Let everything that is ready run. Reads of the log hop over threads, so a pass alone is not enough."""
    for _ in range(20):
        await asyncio.sleep(0.001)


async def post(log: LocalLog, room: Room, *texts: str) -> None:
    for text in texts:
        detail = {"skeleton": "ada"}
        await log.append(
            Event(room=room.code, kind="message", at="2036", name="x", text=text, html=text, detail=detail)
        )


def reader(
    feed: Feed, writer: Hand | None = None, cursor: int | None = None, format: StreamFormat = TEXT, **options: Any
) -> tuple[Subscriber, Hand]:
    writer = writer or Hand()
    subscriber = Subscriber(writer, format, feed.head if cursor is None else cursor, **options)
    feed.add(subscriber)
    return subscriber, writer
