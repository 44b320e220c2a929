"""Attacks on a server, and the people who use it meanwhile: the load of `bench.abuse`."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Final

ATTACKER: Final = "127.0.0.2"
PEOPLE: Final = 20  # each with a room and an address of their own
PAUSE: Final = 0.2  # seconds between two requests of a person, on average; in step they would wait for each other
POST: Final = 6  # one request in so many is a post: less than one a second, which is the measure of a seat
RATE: Final = 1000  # requests a second of the attacker
CONNECTIONS: Final = 100


@dataclass(slots=True)
class Tally:
    """What happened in a round: seconds to each answer that people got, and the statuses that the attacker got."""

    waits: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    failed: int = 0
    cpu: float = 0.0  # share of a core that the server used
    stolen: float = 0.0  # share of the machine that its host took away


@dataclass(frozen=True, slots=True)
class Target:
    """The server: its port, its process, and the rooms of the people (code, token)."""

    port: int
    pid: int
    rooms: list[tuple[str, str]]


Attack = Callable[[Target, Tally], Awaitable[None]]


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    """One request and the whole of its answer; the status."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    await reader.readexactly(length)
    return int(head[9:12])


async def connect(port: int, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0), limit=2**20)


async def person(target: Target, number: int, tally: Tally) -> None:
    """Posts and pages, one after the other, for ever."""
    code, token = target.rooms[number]
    pauses = Random(number)  # noqa: S311
    reader, writer = await connect(target.port, f"127.0.0.{10 + number}")
    seat = f"Host: localhost\r\nAuthorization: Bearer {token}\r\n"
    post = f"POST /{code} HTTP/1.1\r\n{seat}Content-Length: 4\r\n\r\ntea?".encode()
    page = f"GET /{code}?limit=20 HTTP/1.1\r\n{seat}Accept: application/json\r\n\r\n".encode()
    try:
        for turn in range(10**9):
            start = time.perf_counter()
            status = await exchange(reader, writer, page if turn % POST else post)
            tally.waits.append(time.perf_counter() - start)
            tally.failed += status >= 400
            await asyncio.sleep(PAUSE * pauses.uniform(0.5, 1.5))
    finally:
        writer.close()


async def flood(target: Target, tally: Tally, request: Callable[[int], bytes]) -> None:
    """RATE requests a second over CONNECTIONS connections, whatever is answered."""

    async def one(first: int) -> None:
        pair = None
        due = time.perf_counter() + first / RATE
        try:
            for turn in range(first, 10**9, CONNECTIONS):
                due += CONNECTIONS / RATE
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                with suppress(OSError, asyncio.IncompleteReadError):
                    pair = pair or await connect(target.port, ATTACKER)
                    status = await exchange(*pair, request(turn))
                    tally.statuses[status] = tally.statuses.get(status, 0) + 1
                    continue
                if pair:
                    pair[1].close()
                pair = None
        finally:
            if pair:
                pair[1].close()

    await asyncio.gather(*[one(number) for number in range(CONNECTIONS)])


async def wrong_codes(target: Target, tally: Tally) -> None:
    await flood(target, tally, lambda turn: f"GET /{_code(turn)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())


async def posts(target: Target, tally: Tally) -> None:
    code = target.rooms[-1][0].encode()
    sent = b"POST /%b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nspam" % code
    await flood(target, tally, lambda turn: sent)


async def streams(target: Target, tally: Tally) -> None:
    code = target.rooms[-1][0].encode()
    sent = b"GET /%b/sse HTTP/1.1\r\nHost: localhost\r\n\r\n" % code
    held = [await connect(target.port, ATTACKER) for _ in range(30)]
    try:
        for reader, writer in held:
            writer.write(sent)
            await reader.readuntil(b"open")
        await flood(target, tally, lambda turn: sent)
    finally:
        for _, writer in held:
            writer.close()


async def slow(target: Target, tally: Tally, start: bytes) -> None:
    """200 connections that send a byte a second each, and come back a second after they are cut off. They take turns:
    what we ourselves need for many at once would be in what people wait.
    """
    held: list[socket.socket | None] = [None] * 200
    due = time.perf_counter()
    try:
        for turn in range(10**9):
            due += 1 / len(held)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            number = turn % len(held)
            peer = held[number]
            held[number] = drip(peer, tally) if peer else knock(target.port, start)
    finally:
        for peer in held:
            if peer:
                peer.close()


def knock(port: int, start: bytes) -> socket.socket:
    """A connection that begins a request."""
    peer = socket.create_connection(("127.0.0.1", port), source_address=(ATTACKER, 0))
    peer.setblocking(False)
    peer.send(start)
    return peer


def drip(peer: socket.socket, tally: Tally) -> socket.socket | None:
    """One byte more of it; None if the server has ended the connection."""
    try:
        while answer := peer.recv(65_536):
            if answer[:5] == b"HTTP/":
                status = int(answer[9:12])
                tally.statuses[status] = tally.statuses.get(status, 0) + 1
    except BlockingIOError:
        with suppress(OSError):
            peer.send(b"a")
            return peer
    except OSError:
        pass
    peer.close()
    return None


async def slow_headers(target: Target, tally: Tally) -> None:
    await slow(target, tally, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")


async def slow_bodies(target: Target, tally: Tally) -> None:
    await slow(target, tally, b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\n")


ATTACKS: Final[dict[str, Attack]] = {
    "wrong codes, 1,000/s": wrong_codes,
    "posts over the limit, 1,000/s": posts,
    "new streams, 1,000/s": streams,
    "slow headers, 200 connections": slow_headers,
    "slow bodies, 200 connections": slow_bodies,
}


def _code(turn: int) -> str:
    return "".join(chr(65 + turn // 26**place % 26) for place in range(4))
