"""Answers in one write have the same bytes as the standard way, and leave the connection in the same state."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import h11
import pytest

from chadchat.server import one_write
from chadchat.server.config import ServerConfig
from chadchat.server.connection import PIECE
from chadchat.server.one_write import send_whole

from ..sites import serving

TEXT = [(b"content-type", b"text/plain"), (b"content-length", b"4")]
ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Answers:
    """An application on a real site that answers everything with `given`, and counts what it wrote."""

    def __init__(self) -> None:
        self.config = ServerConfig()
        self.config.errorlog = None
        self.given: tuple[int, list[tuple[bytes, bytes]], bytes] = (200, TEXT, b"tea?")
        self.writes = 0
        self.largest = 0
        self.port = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send_whole(scope, send, *self.given)

    async def hears(self, *requests: bytes) -> bytes:
        """All that comes back until the server closes, with the date left out."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(b"".join(requests))
            async with asyncio.timeout(60):
                return re.sub(rb"date: [^\r]*\r\n", b"", await reader.read())
        finally:
            writer.close()


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Answers]:
    site = Answers()
    write = asyncio.StreamWriter.write

    def counted(self: asyncio.StreamWriter, data: bytes) -> None:
        site.writes += bytes(data).startswith(b"HTTP/1.1") or data == site.given[2] != b""
        site.largest = max(site.largest, len(data))
        write(self, data)

    monkeypatch.setattr(asyncio.StreamWriter, "write", counted)
    async with serving(site, site.config) as served:
        site.port = served.port
        yield site


@pytest.fixture
def standard(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on, every answer takes the standard way."""
    return lambda: monkeypatch.setattr(one_write, "find_way", lambda scope: None)


NAMES = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, TEXT, b"tea?"),
        (201, [*TEXT, *NAMES, (b"location", "/KQZF/3#ä".encode())], b"\xff\r\n\0"),
        (204, [(b"location", b"/KQZF/3")], b""),
        (303, [(b"location", b"/KQZF"), (b"content-length", b"0")], b""),
        (429, [(b"retry-after", b"3"), (b"content-length", b"10000")], b"x" * 10_000),
    ],
)
async def test_it_is_what_the_standard_way_sends_but_in_one_write(
    site: Answers, standard: Callable[[], None], status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    site.given = (status, headers, body)

    short = await site.hears(ASK, ASK, ASK.replace(b"Host", b"Connection: Keep-Alive\r\nHost"), LAST)
    written = site.writes
    standard()
    long = await site.hears(ASK, ASK, ASK.replace(b"Host", b"Connection: Keep-Alive\r\nHost"), LAST)

    assert short == long
    assert short.count(b"HTTP/1.1 %d " % status) == 4
    assert (written, site.writes - written) == ((5, 8) if body else (4, 4)), "the last one closes: the standard way"


async def test_a_large_answer_goes_out_in_pieces(site: Answers, standard: Callable[[], None]) -> None:
    site.given = (200, [(b"content-length", b"100000")], bytes(range(250)) * 400)

    short = await site.hears(ASK, LAST)
    standard()

    assert short == await site.hears(ASK, LAST)
    assert short.endswith(site.given[2])
    assert site.largest == PIECE


@pytest.mark.parametrize(
    "asked",
    [
        [LAST],
        [ASK.replace(b"1.1", b"1.0")],
        [ASK.replace(b"GET", b"HEAD"), LAST],
        [b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"],  # answered before the rest has come
        [b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\ntea?", ASK, LAST],
        [b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ntea?\r\n0\r\n\r\n", LAST],
        [b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\ntea?", LAST],
        [ASK, b"nonsense\r\n\r\n"],
    ],
)
async def test_whatever_is_asked_the_connection_goes_on_or_ends_as_by_the_standard_way(
    site: Answers, standard: Callable[[], None], asked: list[bytes]
) -> None:
    short = await site.hears(*asked)
    standard()

    assert short == await site.hears(*asked) != b""


async def test_a_connection_ends_after_as_many_requests_as_it_may_carry(site: Answers) -> None:
    site.config.keep_alive_max_requests = 3

    heard = await site.hears(ASK * 5)

    assert heard.count(b"HTTP/1.1 200") == 3
    assert heard.lower().count(b"connection: close") == 1


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: b=2", b"a\n b", b"a\rb", b"a\0b"])
async def test_a_header_that_would_break_the_head_is_refused_by_h11(site: Answers, value: bytes) -> None:
    site.given = (200, [*TEXT, (b"location", value)], b"tea?")
    with pytest.raises(h11.LocalProtocolError):
        h11.Response(status_code=200, headers=[(b"location", value)])

    assert value not in await site.hears(ASK)


async def test_an_answer_that_says_so_closes_the_connection(site: Answers) -> None:
    site.given = (200, [*TEXT, (b"connection", b"close")], b"tea?")

    assert (await site.hears(ASK, ASK)).count(b"HTTP/1.1") == 1


async def test_a_wrong_length_is_left_to_the_standard_way(site: Answers) -> None:
    site.given = (200, TEXT, b"too long")

    assert b"too long" not in await site.hears(ASK)
