"""Bad input on the wire, to a real server: it is refused clearly, stores nothing, and affects no one else."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from httpx_sse import connect_sse
from hypothesis import given, settings
from hypothesis import strategies as st

from ..serving import Server

JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("bad") / "data", body_timeout="0.5").start()
    yield started
    assert "Traceback" not in started.stderr.read_text()
    started.stop()


@pytest.fixture(scope="module")
def room(server: Server) -> str:
    """One room for all examples of a property."""
    return server.create()["code"]


def exchange(server: Server, request: bytes) -> bytes:
    """Send raw bytes and keep the connection open on our side; everything that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", int(server.port)), timeout=60) as wire:
        wire.sendall(request)
        answer = b""
        try:
            while chunk := wire.recv(65_536):
                answer += chunk
                head, _, body = answer.partition(b"\r\n\r\n")
                if b"content-length" in head and len(body) >= int(head.split(b"content-length: ")[1].split(b"\r")[0]):
                    break
        except ConnectionResetError:
            pass
        return answer


def post(path: str, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: chat.example", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def texts(server: Server, code: str) -> list[str]:
    answer = httpx.get(f"{server.url}/{code}", headers=JSON).json()
    return [message["text"] for message in answer["messages"]]


@contextmanager
def undisturbed(server: Server) -> Iterator[str]:
    """A room with a reader who must still be there, and have missed nothing, whatever is done inside."""
    code = server.create()["code"]
    with httpx.Client(timeout=60) as client, connect_sse(client, "GET", f"{server.url}/{code}/sse") as stream:
        events = stream.iter_sse()
        assert next(events).event == "open"
        yield code
        httpx.post(f"{server.url}/{code}", content="still here")
        first = next(event for event in events if event.event == "message")
        assert json.loads(first.data)["text"] == "still here"
    assert texts(server, code) == ["still here"]


@pytest.mark.parametrize(
    "headers", [["Content-Length: 100"], ["Transfer-Encoding: chunked"]], ids=["with a length", "in chunks"]
)
def test_a_body_that_never_ends_is_refused_in_time(server: Server, headers: list[str]) -> None:
    with undisturbed(server) as code:
        start = b"5\r\nhello\r\n" if "chunked" in headers[0] else b"hello"
        answer = exchange(server, post(f"/{code}", *headers) + start)

        assert answer.startswith(b"HTTP/1.1 408")
        assert b'"code":"body_timeout"' in answer
        assert b"A body has 0.5 seconds to arrive, and nothing of this one is stored." in answer


def test_an_endless_body_is_cut_off_at_the_limit(server: Server) -> None:
    with undisturbed(server) as code:
        chunks = b"".join(b"1000\r\n" + b"x" * 4096 + b"\r\n" for _ in range(40))
        answer = exchange(server, post(f"/{code}", "Transfer-Encoding: chunked") + chunks)

        assert answer.startswith(b"HTTP/1.1 413")
        assert b'"code":"body_too_large"' in answer


def test_a_length_over_the_limit_is_refused_before_the_body_comes(server: Server) -> None:
    with undisturbed(server) as code:
        answer = exchange(server, post(f"/{code}", "Content-Length: 99999999999"))

        assert answer.startswith(b"HTTP/1.1 413")
        assert b'"code":"body_too_large"' in answer


@pytest.mark.parametrize("path", ["/ZZZZ", "/ZZZZ/join"])
def test_a_refused_post_whose_body_comes_late_leaves_its_connection_usable(server: Server, path: str) -> None:
    with socket.create_connection(("127.0.0.1", int(server.port)), timeout=60) as wire:
        wire.sendall(post(path, "Content-Length: 4", "Expect: 100-continue"))
        going_on = b""
        while not going_on.endswith(b"\r\n\r\n"):
            going_on += wire.recv(1)
        assert going_on.startswith(b"HTTP/1.1 100 ")  # the head has been read, and the body has not been sent
        wire.sendall(b"tea?" + b"GET /healthz HTTP/1.1\r\nHost: chat.example\r\nConnection: close\r\n\r\n")
        answers = b""
        while chunk := wire.recv(65_536):
            answers += chunk

    assert answers.startswith(b"HTTP/1.1 404 ")
    assert b"HTTP/1.1 200 " in answers
    assert answers.endswith(b"ok\n")


def test_a_body_that_nobody_reads_is_not_asked_for(server: Server) -> None:
    answer = exchange(server, post("/nothing", "Content-Length: 4", "Expect: 100-continue"))

    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"\r\nconnection: close\r\n" in answer.lower()


@pytest.mark.parametrize("path", ["/ZZZZ", "/nothing"])
@pytest.mark.parametrize("length", ["Content-Length: 70000", "Content-Length: 4", "Transfer-Encoding: chunked"])
def test_an_answer_that_does_not_wait_for_the_body_says_that_it_closes(server: Server, path: str, length: str) -> None:
    answer = exchange(server, post(path, length))

    assert answer[9:12] in (b"404", b"408", b"413")
    assert b"\r\nconnection: close\r\n" in answer.lower()


@pytest.mark.parametrize("written", ["Zo\xeb", "Zo\xc3\xab"])
def test_a_name_header_is_utf_8_as_curl_sends_it_or_latin_1_as_libraries_do(server: Server, written: str) -> None:
    answer = exchange(server, post(f"/{server.create()['code']}", f"Name: {written}", "Content-Length: 2") + b"hi")

    assert answer.startswith(b"HTTP/1.1 201")
    assert '"name":"Zo\u00eb"'.encode() in answer


@pytest.mark.parametrize(
    "request_",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%FF%FE HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /KQZF?before=%FF HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /help?room=%00 HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nCookie: chad-KQZF=\xff; a\xff=b;;=\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nAccept: ,;q=x,text/html;q=\xff\r\n\r\n",
        b'GET / HTTP/1.1\r\nHost: "><script>\r\n\r\n',
    ],
)
def test_malformed_requests_are_answered_or_dropped_and_never_crash(server: Server, request_: bytes) -> None:
    with undisturbed(server):
        answer = exchange(server, request_)
        assert not answer.startswith(b"HTTP/1.1 5")
        assert b"Traceback" not in answer
        assert b"<script>" not in answer


@given(
    st.binary(max_size=400), st.sampled_from(["text/plain", "application/json", "application/x-www-form-urlencoded"])
)
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_stored_or_refused_with_a_code(server: Server, room: str, body: bytes, media: str) -> None:
    answer = httpx.post(f"{server.url}/{room}", content=body, headers={"Content-Type": media})

    assert answer.status_code in (201, 400, 413, 422)
    said = answer.json()
    assert (said["kind"] if answer.status_code == 201 else said["error"][-1]) in ("message", ".")


@given(
    st.sampled_from(["sse", "json", "raw", "", "people", "1"]),
    st.dictionaries(st.sampled_from(["since", "limit", "before", "poll", "as", "last_event_id"]), st.text(max_size=20)),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.strip),
)
@settings(max_examples=150, deadline=None)
def test_any_question_is_answered_or_refused(
    server: Server, room: str, path: str, query: dict[str, str], cursor: str
) -> None:
    headers = {"Last-Event-ID": cursor, "Accept": "application/json"}
    try:
        with httpx.stream("GET", f"{server.url}/{room}/{path}", params=query, headers=headers, timeout=60) as answer:
            assert answer.status_code in (200, 400, 404)
    except UnicodeEncodeError:
        return  # a lone surrogate cannot be put into an address
