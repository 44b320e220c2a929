"""A small, fast HTTP client that reports the exact outcome of each request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

Broken = (OSError, asyncio.IncompleteReadError)  # the network's ways to fail


class Client:
    """One keep-alive connection: `with Client(url) as client`. After an error the next request opens it anew."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def post(self, path: str, text: str, **headers: str) -> tuple[int, dict[str, Any]]:
        """Post a text; the status and the JSON. Raises one of Broken where there was no answer."""
        body = text.encode()
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        try:
            await self.send("POST", path, *lines, f"Content-Length: {len(body)}", body=body)
            status, head = await self.head()
            answer = json.loads(await self.rest(head))
        except BaseException:
            self.close()
            raise
        if "connection: close" in [line.lower() for line in head]:  # after 1,000 requests, or while it is restarted
            self.close()
        return status, answer

    async def send(self, method: str, path: str, *headers: str, body: bytes = b"") -> None:
        """Send a request."""
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._address.hostname, self._address.port)
        head = "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {self._address.netloc}", *headers])
        self._writer.write(f"{head}\r\n\r\n".encode() + body)

    async def head(self) -> tuple[int, list[str]]:
        """The status and the header lines of the answer."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        return int(head[0].split(" ")[1]), head[1:]

    async def rest(self, head: list[str]) -> bytes:
        """What follows this head, as a whole. Raises one of Broken where a part is missing."""
        if "transfer-encoding: chunked" in [line.lower() for line in head]:
            pieces = [piece async for piece in self.body()]
            await self._reader.readexactly(2)
            return b"".join(pieces)
        length = next((line for line in head if line.lower().startswith("content-length:")), ":0")
        return await self._reader.readexactly(int(length.split(":")[1]))

    async def body(self) -> AsyncIterator[bytes]:
        """The chunks of a chunked answer, up to its end. Raises one of Broken where that is missing."""
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            yield (await self._reader.readexactly(size + 2))[:-2]

    def close(self) -> None:
        """Drop the connection."""
        if self._writer:
            self._writer.transport.abort()
            self._writer = None


async def read_until(url: str, path: str, last: bytes) -> bytes:
    """Everything that a stream carries up to and with `last`."""
    seen = bytearray()
    with Client(url) as client:
        await client.send("GET", path)
        status, _ = await client.head()
        assert status == 200, path
        async for chunk in client.body():
            seen += chunk
            if last in seen[-len(chunk) - len(last) :]:
                break
    return bytes(seen)


async def history(url: str, room: str) -> list[dict[str, Any]]:
    """Every event of a room, as NDJSON has them."""
    with Client(url) as client:
        await client.send("GET", f"/{room}/json?poll=1&since=all")
        status, _ = await client.head()
        assert status == 200, room
        lines = b"".join([chunk async for chunk in client.body()]).decode().split("\n")
    return [json.loads(line) for line in lines[:-1]]


class Crowd:
    """Many at work at once: `async with Crowd(...)` waits for none of them, and ends those who are left."""

    def __init__(self, *work: Awaitable[object]) -> None:
        self._work = work

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.ensure_future(one) for one in self._work]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError, *Broken):
                await task
