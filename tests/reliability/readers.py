"""Programs that follow a room, lose their connection and resume with their cursor: one with a library, one by hand."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
from httpx_sse import SSEError, aconnect_sse

from .client import Broken, Client

PATIENCE = 0.6  # seconds of silence until a reader calls a connection dead; the server's heartbeat is well below
BACK_OFF = 0.02  # seconds between two tries


class Reader(ABC):
    """`events` is what it has got, in the order it came; `resets` are the reasons of those that it was told."""

    def __init__(self, url: str, room: str, cursor: str = "") -> None:
        self.events: list[dict[str, Any]] = []
        self.resets: list[str] = []
        self.cursor = cursor
        self._url, self._room = url, room
        self._news = asyncio.Event()

    @abstractmethod
    async def connect(self) -> None:
        """One connection: read until it breaks."""

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait until something about this reader is so."""
        while not happened():
            self._news.clear()
            await self._news.wait()

    async def reaches(self, seq: int) -> None:
        """Wait for the event with this number."""
        await self.until(lambda: bool(self.events) and self.events[-1]["seq"] >= seq)

    def _take(self, event: dict[str, Any]) -> None:
        if event["kind"] == "reset":
            self.resets.append(event["reason"])
        if "seq" in event:
            self.cursor = event["cursor"]
            self.events.append(event)
        self._news.set()


class SseReader(Reader):
    """httpx-sse, which gives up after each failure: what it needs is the id of the last event."""

    async def connect(self) -> None:
        """See Reader.connect."""
        headers = {"Last-Event-ID": self.cursor} if self.cursor else {}
        address = f"{self._url}/{self._room}/sse?since=all"
        async with (
            httpx.AsyncClient(timeout=PATIENCE) as client,
            aconnect_sse(client, "GET", address, headers=headers) as source,
        ):
            async for event in source.aiter_sse():
                if not event.data:  # httpx-sse makes an event of the blank line after a comment
                    continue
                said = json.loads(event.data)
                assert "seq" not in said or event.id == said["cursor"]
                self._take(said)


class NdjsonReader(Reader):
    """A page of code that anyone would write: lines of JSON, `since=` the last cursor."""

    async def connect(self) -> None:
        """See Reader.connect."""
        with Client(self._url) as client:
            async with asyncio.timeout(PATIENCE):
                await client.send("GET", f"/{self._room}/json?since={self.cursor or 'all'}")
                status, head = await client.head()
            if status != 200 or not any("ndjson" in line for line in head):
                return
            rest, chunks = b"", client.body()
            while True:
                async with asyncio.timeout(PATIENCE):
                    *lines, rest = (rest + await anext(chunks)).split(b"\n")
                for line in lines:
                    self._take(json.loads(line))


FAILURES = (*Broken, TimeoutError, httpx.TransportError, SSEError, StopAsyncIteration)


async def follow(reader: Reader, *, forgetful: bool = False) -> None:
    """Read on for ever, over every failure. A `forgetful` reader comes back without its cursor."""
    while True:
        with suppress(*FAILURES):
            await reader.connect()
        if forgetful:
            reader.cursor = "none" if isinstance(reader, NdjsonReader) else ""
        await asyncio.sleep(BACK_OFF)


def gaps(events: list[dict[str, Any]]) -> tuple[int, int]:
    """How many events are missing between two that follow each other, and how many are there twice."""
    missing = doubles = 0
    last = 0
    for event in events:
        missing += max(0, event["seq"] - last - 1)
        doubles += event["seq"] <= last
        last = max(last, event["seq"])
    return missing, doubles
