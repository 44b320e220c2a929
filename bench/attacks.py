"""The load of `bench.abuse`: attacks on a server, and the people who use it meanwhile."""

from __future__ import annotations

import asyncio
import select
import socket
import struct
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
BATCH: Final = 5  # so many at a time, or the attacker's own work would be more than the server's
STAMPS: Final = 35  # SO_TIMESTAMPNS, which Python does not name: when a packet came, by the kernel
CONNECTIONS: Final = 10_000  # of the attacker, at most


@dataclass(slots=True)
class Tally:
    """What happened in a round: when people got each answer, and after how many seconds, and the statuses that the
    attacker got.
    """

    waits: list[tuple[float, float]] = field(default_factory=list)
    disturbed: list[tuple[float, float]] = field(default_factory=list)  # when the machine's host took it away
    statuses: dict[int, int] = field(default_factory=dict)
    failed: int = 0
    cpu: float = 0.0  # share of a core that the server used

    @property
    def undisturbed(self) -> list[float]:
        """The seconds of those answers alone that nothing kept from us, in order."""
        return sorted(
            wait
            for when, wait in self.waits
            if not any(start <= when and when - wait <= end for start, end in self.disturbed)
        )

    def heard(self, answer: bytes) -> None:
        """The attacker got this."""
        if answer[:5] == b"HTTP/":
            status = int(answer[9:12])
            self.statuses[status] = self.statuses.get(status, 0) + 1


@dataclass(frozen=True, slots=True)
class Target:
    """The server: its port, its process, and the rooms of the people (code, token)."""

    port: int
    pid: int
    rooms: list[tuple[str, str]]


Attack = Callable[[Target, Tally], Awaitable[None]]


async def exchange(peer: socket.socket, request: bytes) -> tuple[int, float]:
    """One request and the whole of its answer: the status, and the seconds until the answer's end was here.

    Here is this machine's network: when we get to read it is no matter of the server's, and an attacker beside us would
    be in it.
    """
    loop = asyncio.get_running_loop()
    start = time.time_ns()
    peer.send(request)
    answer, came = b"", 0
    while (missing := _missing(answer)) > 0:
        readable = loop.create_future()
        loop.add_reader(peer, readable.set_result, None)
        try:
            await readable
        finally:
            loop.remove_reader(peer)
        part, [(_, _, stamp)], *_ = peer.recvmsg(missing, 64)
        seconds, rest = struct.unpack("qq", stamp)
        answer, came = answer + part, seconds * 10**9 + rest
    return int(answer[9:12]), (came - start) / 10**9


def _missing(answer: bytes) -> int:
    """How many bytes of an answer are to come, at most; before its head is whole that is not known."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return 2**20
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    return length - len(body)


def connect(port: int, address: str) -> socket.socket:
    """A connection of that visitor."""
    return socket.create_connection(("127.0.0.1", port), source_address=(address, 0))


async def person(target: Target, number: int, tally: Tally) -> None:
    """Posts and pages, one after the other, for ever."""
    code, token = target.rooms[number]
    pauses = Random(number)  # noqa: S311
    seat = f"Host: localhost\r\nAuthorization: Bearer {token}\r\n"
    post = f"POST /{code} HTTP/1.1\r\n{seat}Content-Length: 4\r\n\r\ntea?".encode()
    page = f"GET /{code}?limit=20 HTTP/1.1\r\n{seat}Accept: application/json\r\n\r\n".encode()
    with connect(target.port, f"127.0.0.{10 + number}") as peer:
        peer.setsockopt(socket.SOL_SOCKET, STAMPS, 1)
        for turn in range(10**9):
            status, wait = await exchange(peer, page if turn % POST else post)
            tally.waits.append((time.perf_counter(), wait))
            tally.failed += status >= 400
            await asyncio.sleep(PAUSE * pauses.uniform(0.5, 1.5))


async def flood(target: Target, tally: Tally, request: Callable[[int], bytes]) -> None:
    """RATE requests a second, whatever is answered and whenever: each on a connection that waits for nothing, or on a
    new one.
    """
    crowd = Crowd(target.port, tally)
    due = time.perf_counter()
    try:
        for turn in range(0, 10**9, BATCH):
            due += BATCH / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            crowd.hear()
            for number in range(turn, turn + BATCH):
                crowd.ask(request(number))
    finally:
        crowd.close()


class Crowd:
    """The attacker's connections. What is asked on one is sent once it stands."""

    def __init__(self, port: int, tally: Tally) -> None:
        self._port, self._tally = port, tally
        self._events = select.epoll()
        self._peers: dict[int, socket.socket] = {}
        self._unsent: dict[int, bytes] = {}
        self._free: list[int] = []

    def ask(self, request: bytes) -> None:
        """Nothing is asked where CONNECTIONS wait already."""
        if self._free:
            with suppress(OSError):
                self._peers[self._free.pop()].send(request)
        elif len(self._peers) < CONNECTIONS:
            peer = knock(self._port)
            self._peers[peer.fileno()] = peer
            self._unsent[peer.fileno()] = request
            self._events.register(peer, select.EPOLLOUT)

    def hear(self) -> None:
        """Take what came, and send what could not be sent before."""
        for number, event in self._events.poll(0):
            try:
                if event & select.EPOLLOUT:
                    self._peers[number].send(self._unsent.pop(number))
                    self._events.modify(number, select.EPOLLIN)
                else:
                    self._read(number)
            except OSError:
                self._leave(number)

    def _read(self, number: int) -> None:
        answer = self._peers[number].recv(65_536)
        self._tally.heard(answer)
        if not answer or b"connection: close" in answer.lower():
            self._leave(number)
        elif answer[:5] == b"HTTP/":
            self._free.append(number)

    def _leave(self, number: int) -> None:
        self._peers.pop(number).close()
        self._unsent.pop(number, None)
        if number in self._free:
            self._free.remove(number)

    def close(self) -> None:
        """Leave all of them."""
        self._events.close()
        for peer in self._peers.values():
            peer.close()


async def wrong_codes(target: Target, tally: Tally) -> None:
    await flood(target, tally, lambda turn: f"GET /{_code(turn)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())


async def posts(target: Target, tally: Tally) -> None:
    code = target.rooms[-1][0].encode()
    sent = b"POST /%b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nspam" % code
    await flood(target, tally, lambda turn: sent)


async def streams(target: Target, tally: Tally) -> None:
    code = target.rooms[-1][0].encode()
    sent = b"GET /%b/sse HTTP/1.1\r\nHost: localhost\r\n\r\n" % code
    held = [connect(target.port, ATTACKER) for _ in range(30)]
    try:
        for peer in held:
            peer.send(sent)
        await flood(target, tally, lambda turn: sent)
    finally:
        for peer in held:
            peer.close()


async def pages(target: Target, tally: Tally) -> None:
    await flood(target, tally, lambda turn: b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")


async def slow(target: Target, tally: Tally, start: bytes) -> None:
    """200 connections that send a byte a second each, and come back a second after they are cut off. They take turns:
    what we ourselves need for many at once would be in what people wait.
    """
    held: list[Slow | None] = [None] * 200
    due = time.perf_counter()
    try:
        for turn in range(10**9):
            due += 1 / len(held)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            number = turn % len(held)
            one = held[number] or Slow(knock(target.port), start)
            held[number] = one if one.go_on(tally) else None
    finally:
        for left in held:
            if left:
                left.peer.close()


@dataclass(slots=True)
class Slow:
    """A connection that begins a request, and what of it is sent next."""

    peer: socket.socket
    unsent: bytes

    def go_on(self, tally: Tally) -> bool:
        """Send a byte more; False if the server has ended the connection."""
        try:
            while answer := self.peer.recv(65_536):
                tally.heard(answer)
        except BlockingIOError:
            with suppress(BlockingIOError):  # it does not stand yet
                self.peer.send(self.unsent)
                self.unsent = b"a"
            return True
        except OSError:
            pass
        self.peer.close()
        return False


def knock(port: int) -> socket.socket:
    """The attacker's next connection, which may not stand yet, and perhaps never will."""
    peer = socket.socket()
    peer.setblocking(False)
    peer.bind((ATTACKER, 0))
    peer.connect_ex(("127.0.0.1", port))
    return peer


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
    "home page, 1,000/s": pages,
}


def _code(turn: int) -> str:
    return "".join(chr(65 + turn // 26**place % 26) for place in range(4))
