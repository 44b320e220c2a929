"""Requests that cause much work with few bytes: bodies in the smallest chunks, and empty lines."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from chadchat.server.http11 import CHUNKS, SMALLEST_CHUNK

from ..serving import Server
from .test_an_attacker_smuggles_a_request import exchange

CLOSE = b"Connection: close\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("port") / "data").start()
    yield started
    if started.running:
        started.stop()


def chunked(code: str, size: int, count: int) -> bytes:
    body = b"%x\r\n%b\r\n" % (size, b"a" * size) * count + b"0\r\n\r\n"
    head = b"POST /%b HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" % code.encode()
    return head + body


@pytest.mark.parametrize(("size", "count"), [(1, 10_000), (1, CHUNKS + 30), (SMALLEST_CHUNK - 1, 4_000)])
def test_a_body_in_crumbs_is_refused(server: Server, size: int, count: int) -> None:
    answer = exchange(server, chunked(server.create()["code"], size, count))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body) == {
        "code": "chunks_too_small",
        "status": 400,
        "error": "More than 100 chunks must have 16 bytes on average.",
    }
    assert answer.count(b"HTTP/1.1 ") == 1
    assert '"level": "error"' not in server.stderr.read_text()


@pytest.mark.parametrize(("size", "count"), [(1, CHUNKS), (SMALLEST_CHUNK, 250), (4_000, 1)])
def test_a_body_in_chunks_of_any_use_is_taken(server: Server, size: int, count: int) -> None:
    answer = exchange(server, chunked(server.create()["code"], size, count))

    assert answer.startswith(b"HTTP/1.1 201 "), answer


@pytest.mark.parametrize("headers", [b"", CLOSE])
@pytest.mark.parametrize("extra", [b"\r\n", b"\r\n\r\n", b"\n", b"\r\n" * 8])
def test_empty_lines_around_requests_are_ignored(server: Server, headers: bytes, extra: bytes) -> None:
    code = server.create()["code"].encode()
    one = b"POST /%b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n%b\r\ntea?" % (code, headers)
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answers = [exchange(server, extra + one + extra + (b"" if headers else last)) for _ in range(20)]

    assert [answer[:13] for answer in answers] == [b"HTTP/1.1 201 "] * 20
    assert {answer.count(b"HTTP/1.1 ") for answer in answers} == {1 if headers else 2}
    assert headers or all(b"HTTP/1.1 200 " in answer for answer in answers)


def test_an_old_version_may_end_with_an_empty_line_too(server: Server) -> None:
    code = server.create()["code"].encode()
    one = b"POST /%b HTTP/1.0\r\nContent-Length: 4\r\n\r\ntea?\r\n" % code

    assert [exchange(server, one)[:13] for _ in range(20)] == [b"HTTP/1.1 201 "] * 20


@pytest.mark.parametrize("said", [b"\r\n" * 9, b"\rGET", b"\r\n GET", b"\0\r\n"])
def test_what_is_no_empty_line_is_refused_with_a_sentence(server: Server, said: bytes) -> None:
    answer = exchange(server, said + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"error":"That is not a request in HTTP/1.1' in answer
    assert answer.count(b"HTTP/1.1 ") == 1
