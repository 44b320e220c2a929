"""Random requests cause no 5xx, no stack trace and no forged log line, and the server still answers. Bounded, on a real
server: with limits off, so that every request reaches the code behind them, and with limits on.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from itertools import cycle

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ..serving import Server

MEDIA = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain", ""]
PATHS = ["", "/join", "/leave", "/people", "/1", "/0", "/999999999999999", "/sse", "/json", "/raw", "/qr.svg", "/x",
         "/a.txt", "/%00", "/files/{file}/a", "/files/x/y"]  # fmt: skip
HEADERS = ["Accept", "Filename", "Name", "Idempotency-Key", "Last-Event-ID", "HX-Request", "Authorization", "Cookie",
           "Origin", "Sec-Fetch-Site", "Expect", "Range", "Content-Encoding", "X-Forwarded-For", "Forwarded",
           "Host"]  # fmt: skip
QUERY = ["since", "before", "limit", "poll", "as", "name", "room", "last_event_id", "around"]
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40)
ODD = st.sampled_from(
    [
        "(A+)+B",
        "((",
        "a..b",
        "[::",
        "k3f9-1",
        "-1",
        "0",
        "1e9",
        "NaN",
        "all",
        "none",
        "9" * 30,
        "10m",
        "..",
        "\u2028",
        "\x00",
        "%",
    ]
)
FORM = st.sampled_from(
    [
        "--b\r\n",
        'Content-Disposition: form-data; name="text"',
        'Content-Disposition: form-data; name="file"',
        '; filename="a.txt"',
        "\r\n\r\n",
        "--b--",
        "\n",
        "\xff",
        "x",
    ]
)


FIELD = st.sampled_from(["text", "name", "key", "title", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELD, inner, max_size=4),
    max_leaves=8,
)


@pytest.fixture(scope="module", params=["off", "on"], ids=["limits off", "limits on"])
def fuzzed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("fuzz") / "data", body_timeout="0.5", limits=request.param).start()
    yield started
    with httpx.Client(transport=httpx.HTTPTransport(local_address="127.9.9.9")) as other:
        assert other.get(f"{started.url}/healthz").text == "ok\n"
        code = other.post(f"{started.url}/rooms", json={"name": "Grace"}).json()["code"]
        assert other.post(f"{started.url}/{code}", content="still here").status_code == 201
    started.stop()
    written = started.stderr.read_text()
    lines = [json.loads(line) for line in written.splitlines()]
    limited = "chadchat.domain.limit_log"  # which limit refuses is said to the operator
    assert [line["level"] for line in lines if line["logger"] != limited] == ["info"]
    assert not any(word in written for word in ("Traceback", "request failed"))


@pytest.fixture(scope="module")
def room(fuzzed: Server) -> dict[str, str]:
    made = fuzzed.create()
    seat = {"Authorization": f"Bearer {made['token']}"}
    sent = httpx.put(f"{fuzzed.url}/{made['code']}/a", content=b"tea", headers=seat)
    return made | {"file": sent.json()["file"]["id"]}


class Visitors:
    """Clients at addresses of their own, in turns: with limits on, some meet them, and some do not."""

    def __init__(self, url: str) -> None:
        self.clients = [
            httpx.Client(base_url=url, timeout=60, transport=self._transport(f"127.0.{part}.{host}"))
            for part in range(1, 4)
            for host in range(1, 17)
        ]
        self._turns = cycle(self.clients)

    @staticmethod
    def _transport(address: str) -> httpx.HTTPTransport:
        """It keeps connections for a shorter time than the server: else one may end while it is used again."""
        return httpx.HTTPTransport(local_address=address, limits=httpx.Limits(keepalive_expiry=1))

    @property
    def next(self) -> httpx.Client:
        return next(self._turns)


@pytest.fixture(scope="module")
def client(fuzzed: Server) -> Iterator[Visitors]:
    visitors = Visitors(fuzzed.url)
    yield visitors
    for one in visitors.clients:
        one.close()


def unharmed(answer: httpx.Response) -> None:
    assert answer.status_code < 500
    if "Content-Length" not in answer.headers:
        return  # a stream
    body = answer.read()
    assert not any(word in body for word in (b"Traceback", b'File "', b"site-packages"))


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_any_request_is_answered(client: Visitors, room: dict[str, str], data: st.DataObject) -> None:
    draw = data.draw
    method = draw(st.sampled_from(["GET", "POST", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X"]))
    path = draw(st.sampled_from(["/", "/rooms", "/help", "/metrics", *(f"/{room['code']}{path}" for path in PATHS)]))
    path = path.replace("{file}", room["file"])
    query = draw(st.dictionaries(st.sampled_from(QUERY), ODD | PRINTABLE, max_size=3))
    headers = draw(st.dictionaries(st.sampled_from(HEADERS), ODD | PRINTABLE, max_size=4))
    sent = {name.encode(): value.strip().replace("\x00", "").encode() for name, value in headers.items()}
    if method in ("POST", "PUT") and draw(st.booleans()):
        sent[b"Authorization"] = f"Bearer {room['token']}".encode()
    form = st.lists(FORM, max_size=12).map(lambda parts: "".join(parts).encode("latin-1"))
    fields = st.dictionaries(st.sampled_from(["text", "name", "key", "code", "join", "create", "title"]), PRINTABLE)
    body = draw(st.binary(max_size=200) | form | fields.map(lambda value: json.dumps(value).encode()))
    media = draw(st.sampled_from(MEDIA))
    if media:
        sent[b"Content-Type"] = media.encode()
    content = body if method not in ("GET", "HEAD") else None
    with client.next.stream(method, path, params=query, headers=sent, content=content) as answer:
        unharmed(answer)


@given(JSON)
@settings(max_examples=200, deadline=None)
def test_any_json_is_stored_or_refused(client: Visitors, room: dict[str, str], value: object) -> None:
    for path in (f"/{room['code']}", f"/{room['code']}/join", "/rooms"):
        answer = client.next.post(
            path, content=json.dumps(value).encode(), headers={"Content-Type": "application/json"}
        )
        unharmed(answer)
        assert answer.status_code in (201, 400, 409, 413, 422, 429)


WIRE = st.sampled_from(
    [
        b"GET ", b"POST ", b"PRI ", b"get ", b"/", b"*", b"http://x/", b"/%00", b"/../..", b" HTTP/1.1", b" HTTP/1.0",
        b" HTTP/2.0", b" HTTP/9.9", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"Host: x", b"Host:", b": ", b" ", b"\t", b"\0",
        b"Content-Length: 5", b"Content-Length: -5", b"Content-Length: 5, 6", b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: x", b"Connection: Upgrade", b"Upgrade: h2c", b"Upgrade: websocket",
        b"Expect: 100-continue", b"HTTP2-Settings: A", b"5\r\nhello\r\n", b"0\r\n\r\n", b"ffffffffffffffff\r\n",
        b"SM\r\n\r\n", b"\x00\x00\x00\x04", b"\xff" * 9, b"A" * 300,
        b"Sec-WebSocket-Key: x", b"Sec-WebSocket-Version: 13",
    ]
)  # fmt: skip


@given(st.lists(WIRE, min_size=1, max_size=14) | st.binary(min_size=1, max_size=80).map(lambda raw: [raw]))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_answered_or_the_connection_ends(fuzzed: Server, pieces: list[bytes]) -> None:
    answer = exchange(fuzzed, b"".join(pieces))

    assert not re.search(rb"(?m)^HTTP/1.1 5(?!01|05)", answer)  # 501: an unknown coding; 505: another version of HTTP
    assert b"Traceback" not in answer
    assert httpx.get(f"{fuzzed.url}/healthz").status_code in (200, 429)


@given(
    st.lists(WIRE, max_size=8), st.sampled_from([b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nHost: x\r\n"])
)
@settings(max_examples=60, deadline=None)
def test_any_headers_are_answered_or_the_connection_ends(fuzzed: Server, pieces: list[bytes], start: bytes) -> None:
    answer = exchange(fuzzed, start + b"\r\n".join(pieces) + b"\r\n\r\n")

    assert not re.search(rb"(?m)^HTTP/1.1 5(?!01|05)", answer)  # 501: an unknown coding; 505: another version of HTTP
    assert b"Traceback" not in answer


def exchange(server: Server, sent: bytes) -> bytes:
    """Everything that comes back once we have said that nothing more follows."""
    answer = b""
    with socket.create_connection(("127.0.0.1", int(server.port)), timeout=60) as wire:
        try:
            wire.sendall(sent)
            wire.shutdown(socket.SHUT_WR)
            while chunk := wire.recv(65_536):
                answer += chunk
        except OSError:
            pass
    return answer
