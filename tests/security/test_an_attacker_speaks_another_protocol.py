"""Other protocols than HTTP/1.1, which no limit would count, are refused. Raw bytes to a real server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from quart import Quart

from ..serving import Server
from .conftest import MALLORY
from .test_an_attacker_smuggles_a_request import exchange

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])  # and an empty SETTINGS frame
HANDSHAKE = (
    b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
PLAIN = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("port") / "data").start()
    yield started
    if started.running:
        started.stop()


@pytest.mark.parametrize(
    "said",
    [
        PREFACE,
        PREFACE[:18],
        PREFACE + b"x" * 1000,
        b"GET / HTTP/2.0\r\nHost: x\r\n\r\n",
        b"GET / HTTP/3.0\r\n\r\n" + PLAIN,
        b"POST / HTTP/0.9\r\nContent-Length: 3\r\n\r\nabc" + PLAIN,
    ],
)
def test_another_version_gets_one_answer_in_http_1_1_and_the_end(server: Server, said: bytes) -> None:
    answer = exchange(server, said)

    assert answer.startswith(b"HTTP/1.1 505 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"\r\nconnection: close\r\n" in answer.lower()
    assert b"HTTP/1.1. Ask again" in answer or b"http_version_unknown" in answer


def test_a_later_version_of_http_1_is_spoken_to(server: Server) -> None:  # RFC 9110, 2.5
    answer = exchange(server, b"GET /healthz HTTP/1.2\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", [b"/", b"/ABCD", b"/ABCD/sse", b"/static/app.js", b"/nowhere/at/all", b"/?code=(A"])
def test_a_websocket_is_refused_in_words_and_the_connection_goes_on(server: Server, path: bytes) -> None:
    answer = exchange(server, HANDSHAKE % path + PLAIN)
    refused, _, rest = answer.partition(b"HTTP/1.1 200 ")

    assert refused.startswith(b"HTTP/1.1 400 ")
    assert b"There are no WebSockets here" in refused
    assert b"upgrade" not in refused.partition(b"\r\n\r\n")[0].lower()
    assert rest.endswith(b"ok\n")


def test_to_a_program_the_refusal_has_its_code(server: Server) -> None:
    asked = (HANDSHAKE % b"/").replace(b"Host: x", b"Host: x\r\nAccept: application/json")
    head, _, body = exchange(server, asked).partition(b"\r\n\r\n")

    assert b"application/json" in head
    assert json.loads(body)["code"] == "no_websockets"


def test_what_begins_no_websocket_is_an_ordinary_request(server: Server) -> None:
    asked = b"POST /rooms HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n"
    asked += b"Content-Type: application/json\r\nContent-Length: 14\r\n\r\n" + b'{"name":"Ada"}'

    assert exchange(server, asked).startswith(b"HTTP/1.1 201 ")


@pytest.mark.parametrize(("said", "refused"), [(PREFACE, b"505"), (HANDSHAKE % b"/ABCD", b"400")])
def test_both_count_like_any_request_and_leave_one_line_in_the_log(tmp_path: Path, said: bytes, refused: bytes) -> None:
    server = Server(tmp_path / "strict", limits="on", limit_requests="5, then 1/min").start()
    answers = [exchange(server, said)[9:12] for _ in range(8)]
    assert server.stop() == 0

    assert answers == [refused] * 5 + [b"429"] * 3
    lines = [json.loads(line) for line in server.stderr.read_text().splitlines()]
    limited = "chadchat.domain.limit_log"  # which limit refuses is said to the operator, once
    assert [line["logger"] for line in lines if line["level"] != "info"] == [limited]


def test_an_upgrade_to_anything_else_is_ignored(server: Server) -> None:
    upgrade = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: %b\r\n\r\n"
    answer = exchange(server, upgrade % b"h2c" + upgrade % b"TLS/1.0" + upgrade % b"foo/2, h2c" + PLAIN)

    assert answer.count(b"HTTP/1.1 200 ") == 4


async def handshake(app: Quart, **scope: Any) -> list[dict[str, Any]]:
    """What another server, one that has WebSockets, is told to answer."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    known = {"type": "websocket", "http_version": "1.1", "scheme": "ws", "path": "/ABCD", "raw_path": b"/ABCD"}
    known |= {"query_string": b"", "root_path": "", "client": (MALLORY, 1), "server": ("x", 80), "subprotocols": []}
    call: Callable[..., Any] = app
    await call(known | {"headers": [(b"host", b"x")], "state": {}} | scope, receive, send)
    return sent


async def test_a_server_that_has_websockets_is_told_to_refuse_them(
    strict: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = await handshake(strict)
    told = await handshake(strict, extensions={"websocket.http.response": {}})

    assert plain == [{"type": "websocket.close", "code": 1008}]
    assert [message["type"] for message in told] == ["websocket.http.response.start", "websocket.http.response.body"]
    assert (told[0]["status"], b"There are no WebSockets here" in told[1]["body"]) == (400, True)
    assert b"retry-after" not in dict(told[0]["headers"])  # asking again later does not help

    requests, now = strict.extensions["chadchat"].limits._requests, time.monotonic()
    monkeypatch.setattr(requests, "_clock", lambda: now)
    assert {requests.take(MALLORY) for _ in range(990)} == {0.0}
    over = [(await handshake(strict, extensions={"websocket.http.response": {}}))[0]["status"] for _ in range(20)]
    assert over[-1] == 429
