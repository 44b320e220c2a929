"""Load during a restart: members who post at a steady rate, and many readers."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

RATE = 50  # posts a second


@dataclass(eq=False)
class Posters:
    """Posts at a steady rate, by turns on a connection of its own and on one that was kept alive. `failed` says why."""

    url: str
    stored: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    stale: int = 0  # kept connections that the server had closed; sent again on a new one, with the same key
    slowest: float = 0.0  # seconds
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Post until the block ends; then every post has been answered."""
        limits = [httpx.Limits(max_connections=None, max_keepalive_connections=kept) for kept in (0, 8)]
        async with (
            httpx.AsyncClient(limits=limits[0], timeout=60) as fresh,
            httpx.AsyncClient(limits=limits[1], timeout=60) as kept,
            asyncio.TaskGroup() as posts,
        ):
            posting = asyncio.create_task(self._post(posts, itertools.cycle((fresh, kept)), kept))
            try:
                yield
            finally:
                posting.cancel()

    async def progress(self, count: int) -> None:
        """Wait for so many more answers."""
        enough = len(self.stored) + count
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: len(self.stored) >= enough or bool(self.failed))

    async def _post(
        self, posts: asyncio.TaskGroup, clients: itertools.cycle[httpx.AsyncClient], kept: httpx.AsyncClient
    ) -> None:
        start = time.monotonic()
        for number in itertools.count():
            await asyncio.sleep(start + number / RATE - time.monotonic())
            client = next(clients)
            posts.create_task(self._one(client, f"post {number}", retries=client is kept))

    async def _one(self, client: httpx.AsyncClient, text: str, *, retries: bool) -> None:
        start = time.monotonic()
        try:
            try:
                answer = await self._send(client, text)
            except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
                if not retries:
                    raise
                self.stale += 1
                answer = await self._send(client, text)
            (self.stored if answer.status_code == 201 else self.failed).append(
                text if answer.status_code == 201 else f"{text}: {answer.status_code} {answer.text}"
            )
        except httpx.HTTPError as error:
            self.failed.append(
                f"{text} ({'kept' if retries else 'fresh'}, {time.monotonic() - start:.2f} s): {error!r}"
            )
        self.slowest = max(self.slowest, time.monotonic() - start)
        async with self._changed:
            self._changed.notify_all()

    async def _send(self, client: httpx.AsyncClient, text: str) -> httpx.Response:
        return await client.post(self.url, json={"text": text}, headers={"Idempotency-Key": text.replace(" ", "-")})


@dataclass(eq=False)
class Crowd:
    """Streams that come back as EventSource does: after what `retry:` said last, with the last id."""

    url: str
    size: int
    open: int = 0
    returned: list[float] = field(default_factory=list)  # loop time of each return
    goodbyes: list[float] = field(default_factory=list)  # loop time of each `bye`
    asked: list[float] = field(default_factory=list)  # seconds that each was asked to wait
    cut: int = 0  # streams that ended without one
    refused: Counter[str] = field(default_factory=Counter)  # tries that did not get a stream
    seen: list[list[int]] = field(default_factory=list)  # the seqs that each got
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Open all streams; the block begins when they are open."""
        self.seen = [[] for _ in range(self.size)]
        tasks = [asyncio.create_task(self._follow(seen)) for seen in self.seen]
        try:
            await self.until_open()
            self.returned.clear()
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def until_open(self) -> None:
        """Wait until everyone has a stream."""
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: self.open == self.size)

    async def until_all_said_goodbye(self) -> None:
        """Wait until every stream has ended since the last look at `goodbyes`."""
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: len(self.goodbyes) + self.cut >= self.size)

    async def until_seen(self, seq: int) -> None:
        """Wait until everyone has got the event with this number."""
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: all(seen and seen[-1] >= seq for seen in self.seen))

    async def _follow(self, seen: list[int]) -> None:
        wait, last = 2.0, ""
        while True:
            wait, last = await self._once(seen, wait, last)
            await asyncio.sleep(wait)

    async def _once(self, seen: list[int], wait: float, last: str) -> tuple[float, str]:
        """One connection. The wait before the next, and the last id."""
        address = urlsplit(self.url)
        bye, opened = False, False
        try:
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
        except OSError as error:
            self.refused[type(error).__name__] += 1
            return wait, last
        try:
            resume = f"Last-Event-ID: {last}\r\n" if last else ""
            writer.write(f"GET {address.path}/sse HTTP/1.1\r\nHost: {address.netloc}\r\n{resume}\r\n".encode())
            with suppress(OSError):
                async for line in reader:
                    if not opened and line.startswith(b"HTTP/1.1") and b" 200 " not in line:
                        self.refused[line.decode().strip()] += 1
                        return wait, last
                    if line == b"event: open\n":
                        opened = True
                        self.open += 1
                        self.returned.append(time.monotonic())
                        await self._note()
                    elif line == b"event: bye\n":
                        bye = True
                        self.goodbyes.append(time.monotonic())
                    elif found := re.match(rb"retry: (\d+)\n", line):
                        wait = int(found[1]) / 1000
                    elif found := re.match(rb"id: ([a-z0-9]{4}-(\d+))\n", line):
                        last = found[1].decode()
                        seen.append(int(found[2]))
                        await self._note()
        finally:
            writer.transport.abort()
            self.open -= opened
        if bye:
            self.asked.append(wait)
        self.cut += opened and not bye
        if not opened:
            self.refused["closed before the head"] += 1
        await self._note()
        return wait, last

    async def _note(self) -> None:
        async with self._changed:
            self._changed.notify_all()
