"""Malformed requests are refused in the caller's format, on a real server, and counted."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from ..serving import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("wellformed") / "data", body_timeout="0.5").start()
    yield started
    started.stop()
    written = started.stderr.read_text()
    assert [json.loads(line)["level"] for line in written.splitlines()] == ["info"], written


@pytest.fixture(scope="module")
def room(server: Server) -> dict[str, str]:
    return server.create()


def exchange(server: Server, line: str, *headers: str, body: bytes = b"") -> tuple[int, bytes]:
    """The status and the body of the first answer."""
    head = "\r\n".join([line, *headers, *([f"Content-Length: {len(body)}"] if body else []), "", ""])
    with socket.create_connection(("127.0.0.1", int(server.port)), timeout=60) as wire:
        wire.sendall(head.encode() + body)
        wire.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: wire.recv(65_536), b""))
    head_, _, said = answer.partition(b"\r\n\r\n")
    return int(head_[9:12]), said


HOSTS = ["a..b", ".", "..", "xn--", "a.xn--", "a" * 64, "a." * 200, "x" * 300, "a b", "a/b", "[::", "[x]", "[]",
         "x:99999", "x:y", "x:1:2", "", "é", '"><script>', "x@y", "x,y"]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/", "/healthz", "/{code}", "/nothing", "/static/app.js", "/{code}/qr.svg"])
def test_a_host_that_is_none_is_refused_at_every_route(
    server: Server, room: dict[str, str], host: str, path: str
) -> None:
    line = f"GET {path.format(**room)} HTTP/1.1"
    status, said = exchange(server, line, f"Host: {host}", "Accept: application/json")

    assert (status, json.loads(said)["code"]) == (400, "malformed")


def test_a_malformed_request_is_refused_in_the_callers_format_and_counted(server: Server) -> None:
    before = httpx.get(f"{server.url}/metrics").text.count('code="malformed"')
    page = exchange(server, "GET / HTTP/1.1", "Host: a..b", "Accept: text/html")
    fragment = exchange(server, "GET / HTTP/1.1", "Host: a..b", "HX-Request: true")
    text = exchange(server, "GET / HTTP/1.1", "Host: a..b")

    assert (page[0], fragment[0], text[0]) == (400, 400, 400)
    assert page[1].startswith(b"<!doctype html>")
    assert b'data-code="malformed"' in page[1]
    assert fragment[1].lstrip().startswith(b"<")
    assert text[1].startswith(b"That Host is none: ")
    assert f"http://127.0.0.1:{server.port}/help#errors".encode() in text[1]
    assert before <= httpx.get(f"{server.url}/metrics").text.count("malformed")


@pytest.mark.parametrize("headers", [[], ["Host: x", "Host: y"], ["Host : x"], ["Host: x", "no header"]])
def test_what_the_server_itself_refuses_has_words_too(server: Server, headers: list[str]) -> None:
    status, said = exchange(server, "GET / HTTP/1.1", *headers)

    assert status == 400
    assert json.loads(said)["error"].startswith("That is not a request in HTTP/1.1")
    assert 'malformed"' in httpx.get(f"{server.url}/metrics").text


@pytest.mark.parametrize("host", ["x", "X.Example.", "my_chat:8000", "127.0.0.1", "[::1]:8000", "xn--caf-dma.example"])
def test_a_host_that_may_be_is_served(server: Server, host: str) -> None:
    status, said = exchange(server, "GET /help HTTP/1.1", f"Host: {host}")

    assert status == 200
    assert f"http://{host.lower()}/".encode() in said


def test_without_a_host_addresses_are_those_the_connection_came_to(server: Server) -> None:
    status, said = exchange(server, "GET /help HTTP/1.0")

    assert status == 200
    assert f"http://127.0.0.1:{server.port}/rooms".encode() in said


TARGETS = [("GET", "?"), ("GET", "foo"), ("GET", "*"), ("GET", "http://["), ("GET", "http://a..b/"), ("GET", "http:///"),
           ("CONNECT", "a:1"), ("GET", "ftp://x/"), ("POST", "*")]  # fmt: skip


@pytest.mark.parametrize(("method", "target"), TARGETS)
def test_a_target_that_is_none_is_refused(server: Server, method: str, target: str) -> None:
    status, said = exchange(server, f"{method} {target} HTTP/1.1", "Host: x", "Accept: application/json")

    assert (status, json.loads(said)["code"]) == (400, "malformed")


@pytest.mark.parametrize("path", ["/caf\u00e9", "/%ff%fe", "/%00", "/%c0%af", "/\U0001f44d", "/%ed%a0%80"])
def test_any_path_is_answered(server: Server, path: str) -> None:
    assert exchange(server, f"GET {path} HTTP/1.1", "Host: x")[0] == 404


def test_a_path_in_utf_8_is_the_same_as_one_that_is_escaped(server: Server, room: dict[str, str]) -> None:
    headers = ("Host: x", f"Authorization: Bearer {room['token']}")
    said = {exchange(server, f"GET /{room['code']}/people/{name} HTTP/1.1", *headers) for name in ("é", "%C3%A9")}

    assert [status for status, _ in said] == [404]


def test_an_absolute_target_names_the_host(server: Server, room: dict[str, str]) -> None:
    status, said = exchange(server, f"GET http://y/{room['code']} HTTP/1.1", "Host: a..b", "Accept: application/json")
    assert (status, json.loads(said)["room"]) == (200, room["code"])
    assert b"http://y/rooms" in exchange(server, "GET http://y/help HTTP/1.1", "Host: x")[1]


def test_the_server_as_a_whole_says_what_it_takes(server: Server) -> None:
    assert exchange(server, "OPTIONS * HTTP/1.1", "Host: x")[0] == 200


@pytest.mark.parametrize("origin", ["http://[", "http://[::", "http://\u2100.example", "x" * 600])
def test_an_origin_that_is_none_is_refused(server: Server, room: dict[str, str], origin: str) -> None:
    headers = ("Host: x", f"Origin: {origin}")

    assert exchange(server, f"POST /{room['code']} HTTP/1.1", *headers, body=b"hi")[0] in (400, 403, 431)


def test_an_origin_is_the_hosts_in_either_case(server: Server, room: dict[str, str]) -> None:
    line = f"POST /{room['code']} HTTP/1.1"

    assert exchange(server, line, "Host: X:80", "Origin: http://x", body=b"hi")[0] == 201
    assert exchange(server, line, "Host: x", "Origin: http://y", body=b"hi")[0] == 403


def test_https_is_https_however_the_proxy_writes_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    behind = Server(tmp_path_factory.mktemp("proxied") / "data", trusted_hops="1").start()
    for scheme, secure in (("HTTPS", True), ("https", True), ("http", False), ("ftp", False), ("", False)):
        headers = {"X-Forwarded-Proto": scheme, "X-Forwarded-Host": "chat.example", "Accept": "text/html"}
        answer = httpx.post(f"{behind.url}/", data={"name": "Ada", "create": "1"}, headers=headers)
        assert answer.headers["Set-Cookie"].startswith("__Host-") is secure
        assert ("Strict-Transport-Security" in answer.headers) is secure
    behind.stop()


@pytest.mark.parametrize("path", ["a" * 300, "%00", "a/%00", "package.json", "package-lock.json", "css", "..%2fapp.py"])
def test_only_the_pages_files_are_served(server: Server, path: str) -> None:
    assert exchange(server, f"GET /static/{path} HTTP/1.1", "Host: x")[0] == 404


@pytest.mark.parametrize(
    "asked",
    ["items=1-2", "bytes=0-0,-1", "bytes=5-2", "x", "bytes=", "bytes=a-b", "bytes=0-3", "bytes=-4", "bytes=99999999-",
     "bytes=0-99999999999999999999", "bytes=-99999999999999999999"],
)  # fmt: skip
def test_a_range_is_ignored_as_any_may_be(server: Server, asked: str) -> None:
    """RFC 9110, 14.2: files are served from memory, whole and compressed."""
    assert httpx.get(f"{server.url}/static/icon.svg", headers={"Range": asked}).status_code == 200


NUMBERS = ["9" * 16, "9" * 19, "9" * 25, "9" * 4000]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("DELETE", ""), ("DELETE", "/links"), ("DELETE", "/bans"), ("POST", "/knocks"), ("DELETE", "/knocks"),
     ("GET", "/knocks")],
)  # fmt: skip
def test_a_number_that_nothing_has_is_nothing(
    server: Server, room: dict[str, str], method: str, path: str, number: str
) -> None:
    headers = {"Authorization": f"Bearer {room['token']}", "Accept": "application/json"}
    answer = httpx.request(method, f"{server.url}/{room['code']}{path}/{number}", headers=headers)

    assert answer.status_code in (400, 404)
    assert answer.json()["error"].endswith(".")


FIELDS = ["name", "title", "code", "passphrase", "member", "key", "for", "kind", "message", "slow", "_method"]
OF_A_POST = ["name", "key"]  # JSON may have others, of any type and length
ROUTES = ["/", "/rooms", "/{code}", "/{code}/join", "/{code}/settings", "/{code}/bans", "/{code}/mutes",
          "/{code}/owners", "/{code}/links", "/{code}/people/{member}", "/{code}/bans/1"]  # fmt: skip


def fields_of(path: str) -> list[str]:
    return OF_A_POST if path == "/{code}" else FIELDS


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
@pytest.mark.parametrize("path", ROUTES)
def test_half_a_character_is_refused_in_every_field(
    server: Server, room: dict[str, str], path: str, accept: str
) -> None:
    headers = {"Authorization": f"Bearer {room['token']}", "Accept": accept, "Content-Type": "application/json"}
    for field in ["text", *fields_of(path)]:
        sent = json.dumps({"text": "hi", "name": "Ada", "code": room["code"]} | {field: "a\ud800"})
        answer = httpx.post(f"{server.url}{path.format(**room)}", content=sent, headers=headers)
        assert answer.status_code == 422, (field, answer.text)


@pytest.mark.parametrize("path", ROUTES)
def test_a_field_that_is_too_long_is_refused_by_its_name(server: Server, room: dict[str, str], path: str) -> None:
    headers = {"Authorization": f"Bearer {room['token']}", "Accept": "application/json"}
    for field in fields_of(path):
        sent = {"text": "hi", "name": "Ada", "code": room["code"]} | {field: "a\u0315\u0300" * 6000}
        answer = httpx.post(f"{server.url}{path.format(**room)}", json=sent, headers=headers)
        assert answer.status_code in (413, 422), (field, answer.text)
        assert answer.json()["error"].endswith(".")


UNREADABLE = ['{"name":"a","name":"b"}', "[" * 60_000, '{"a":' * 10_000, '{"name":' + "9" * 60_000]


@pytest.mark.parametrize("value", UNREADABLE)
def test_json_that_no_two_readers_would_read_alike_is_refused(server: Server, value: str) -> None:
    answer = httpx.post(f"{server.url}/rooms", content=value, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (400, "json_invalid")


def part(head: bytes, text: bytes = b"hi") -> bytes:
    return b"--b\r\n" + head + b"\r\n\r\n" + text + b"\r\n--b--\r\n"


NAMED = b'Content-Disposition: form-data; name="text"'
MULTIPART = [
    (part(NAMED, b"caf\xc3\xa9"), 201),
    (part(NAMED, b"caf\xe9"), 422),
    (part(NAMED + b"\r\nX: \xff"), 422),
    (part(b"a: b\r\n" * 5000 + NAMED), 400),
    (part(NAMED + b"; a=b" * 5000), 400),
    (b"--b\r\n" + NAMED + b"\r\n" + b"x: --bX" * 100, 400),
    (part(b"Content-Disposition: form-data"), 422),
    (b"", 422),
]


@pytest.mark.parametrize(("body", "status"), MULTIPART)
def test_a_multipart_form_is_stored_as_it_came_or_refused(
    server: Server, room: dict[str, str], body: bytes, status: int
) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = httpx.post(f"{server.url}/{room['code']}", content=body, headers=headers)

    assert answer.status_code == status, answer.text
    assert status != 201 or answer.json()["text"] == "café"


@pytest.mark.parametrize("query", ["before=%ff", "before=%ed%a0%80", "before=%", "limit=" + "9" * 5000, "x&" * 60])
def test_an_address_whose_fields_are_none_is_refused(server: Server, room: dict[str, str], query: str) -> None:
    answer = httpx.get(f"{server.url}/{room['code']}?{query}", headers={"Accept": "application/json"})

    assert answer.status_code in (400, 422)
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("Authorization", "Bearer {token}", "Bearer cct_wrong"),
        ("Content-Type", "text/plain", "application/json"),
        ("Idempotency-Key", "a", "b"),
        ("Name", "Ada", "Ada"),
        ("Origin", "http://x", "http://evil.example"),
    ],
)
def test_a_header_twice_of_which_only_one_would_be_read_is_refused(
    server: Server, room: dict[str, str], name: str, one: str, other: str
) -> None:
    given = [f"{name}: {value.format(**room)}" for value in (one, other)]
    status, said = exchange(server, f"POST /{room['code']} HTTP/1.1", "Host: x", *given, body=b"tea?")

    refused = json.loads(said)
    assert (status, refused["code"]) == (400, "malformed")
    assert refused["error"] == f"A request has the header {name.lower()} once."
    assert "tea?" not in httpx.get(room["url"]).text
