"""A program that follows a room over SSE, as any standard client does."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Self

import httpx
from httpx_sse import aconnect_sse

from .people import Line


class Reader:
    """`lines` is what it has got. A stream that ends is opened again with the id of the last event."""

    def __init__(self, url: str) -> None:
        self.lines: list[Line] = []
        self._url = url
        self._last = ""
        self._got = asyncio.Condition()

    async def reaches(self, seq: int) -> None:
        """Wait for the event with this number. Raises TimeoutError after 10 seconds."""
        async with asyncio.timeout(60), self._got:
            await self._got.wait_for(lambda: bool(self.lines) and self.lines[-1].seq >= seq)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _follow(self) -> None:
        # The transport tries to connect again by itself, and waits between its tries: the server may be restarting.
        transport = httpx.AsyncHTTPTransport(retries=10)
        async with httpx.AsyncClient(transport=transport, timeout=None) as client:  # noqa: S113 - a stream has no end
            while True:
                with suppress(httpx.RemoteProtocolError, httpx.ReadError):
                    await self._read(client)

    async def _read(self, client: httpx.AsyncClient) -> None:
        headers = {"Last-Event-ID": self._last} if self._last else {}
        async with aconnect_sse(client, "GET", f"{self._url}/sse?since=all", headers=headers) as source:
            if source.response.status_code == 503:
                return
            async for event in source.aiter_sse():
                if event.event == "message":
                    self._last = event.id
                    self.lines.append(Line.of(json.loads(event.data)))
                    async with self._got:
                        self._got.notify_all()
