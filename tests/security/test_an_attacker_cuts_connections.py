"""A connection that is cut in any state gives back its place in the limit, its descriptor and its tasks. One whose
client does not read does so after a time-out.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from quart import Quart

from chadchat.app import create_app
from chadchat.node import Node
from chadchat.server import connection
from chadchat.server.connection import PIECE
from chadchat.server.connection_limit import ConnectionLimit
from chadchat.setting import Rate
from chadchat.settings import Settings

from ..reliability.scale import scale
from ..serving import Server
from ..sites import Served, serving
from ..waiting import until, wait_until
from .test_an_attacker_smuggles_a_request import exchange
from .test_an_attacker_speaks_another_protocol import HANDSHAKE, PREFACE

TIMES, AT_ONCE = scale(200, 1_000), 50  # what one leaves is counted exactly
HOST = b" HTTP/1.1\r\nHost: x\r\n"
POST = HOST + b"Content-Length: 4\r\n\r\ntea?"


@dataclass
class Victim:
    """A chadchat inside this process, with a room of 60 messages of 4,000 bytes."""

    site: Served
    node: Node
    connection_limit: ConnectionLimit
    code: bytes


@pytest.fixture
async def victim(tmp_path: Path) -> AsyncIterator[Victim]:
    much: dict[str, Any] = {name: 10**6 for name in ("limit_streams", "limit_room_posts")}
    much["limit_requests"] = Rate(10**6, 0.02)
    settings = Settings(data=str(tmp_path / "data"), limit_posts=Rate(60, 10**6), heartbeat=0.2, **much)
    app = create_app(settings)
    connection_limit = ConnectionLimit(10**6, 10**6, [])
    async with app.test_app(), serving(cast(Any, app), connection_limit=connection_limit) as site:
        code = await fill(app)
        yield Victim(site, app.extensions["chadchat"], connection_limit, code)


async def fill(app: Quart) -> bytes:
    client, known = app.test_client(), {"scope_base": {"client": ("127.0.0.1", 1)}}
    created = await (await client.post("/rooms", json={"name": "Ada"}, headers={"Accept": "*/*"}, **known)).get_json()
    for _ in range(60):
        assert (await client.post(f"/{created['code']}", data="x" * 4_000, **known)).status_code == 201
    return str(created["code"]).encode()


def asks(path: bytes) -> bytes:
    return b"GET " + path + HOST + b"\r\n"


# What is said on a connection, and what must have come back before it is cut.
STATES: dict[str, tuple[bytes, bytes]] = {
    "nothing": (b"", b""),
    "half a head": (b"GET /healthz HTTP/1.1\r\nX-A: ", b""),
    "half a body": (b"POST /CODE" + HOST + b"Content-Length: 100\r\n\r\nhalf", b""),
    "answered": (asks(b"/healthz"), b"ok\n"),
    "a refusal that is held": (b"POST /CODE" + POST, b""),
    "a refusal that is held, and more": ((b"POST /CODE" + POST) * 3, b""),
    "a large page": (asks(b"/CODE?limit=500"), b"HTTP/1.1 200"),
    "a stream": (asks(b"/CODE/sse"), b"event: open"),
    "a stream by the standard way": (b"GET /CODE/sse HTTP/1.0\r\n\r\n", b"event: open"),
    "a stream, and more": (asks(b"/CODE/sse?since=all") + asks(b"/healthz") * 5, b"event: open"),
    "an export": (asks(b"/CODE.jsonl"), b"HTTP/1.1 "),  # two of a visitor run at once, more are refused
    "pipelined": (asks(b"/healthz") * 20 + asks(b"/CODE.md"), b""),
    "another protocol": (PREFACE, b""),
    "a handshake": (HANDSHAKE % b"/CODE", b"HTTP/1.1 400"),
}


def descriptors() -> int:
    """Those of sockets: the database's readers open theirs when they are needed."""
    folder = Path("/proc/self/fd")
    found = 0
    for one in folder.iterdir():
        with suppress(FileNotFoundError):  # the folder's own
            found += str(one.readlink()).startswith("socket:")
    return found


async def open_one(victim: Victim, said: bytes, heard: bytes) -> socket.socket:
    loop, peer = asyncio.get_running_loop(), socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.setblocking(False)
    await loop.sock_connect(peer, ("127.0.0.1", victim.site.port))
    await loop.sock_sendall(peer, said.replace(b"/CODE", b"/" + victim.code))
    answer = b""
    while heard not in answer:
        answer += await loop.sock_recv(peer, 200)
        assert answer
    return peer


def cut(peer: socket.socket, *, reset: bool) -> None:
    if reset:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def what_is_open(victim: Victim) -> tuple[int, ...]:
    """Connections, visitors, streams, refusals that are held, tasks, descriptors."""
    limits = victim.node.limits
    counts = (victim.site.open, len(victim.connection_limit.open), limits.streams.open, limits._held)
    return (*counts, len(asyncio.all_tasks()), descriptors())


async def come_back_to(victim: Victim, before: tuple[int, ...]) -> None:
    with suppress(AssertionError):  # the one below says what is left
        await until(lambda: what_is_open(victim) == before)
    assert what_is_open(victim) == before


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
async def test_a_connection_that_is_cut_again_and_again_leaves_nothing(victim: Victim, state: str) -> None:
    said, heard = STATES[state]
    before = what_is_open(victim)
    for number in range(0, TIMES, AT_ONCE):
        peers = await asyncio.gather(*(open_one(victim, said, heard) for _ in range(AT_ONCE)))
        if "held" in state and number:
            await until(lambda: victim.node.limits._held >= AT_ONCE)
        for peer in peers:
            # A peer that closes behind requests that wait may still read: it keeps its place until it is answered.
            cut(peer, reset=number % (2 * AT_ONCE) == 0 or state.endswith("held, and more"))
    await come_back_to(victim, before)


@pytest.mark.parametrize("path", [b"/CODE?limit=500", b"/CODE.jsonl", b"/CODE.html", b"/CODE/json?since=all&poll=1"])
async def test_an_answer_that_nobody_reads_is_bounded_in_memory_and_time(
    victim: Victim, path: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PATIENCE", 0.5)
    monkeypatch.setattr("chadchat.server.sockets.SEND_BUFFER", 4096)
    before = what_is_open(victim)
    most = 0
    # A visitor has two exports at once.
    peers = [await open_one(victim, asks(path), b"HTTP/1.1 200") for _ in range(2 if b"." in path else 10)]

    def held() -> list[int]:
        """The bytes that each open connection has not yet given to the kernel."""
        return [one.writer.transport.get_write_buffer_size() for one in victim.site._connections]

    while sizes := held():
        most = max([most, *sizes])
        await asyncio.sleep(0.01)
    assert 0 < most <= PIECE
    for peer in peers:
        peer.close()
    await come_back_to(victim, before)


def test_whoever_was_cut_off_in_another_protocol_is_served_again(tmp_path: Path) -> None:
    server = Server(tmp_path / "strict", limits="on").start()
    windowless = bytes([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0]) + bytes([0, 0, 6, 1, 5, 0, 0, 0, 1])
    for _ in range(90):
        with socket.create_connection(("127.0.0.1", int(server.port)), timeout=60) as wire:
            wire.sendall(PREFACE[:24] + windowless + b"\x82\x86\x84\x41\x01x")
    try:
        wait_until(lambda: exchange(server, asks(b"/healthz")).startswith(b"HTTP/1.1 200 "))
    finally:
        server.stop()
