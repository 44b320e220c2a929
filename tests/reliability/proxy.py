"""A proxy with scripted faults: for each connection a plan says how its answer is cut.

A connection carries one request. tests/browser/proxy.py takes a browser's whole network down; this one counts bytes.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: a close that sends RST


@dataclass(frozen=True, slots=True)
class Fault:
    """What becomes of an answer: `answer` instead of it (the server hears nothing), or so many bytes of it (`after`,
    None: all) in pieces of `piece` bytes, and then a reset, an end, or silence (`then`).
    """

    answer: bytes | None = None
    after: int | None = None
    piece: int = 65_536
    then: str = "reset"


FINE = Fault(then="end")
Plan = Callable[[str], Fault]  # from the head of the request


class FaultProxy:
    """`async with FaultProxy(port, plan) as proxy`: the same server at `proxy.url`, over that network."""

    def __init__(self, port: str, plan: Plan) -> None:
        self.url = ""
        self.faults = 0
        self._port = int(port)
        self._plan = plan
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=1024)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        task.add_done_callback(lambda _: writer.close())  # also where it ends before it has begun

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            fault = self._plan(head.decode("latin-1"))
            self.faults += fault is not FINE
            if fault.answer is not None:
                writer.write(fault.answer)
                await writer.drain()
            else:
                await self._pass_on(head, fault, reader, writer)

    async def _pass_on(
        self, head: bytes, fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        answer, server = await asyncio.open_connection("127.0.0.1", self._port)
        server.write(head.replace(b"Connection: keep-alive", b"Connection: close"))
        up = asyncio.create_task(_pipe(reader, server))
        down = asyncio.create_task(_part(answer, writer, fault))
        try:
            # Ends with the client, or with the fault: silence lasts until the client has had enough of it.
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            if down.done() and fault.then == "reset":
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        finally:
            server.close()  # first: the wait below may be cancelled
            up.cancel()
            down.cancel()
            await asyncio.gather(up, down, return_exceptions=True)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65_536):
        writer.write(chunk)
        await writer.drain()


async def _part(answer: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault) -> None:
    """Pass on what the fault leaves of an answer. An answer of which nothing is left has been given all the same."""
    passed = 0
    while chunk := await answer.read(fault.piece):
        left = len(chunk) if fault.after is None else max(0, fault.after - passed)
        passed += len(chunk[:left])
        writer.write(chunk[:left])
        await writer.drain()
        if fault.after is not None and passed >= fault.after:
            break
    if fault.then == "silence":
        await asyncio.Event().wait()


def page(status: str, body: str = "", media: str = "text/html") -> Fault:
    """An answer that a proxy or a login gives in the server's place."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\nConnection: close\r\n"
    length = "" if status.startswith("204") else f"Content-Length: {len(body)}\r\n"
    return Fault(answer=f"{head}{length}\r\n{body}".encode())
