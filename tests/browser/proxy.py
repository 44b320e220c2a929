"""A proxy between one browser and the server, whose network a test can take down and bring back."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Self


def _as_it_came(head: str) -> str:
    return head


class Proxy:
    """Passes each request on, one to a connection, unless it `refuses` all, has an answer of its own for a stream
    (`answers`, each used once) or a post (`post_answers`), or shall lose the answer to the next post.
    What says that one is typing is no post.
    """

    def __init__(self, port: str) -> None:
        self.url = ""
        self.refuses = False
        self.loses_answer = False
        self.answers: deque[bytes] = deque()
        self.post_answers: deque[bytes] = deque()
        self.rewrite: Callable[[str], str] = _as_it_came
        self.streams: list[str] = []  # the head of every request for a stream, as the server gets it
        self.open = 0  # streams that are open now
        self._port = int(port)
        self._writers: set[asyncio.StreamWriter] = set()
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        await self.until(lambda: not self._writers)

    def cut(self) -> None:
        """Break every connection."""
        for writer in self._writers:
            writer.transport.abort()

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait until something about this proxy is so. Raises TimeoutError after 10 seconds."""
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(happened)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                if not self.refuses:
                    await self._answer((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"), reader, writer)
        finally:
            writer.transport.abort() if self.refuses else writer.close()
            self._writers.discard(writer)
            await self._note()

    async def _answer(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if _is_post(head) and self.post_answers:
            await reader.readexactly(int(head.lower().split("content-length: ")[1].split("\r\n")[0]))
            writer.write(self.post_answers.popleft())
            return await writer.drain()
        if not (is_stream := "/sse?" in head.split("\r\n")[0]):
            return await self._pass_on(head, reader, writer)
        head = self.rewrite(head)
        self.streams.append(head)
        await self._note()
        if self.answers:
            writer.write(self.answers.popleft())
            return await writer.drain()
        self.open += is_stream
        try:
            await self._pass_on(head, reader, writer)
        finally:
            self.open -= is_stream

    async def _pass_on(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers.add(server)
        try:
            server.write(head.replace("Connection: keep-alive", "Connection: close").encode("latin-1"))
            lost = self.loses_answer and _is_post(head)
            self.loses_answer &= not lost
            up = asyncio.create_task(_pipe(reader, server))
            down = asyncio.create_task(_pipe(server_reader, None if lost else writer))
            await asyncio.wait([up, down], return_when=asyncio.FIRST_COMPLETED)
            for pipe in (up, down):
                pipe.cancel()
            await asyncio.gather(up, down, return_exceptions=True)
        finally:
            server.close()
            self._writers.discard(server)

    async def _note(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _is_post(head: str) -> bool:
    return head.startswith("POST") and not head.split(" ")[1].endswith("/typing")


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None) -> None:
    while chunk := await reader.read(65_536):
        if writer:
            writer.write(chunk)
            await writer.drain()


def refusal(status: str, body: str) -> bytes:
    """What a proxy in front says when the server behind it is not there."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close"
    return f"{head}\r\n\r\n{body}".encode()
