"""Streams of a real server: how they start, resume and end, and what they carry."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx_sse import ServerSentEvent, connect_sse

from ..serving import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("streams") / "data", heartbeat="0.2", leave_after="0.2").start()
    yield started
    started.stop()


@pytest.fixture
def room(server: Server) -> dict[str, str]:
    return server.create()


@pytest.fixture
def url(server: Server, room: dict[str, str]) -> str:
    return f"{server.url}/{room['code']}"


def post(url: str, *texts: str, **headers: str) -> list[dict[str, Any]]:
    return [httpx.post(url, content=text, headers=headers).json() for text in texts]


@contextmanager
def events(url: str, **headers: str) -> Iterator[Iterator[ServerSentEvent]]:
    with httpx.Client(timeout=60) as client, connect_sse(client, "GET", url, headers=headers) as stream:
        yield stream.iter_sse()


def texts(stream: Iterator[ServerSentEvent], count: int) -> list[str]:
    """The next so many messages, whatever else the stream carries."""
    found: list[str] = []
    for event in stream:
        assert event.event in ("message", "open", "people"), event
        if event.event == "message" and json.loads(event.data)["kind"] == "message":
            found.append(json.loads(event.data)["text"])
        if len(found) == count:
            break
    return found


def test_the_address_of_a_room_is_its_stream_for_a_reader_that_accepts_nothing_else(url: str) -> None:
    with events(url) as stream:  # httpx-sse accepts text/event-stream alone, as EventSource does
        assert next(stream).event == "open"
        post(url, "tea?")
        assert texts(stream, 1) == ["tea?"]


def test_the_head_of_a_stream_claims_no_length(url: str) -> None:
    for path in ("/sse", "/json?poll=1"):
        answer = httpx.head(url + path)

        assert answer.status_code == 200
        assert "Content-Length" not in answer.headers


def poll(url: str) -> list[str]:
    lines = httpx.get(url).text.splitlines()
    return [json.loads(line)["text"] for line in lines if json.loads(line)["kind"] == "message"]


def test_a_stream_opens_at_once_with_the_rooms_cursor_and_the_headers_a_proxy_needs(
    room: dict[str, str], url: str
) -> None:
    with httpx.Client() as client, connect_sse(client, "GET", f"{url}/sse") as stream:
        headers = stream.response.headers
        first = next(stream.iter_sse())

    assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert headers["Cache-Control"] == "no-store, no-transform"
    assert headers["X-Accel-Buffering"] == "no"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in headers
    assert (first.event, first.id, first.retry) == ("open", room["cursor"], 2000)
    assert json.loads(first.data) == {
        "kind": "open",
        "room": room["code"],
        "cursor": room["cursor"],
        "head": room["cursor"],
    }


def test_by_default_only_what_is_new_is_carried(url: str) -> None:
    post(url, "old")
    with events(f"{url}/sse") as stream:
        assert next(stream).event == "open"
        [new] = post(url, "new")

        event = next(event for event in stream if event.event == "message")
        assert (event.id, json.loads(event.data)) == (new["cursor"], new)


@pytest.mark.parametrize("stream", ["sse", "sse?as=html"])
def test_a_reader_of_a_quiet_room_that_is_cut_misses_nothing(url: str, stream: str) -> None:
    with events(f"{url}/{stream}") as first:
        opened = next(first)
    [missed] = post(url, "said meanwhile")

    with events(f"{url}/{stream}", **{"Last-Event-ID": opened.id}) as again:
        assert next(event for event in again if event.event == "message").id == missed["cursor"]


def test_open_says_where_the_reader_goes_on_from_and_where_the_log_is(url: str) -> None:
    one, _, three = post(url, "one", "two", "three")

    with events(f"{url}/sse?since={one['cursor']}") as stream:
        opened = next(stream)
    said = json.loads(opened.data)
    assert (opened.id, said["cursor"], said["head"]) == (one["cursor"], one["cursor"], three["cursor"])


def test_a_reader_that_is_cut_after_a_reset_misses_nothing(url: str) -> None:
    with events(f"{url}/sse", **{"Last-Event-ID": "zzzz-1"}) as stream:
        reset = next(event for event in stream if event.event == "reset")
    post(url, "said meanwhile")

    with events(f"{url}/sse", **{"Last-Event-ID": reset.id}) as stream:
        assert texts(stream, 1) == ["said meanwhile"]


@pytest.mark.parametrize("parameter", ["since", "last_event_id", "lastEventId", "Last-Event-ID"])
def test_a_reader_goes_on_from_a_cursor_in_the_address(url: str, parameter: str) -> None:
    one, *_ = post(url, "one", "two", "three")

    with events(f"{url}/sse?{parameter}={one['cursor']}") as stream:
        assert texts(stream, 2) == ["two", "three"]


def test_the_last_event_id_wins_over_the_cursor_in_the_address(url: str) -> None:
    one, two, _ = post(url, "one", "two", "three")

    with events(f"{url}/sse?since={one['cursor']}", **{"Last-Event-ID": two["cursor"]}) as stream:
        assert texts(stream, 1) == ["three"]


@pytest.mark.parametrize("parameter", ["last_event_id", "lastEventId", "Last-Event-ID"])
def test_the_last_id_in_the_address_wins_over_since_as_a_reader_that_comes_back_sends_both(
    url: str, parameter: str
) -> None:
    _, two, _ = post(url, "one", "two", "three")

    assert poll(f"{url}/json?poll=1&since=10m&{parameter}={two['cursor']}") == ["three"]
    assert poll(f"{url}/json?poll=1&since=all&{parameter}=") == ["one", "two", "three"]


@pytest.mark.parametrize("unknown", ["sinc=10m", "Since=10m", "last-event-id=a-1", "limits=3", "token=cct_x", "x"])
@pytest.mark.parametrize("stream", ["sse", "json", "raw"])
def test_a_parameter_that_no_stream_knows_is_refused(url: str, stream: str, unknown: str) -> None:
    answer = httpx.get(f"{url}/{stream}?poll=1&{unknown}", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (400, "parameter_unknown")
    assert unknown.partition("=")[0] in answer.json()["error"]


def test_a_stream_starts_with_the_newest_so_many(url: str) -> None:
    post(url, "one", "two", "three")

    assert poll(f"{url}/json?poll=1&since=-2") == ["two", "three"]
    assert poll(f"{url}/json?poll=1&since=-999999") == ["one", "two", "three"]
    with events(f"{url}/sse?since=-1") as stream:
        assert texts(stream, 1) == ["three"]
        post(url, "four")
        assert texts(stream, 1) == ["four"]


def test_all_is_everything_from_the_first_event_on(url: str) -> None:
    post(url, "one")

    with events(f"{url}/sse?since=all") as stream:
        seen = [json.loads(next(stream).data) for _ in range(4)]
    assert [event["kind"] for event in seen] == ["open", "room", "join", "message"]
    assert [event.get("seq") for event in seen] == [None, 1, 2, 3]


def test_a_duration_or_a_time_is_a_start(url: str) -> None:
    [one, two] = post(url, "one", "two")

    assert poll(f"{url}/json?poll=1&since=10m") == ["one", "two"]
    assert poll(f"{url}/json?poll=1&since=1d") == ["one", "two"]
    assert poll(f"{url}/json?poll=1&since=2000-01-01T00:00:00Z") == ["one", "two"]
    assert poll(f"{url}/json?poll=1&since=2100-01-01T00:00:00Z") == []
    assert poll(f"{url}/json?poll=1&since={two['at']}")[-1] == "two"
    assert one["at"] <= two["at"]


@pytest.mark.parametrize(
    ("cursor", "reason"), [("zzzz-1", "epoch"), ("{epoch}-999999", "ahead"), ("{epoch}-999999999999999", "ahead")]
)
def test_a_cursor_that_cannot_be_honoured_is_a_reset_and_then_what_is_new(
    room: dict[str, str], url: str, cursor: str, reason: str
) -> None:
    cursor = cursor.format(epoch=room["cursor"][:4])

    with events(f"{url}/sse", **{"Last-Event-ID": cursor}) as stream:
        assert next(stream).id == room["cursor"]
        reset = next(stream)
        assert (reset.event, reset.id) == ("reset", room["cursor"])
        said = json.loads(reset.data)
        assert said == {"kind": "reset", "room": room["code"], "reason": reason, "cursor": room["cursor"]}

        post(url, "new")
        assert texts(stream, 1) == ["new"]


def test_poll_answers_what_there_is_and_ends(url: str) -> None:
    post(url, "one", "two")

    assert poll(f"{url}/json?poll=1") == ["one", "two"]
    assert httpx.get(f"{url}/raw?poll=1").text.splitlines()[-1].endswith(" anonymous (not joined): two")
    assert httpx.get(f"{url}/sse?poll=1").text.count("\n\n") == 4
    assert httpx.get(f"{url}/json?poll=1&since=none").text == ""


def test_poll_carries_a_log_of_many_pages(url: str, server: Server) -> None:
    with httpx.Client() as client:
        for number in range(600):
            client.post(url, content=str(number))

    assert poll(f"{url}/json?poll=1") == [str(number) for number in range(600)]
    with events(f"{url}/sse?since=all") as stream:
        assert texts(stream, 600) == [str(number) for number in range(600)]


def test_poll_with_a_cursor_that_cannot_be_honoured_says_reset(url: str) -> None:
    assert json.loads(httpx.get(f"{url}/json?poll=1&since=zzzz-1").text)["kind"] == "reset"


def test_a_limit_bounds_what_is_carried(url: str) -> None:
    post(url, "one", "two", "three")

    assert poll(f"{url}/json?poll=1&limit=4") == ["one", "two"]
    lines = httpx.get(f"{url}/json?since=all&limit=3", timeout=60).text.splitlines()
    assert [json.loads(line).get("seq") for line in lines if '"seq"' in line] == [1, 2, 3]


def test_a_limited_stream_waits_for_what_is_new_and_then_ends(url: str) -> None:
    with httpx.stream("GET", f"{url}/json?limit=1", timeout=60) as stream:
        lines = stream.iter_lines()
        assert json.loads(next(lines))["kind"] == "open"
        post(url, "the one", "not this")
        rest = [json.loads(line) for line in lines]
    assert [event["text"] for event in rest if event["kind"] == "message"] == ["the one"]


def test_a_silent_stream_is_kept_alive(url: str) -> None:
    with httpx.stream("GET", f"{url}/sse", timeout=60) as stream:
        for chunk in stream.iter_raw():
            if chunk.endswith(b"\n\n:\n") or chunk == b":\n":
                break

    with httpx.stream("GET", f"{url}/json", timeout=60) as stream:
        assert next(line for line in stream.iter_lines() if "heartbeat" in line) == '{"kind":"heartbeat"}'


def test_a_stream_that_does_not_show_people_goes_on_when_they_come(url: str) -> None:
    with httpx.stream("GET", f"{url}/raw", timeout=60) as stream:
        lines = stream.iter_lines()
        assert next(lines) == ""
        httpx.post(f"{url}/join", json={"name": "Ada"})
        assert next(line for line in lines if line).endswith("* Ada has entered the room")
        for text in ("one", "two"):
            post(url, text)
            assert next(line for line in lines if line).endswith(f"anonymous (not joined): {text}")


def test_people_are_announced_when_somebody_comes_and_goes(url: str, room: dict[str, str]) -> None:
    with events(f"{url}/sse") as stream:
        httpx.post(f"{url}/join", json={"name": "Ada"})
        people = next(json.loads(event.data) for event in stream if event.event == "people" and "Ada" in event.data)
        assert [person["name"] for person in people["people"]] == ["Grace", "Ada"]
        assert people["count"] == 2


def test_a_reader_who_comes_back_is_told_who_is_here_now(url: str) -> None:
    httpx.post(f"{url}/join", json={"name": "Ada"})

    with events(f"{url}/sse") as stream:
        people = next(json.loads(event.data) for event in stream if event.event == "people")
    assert [person["name"] for person in people["people"]] == ["Grace", "Ada"]


def test_the_page_stream_carries_the_fragments_of_the_page(url: str, server: Server) -> None:
    with events(f"{url}/sse?as=html") as stream:
        assert next(stream).event == "open"
        [message] = post(url, "**tea**?")
        frame = next(event for event in stream if event.event == "message")

    with httpx.Client(base_url=server.url, headers={"Accept": "text/html"}, follow_redirects=True) as browser:
        page = browser.post(f"{url}/join", data={"name": "Ada"}).text
    assert f'id="m-{message["seq"]}"' in frame.data
    assert frame.data in page  # byte for byte what the page itself shows: one rendering


def test_a_member_is_here_while_streaming_and_leaves_some_time_after(url: str, room: dict[str, str]) -> None:
    with events(f"{url}/json") as _, httpx.stream("GET", f"{url}/json?since=all", timeout=60) as log:
        lines = (json.loads(line) for line in log.iter_lines())
        bearer = {"Authorization": f"Bearer {room['token']}"}
        with events(f"{url}/sse", **bearer) as stream:
            next(stream)
        with events(f"{url}/sse", **bearer) as stream:  # a reload
            next(stream)
        left = next(line for line in lines if line["kind"] == "leave")
        assert (left["name"], left["seq"]) == ("Grace", 3)
        with events(f"{url}/sse", **bearer) as stream:
            assert next(line for line in lines if line["kind"] == "join" and line["seq"] > 3)["name"] == "Grace"


def test_head_of_a_stream_answers_and_ends(url: str) -> None:
    answer = httpx.head(f"{url}/sse", timeout=60)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")


def test_a_stream_is_for_http_1_0_as_well(url: str, server: Server) -> None:
    post(url, "tea?")
    answer = subprocess.run(
        ["curl", "--http1.0", "-sN", "--max-time", "5", f"{url}/raw?since=all&limit=3"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.endswith(" anonymous (not joined): tea?\n")


# Readers who misbehave. The others notice nothing, and the server does not keep what is left of them.


def misbehave(server: Server, path: str, after: bytes = b"") -> socket.socket:
    """A stream opened by hand, and something sent after its request."""
    peer = socket.create_connection(("127.0.0.1", int(server.port)), timeout=60)
    peer.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert peer.recv(4096).startswith(b"HTTP/1.1 200")
    peer.sendall(after)
    return peer


@pytest.mark.parametrize("how", ["sends garbage", "half-closes", "resets", "sends garbage and goes"])
def test_a_reader_who(server: Server, url: str, room: dict[str, str], how: str) -> None:
    seat = httpx.post(f"{url}/join", json={"name": "Mallory"}).json()
    request = f"/{room['code']}/sse HTTP/1.1\r\nAuthorization: Bearer {seat['token']}\r\nX-Rest:"
    with events(f"{url}/sse") as other:
        assert next(other).event == "open"
        peer = misbehave(server, request, b"\x00garbage\r\n\r\n" if "garbage" in how else b"")
        if how == "half-closes":
            peer.shutdown(socket.SHUT_WR)
        if how == "resets":
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if how != "sends garbage":
            peer.close()
        post(url, "still here")
        # The one who only babbles stays a reader; of the others nothing is kept. Either event may be the first.
        missing = {("message", "anonymous"), *([("leave", "Mallory")] if how != "sends garbage" else [])}
        while missing:
            event = next(other)
            assert event.event in ("message", "people"), event
            said = json.loads(event.data)
            if event.event == "message":
                assert said.get("text") in (None, "still here")
                missing.discard((said["kind"], said["name"]))
        peer.close()


def test_a_reader_of_one_byte_a_time_gets_it_all_and_holds_up_nobody(
    server: Server, url: str, room: dict[str, str]
) -> None:
    slow = misbehave(server, f"/{room['code']}/sse?since=all")
    with events(f"{url}/sse") as other:
        assert next(other).event == "open"
        post(url, *(f"message {number}" for number in range(20)))
        assert texts(other, 20) == [f"message {number}" for number in range(20)]
    seen = b""
    while b"message 19" not in seen:
        seen += slow.recv(1)
    assert [f"message {number}".encode() in seen for number in range(20)] == [True] * 20
    slow.close()


# What a person types. Real curl, as the help page says it.


def curl(*arguments: str, stdin: str = "") -> str:
    command = ["curl", "-sS", "--max-time", "5", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True).stdout


def test_curl_posts_reads_and_follows(url: str, room: dict[str, str], tmp_path: Path) -> None:
    assert json.loads(curl("-d", "tea?", url))["text"] == "tea?"
    assert json.loads(curl("--data-binary", "@-", url, stdin="two\nlines\n"))["text"] == "two\nlines\n"
    assert json.loads(curl("-H", "Name: Zoë", "-d", "hi", url))["name"] == "Zoë"
    assert json.loads(curl("-F", "text=form", url))["text"] == "form"

    transcript = curl(url)
    assert transcript.startswith(f"# {room['code']}\n# here: Grace\n")
    assert " anonymous (not joined): tea?\n" in transcript
    assert " anonymous (not joined): two\n      lines\n" in transcript
    assert " Zoë (not joined): hi\n" in transcript
    assert curl(f"{url}/people") == "Grace\n"
    assert curl("-N", f"{url}/raw?since=all&limit=3").splitlines()[-1].endswith(" anonymous (not joined): tea?")


def test_curl_uploads_a_file_or_a_pipe_as_a_message(url: str, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("from a file\n")

    assert json.loads(curl("-T", str(tmp_path / "note.txt"), url))["text"] == "from a file\n"
    assert json.loads(curl("-T", "-", url, stdin="from a pipe\n"))["text"] == "from a pipe\n"


def test_curl_takes_a_seat_and_uses_it(url: str) -> None:
    seat = json.loads(curl("-d", "name=Ada", f"{url}/join"))

    said = json.loads(curl("-H", f"Authorization: Bearer {seat['token']}", "-d", "it is me", url))

    assert (said["name"], said["member"]) == ("Ada", seat["member"])
    assert json.loads(curl("-d", "not me", "-H", "Name: Ada", url))["code"] == "name_taken"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["{url}"], "HTTP/1.1 200 OK"),
        (["-d", "tea?", "{url}"], "HTTP/1.1 201 Created"),
        (["-I", "{url}/raw"], "HTTP/1.1 200 OK"),
        (["{url}/raw?poll=1"], "HTTP/1.1 200 OK"),
        (["{url}/raw?since=all&limit=1"], "HTTP/1.1 200 OK"),
        (["{url}/nothing"], "HTTP/1.1 404 Not Found"),
        (["-d", "", "{url}"], "HTTP/1.1 422 Unprocessable "),
        (["-H", "Transfer-Encoding: x", "{url}"], "HTTP/1.1 501 Not Implemented"),
        (["-H", "Expect: 100-continue", "-d", "tea?", "{url}"], "HTTP/1.1 100 Continue"),
    ],
)
def test_a_status_line_has_its_reason(url: str, arguments: list[str], line: str) -> None:
    answer = curl("-i", *(argument.format(url=url) for argument in arguments))

    assert answer.startswith(line)


def test_curl_is_told_in_one_line_what_is_wrong(server: Server) -> None:
    assert curl(f"{server.url}/ZZZZ") == f"There is no room ZZZZ, or it is locked.\n{server.url}/help#rooms\n"
    assert json.loads(curl("-d", "x", f"{server.url}/ZZZZ"))["error"] == "There is no room ZZZZ, or it is locked."
