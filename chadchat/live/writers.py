"""Writers: the way from a feed into one connection. The feed never waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Writer(Protocol):
    """Takes one chunk at a time. While it is `busy` a feed leaves it alone; it calls `on_drain` when it can take
    more.
    """

    on_drain: Callable[[], None]

    @property
    def busy(self) -> bool:
        """Whether the last chunk is still on its way."""

    def write(self, chunk: bytes) -> None:
        """Start writing a chunk and return at once. Not while busy."""

    def close(self, last: bytes = b"") -> None:
        """End the stream cleanly, after `last`."""

    async def run(self) -> None:
        """Carry chunks until the stream is closed; cancelled when the reader has gone."""


class AsgiWriter:
    """Writes with the standard ASGI `send`: works on any server and on HTTP/2. Runs in the request's own task, with
    no queue.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._chunk = b""
        self._sending = False
        self._closing = False
        self._wake = asyncio.Event()
        self.on_drain: Callable[[], None] = lambda: None

    @property
    def busy(self) -> bool:
        """See Writer.busy. A closing writer takes nothing more."""
        return self._sending or self._closing or bool(self._chunk)

    def write(self, chunk: bytes) -> None:
        """See Writer.write."""
        self._chunk = chunk
        self._wake.set()

    def close(self, last: bytes = b"") -> None:
        """See Writer.close."""
        if not self._closing:
            self._closing = True
            self._chunk += last
            self._wake.set()

    async def run(self) -> None:
        """See Writer.run. The end itself (`more_body` False) is the server's to send."""
        while self._chunk or not self._closing:
            await self._wake.wait()
            self._wake.clear()
            if self._chunk:
                await self._flush()

    async def _flush(self) -> None:
        chunk, self._chunk, self._sending = self._chunk, b"", True
        try:
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            self._sending = False
        if not self._closing:
            self.on_drain()
