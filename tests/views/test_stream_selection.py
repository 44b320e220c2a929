"""`kinds=` and `from=` of the three streams, on a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from httpx_sse import connect_sse

from ..serving import Server
from ..waiting import wait_until


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("selection") / "data", heartbeat="0.2").start()
    yield started
    started.stop()


@pytest.fixture
def room(server: Server) -> dict[str, str]:
    """A room where Ada sits, and Ada, a bot without a seat and Grace have said something."""
    made = server.create()
    url = made["url"]
    ada = httpx.post(f"{url}/join", data={"name": "Ada"}, headers={"Accept": "*/*"}).json()
    for text, headers in (
        ("one", bearer(ada["token"])),
        ("two", {"Name": "ci"}),
        ("three", bearer(made["token"])),
        ("four", bearer(ada["token"])),
    ):
        httpx.post(url, content=text, headers=headers).raise_for_status()
    return {**made, "ada": ada["token"], "member": ada["member"], "owner": made["token"]}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def polled(url: str, **query: str | int) -> list[dict[str, Any]]:
    answer = httpx.get(f"{url}/json", params={"poll": "1", **query})
    answer.raise_for_status()
    return [json.loads(line) for line in answer.text.splitlines()]


def words(events: list[dict[str, Any]]) -> list[str]:
    return [event.get("text") or event["kind"] for event in events if "seq" in event]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kinds": "message"}, ["one", "two", "three", "four"]),
        ({"kinds": "join, room"}, ["room", "join", "join"]),
        ({"from": "Ada"}, ["join", "one", "four"]),
        ({"from": "{member}"}, ["join", "one", "four"]),
        ({"from": "!{member}", "kinds": "message"}, ["two", "three"]),
        ({"from": "ci"}, ["two"]),
        ({"from": "!CI", "kinds": "message"}, ["one", "three", "four"]),
        ({"from": "!ci", "kinds": "message", "limit": 2}, ["one", "three"]),
        ({"kinds": "ban"}, []),
    ],
)
@pytest.mark.parametrize("how", ["poll", "follow"])
def test_a_reader_gets_what_it_asked_for(
    room: dict[str, str], query: dict[str, str], expected: list[str], how: str
) -> None:
    asked = {name: str(value).format(**room) for name, value in query.items()}

    if how == "poll":
        assert words(polled(room["url"], **asked)) == expected
        return
    limit = {} if "limit" in asked or not expected else {"limit": str(len(expected))}
    with httpx.stream("GET", f"{room['url']}/json", params={"since": "all", **asked, **limit}, timeout=60) as stream:
        lines = (json.loads(line) for line in stream.iter_lines())
        found = [next(line for line in lines if line["kind"] == "cursor")] if not expected else list(lines)
    assert words(found) == expected


def test_the_three_streams_leave_out_the_same(room: dict[str, str]) -> None:
    query = {"since": "all", "kinds": "message", "from": "!ci", "limit": "3"}
    raw = httpx.get(f"{room['url']}/raw", params=query, timeout=60).text.splitlines()
    with httpx.Client(timeout=60) as client, connect_sse(client, "GET", f"{room['url']}/sse", params=query) as stream:
        sse = [json.loads(event.data)["text"] for event in stream.iter_sse() if event.event == "message"]

    assert sse == ["one", "three", "four"]
    assert [line.rpartition(": ")[2] for line in raw if line] == sse


def test_a_member_is_followed_by_id_through_a_new_name_and_nobody_passes_for_one(room: dict[str, str]) -> None:
    httpx.post(f"{room['url']}/join", data={"name": "Ada L"}, headers={"Accept": "*/*"} | bearer(room["ada"]))
    httpx.post(room["url"], content="five", headers=bearer(room["ada"]))
    httpx.post(room["url"], content="forged", headers={"Name": room["member"]}).raise_for_status()

    found = polled(room["url"], kinds="message", **{"from": room["member"]})
    assert words(found) == ["one", "four", "five"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("kinds=messages", "kinds"),
        ("kinds=message,", "kinds"),
        ("kinds=", "kinds"),
        ("from=", "from"),
        ("from=!", "from"),
        ("from=a%00b", "from"),
    ],
)
@pytest.mark.parametrize("stream", ["sse", "json", "raw"])
def test_what_is_no_kind_and_no_author_is_refused(room: dict[str, str], stream: str, query: str, field: str) -> None:
    answer = httpx.get(f"{room['url']}/{stream}?{query}", headers={"Accept": "application/json"})

    said = answer.json()
    assert (answer.status_code, said["code"], said["field"]) == (400, "filter_invalid", field)


def test_a_reader_that_gets_little_comes_back_after_a_prune_without_a_reset(
    server: Server, room: dict[str, str]
) -> None:
    """The cursor goes along with what was left out: by a heartbeat to a stream, by the last line to a poll."""
    url, ids = room["url"], []
    with httpx.Client(timeout=60) as client, connect_sse(client, "GET", f"{url}/sse?kinds=ban") as stream:
        for event in stream.iter_sse():
            ids.append(event.id)
            if event.event == "open":
                httpx.post(url, content="five").raise_for_status()
            if event.event == "cursor":
                break
    last = polled(url, kinds="ban", since=ids[0])[-1]
    assert (last["kind"], last["cursor"]) == ("cursor", ids[-1])

    keep = {"Accept": "*/*"} | bearer(room["owner"])
    httpx.post(f"{url}/settings", data={"keep_events": "1"}, headers=keep).raise_for_status()
    server.restart()  # sweeps at the start
    url = f"{server.url}/{room['code']}"
    wait_until(lambda: polled(url, since=ids[0])[0]["kind"] == "reset")

    assert "reset" not in [event["kind"] for event in polled(url, kinds="ban", since=ids[-1])]
