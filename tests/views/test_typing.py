"""Typing over HTTP: whose request counts, who is refused, and what the streams of each format say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from ..serving import Server

CURL = {"Accept": "*/*"}


class Table:
    """A room of Grace's, where Ada sits, on a real server."""

    def __init__(self, server: Server) -> None:
        made = server.create()
        self.url, self.code = made["url"], made["code"]
        self.grace = self.bearer(made["token"])
        joined = httpx.post(f"{self.url}/join", data={"name": "Ada"}, headers=CURL).json()
        self.ada, self.member = self.bearer(joined["token"]), joined["member"]

    @staticmethod
    def bearer(token: str) -> dict[str, str]:
        return {**CURL, "Authorization": f"Bearer {token}"}

    def types(self, headers: dict[str, str]) -> httpx.Response:
        return httpx.post(f"{self.url}/typing", headers=headers)

    def says(self, headers: dict[str, str], text: str = "tea?") -> None:
        httpx.post(self.url, content=text, headers=headers).raise_for_status()

    def sets(self, **settings: str) -> None:
        httpx.patch(f"{self.url}/settings", json=settings, headers=self.grace).raise_for_status()

    def announced(self, names: list[str]) -> dict[str, Any]:
        people = [{"name": name, "member": self.member} for name in names]
        return {"kind": "typing", "room": self.code, "people": people, "count": len(people)}


@pytest.fixture
def table(standing: Server) -> Table:
    return Table(standing)


def until(lines: Iterator[str], wanted: str) -> list[str]:
    """The lines of a stream up to one that has these words."""
    seen = []
    for line in lines:
        seen.append(line)
        if wanted in line:
            return seen
    raise AssertionError(f"the stream ended without {wanted}")


def test_each_format_says_it_in_its_way_and_text_not_at_all(table: Table) -> None:
    with ExitStack() as open:
        paths = ("/json", "/sse", "/sse?as=html", "/raw", "/json?kinds=message", "/json?kinds=message,typing")
        client = open.enter_context(httpx.Client(timeout=60))
        streams = [open.enter_context(client.stream("GET", table.url + path)) for path in paths]
        answer = table.types(table.ada)
        assert (answer.status_code, answer.content) == (204, b"")
        lines = [stream.iter_lines() for stream in streams]
        ndjson, sse, html, raw, few, asked = lines
        begun = until(ndjson, '"typing"')
        assert json.loads(begun[-1]) == table.announced(["Ada"])
        for block in (until(sse, '"typing"'), until(html, '"typing"')):
            assert block[-2] == "event: typing"
            assert json.loads(block[-1].removeprefix("data: ")) == table.announced(["Ada"])
        table.says(table.ada)
        assert not any("typing" in line for line in until(raw, "Ada: tea?"))
        assert not any("typing" in line for line in until(few, "tea?"))
        assert any('"typing"' in line for line in until(asked, "tea?"))
        ended = until(ndjson, '"typing"')
        assert json.loads(ended[-1]) == table.announced([])
        assert len([line for line in begun + ended if '"kind":"people"' in line]) == 1, "which did not change"
        late = open.enter_context(client.stream("GET", f"{table.url}/json"))
        assert json.loads(until(late.iter_lines(), '"typing"')[-1]) == table.announced([])


@pytest.mark.parametrize(
    ("prepare", "status", "code"),
    [
        ({"mute": "1"}, 403, "muted"),
        ({"read_only": "on"}, 403, "room_read_only"),
        ({"kick": "1"}, 401, "seat_required"),
    ],
    ids=["muted", "read-only", "kicked"],
)
def test_who_may_not_post_may_not_type(table: Table, prepare: dict[str, str], status: int, code: str) -> None:
    assert table.types(table.ada).status_code == 204
    if "mute" in prepare:
        httpx.post(f"{table.url}/mutes", data={"member": table.member}, headers=table.grace).raise_for_status()
    elif "kick" in prepare:
        httpx.delete(f"{table.url}/people/{table.member}", headers=table.grace).raise_for_status()
    else:
        table.sets(**prepare)
    answer = httpx.post(f"{table.url}/typing", headers=table.ada | {"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert table.types(table.grace).status_code == 204, "an owner may"


def test_a_locked_room_is_no_room_to_outsiders_and_its_members_type(table: Table) -> None:
    table.sets(lock="passphrase", passphrase="a long one")
    assert table.types(table.ada).status_code == 204
    outside = httpx.post(f"{table.url}/typing", headers={"Accept": "application/json"})
    assert (outside.status_code, outside.json()["code"]) == (404, "room_not_found")


def test_a_room_where_it_is_off_tells_nobody(table: Table) -> None:
    with httpx.Client(timeout=60) as client, client.stream("GET", f"{table.url}/json") as stream:
        table.sets(typing="off")
        assert table.types(table.ada).status_code == 204
        table.says(table.grace, "after")
        assert not any('"kind":"typing"' in line for line in until(stream.iter_lines(), "after"))
    page = httpx.get(f"{table.url}/settings", headers=table.grace | {"Accept": "text/html"})
    assert 'name="typing" type="checkbox" value="1"> <label for="typing">' in page.text
    wrong = httpx.patch(f"{table.url}/settings", json={"typing": "maybe"}, headers=table.grace)
    assert (wrong.status_code, wrong.json()["field"]) == (422, "typing")


def test_what_is_sent_with_it_changes_nothing(table: Table) -> None:
    with httpx.Client(timeout=60) as client, client.stream("GET", f"{table.url}/json") as stream:
        for body in ({"content": b"\xff\x00" * 1000}, {"json": {"text": "draft", "name": "Grace"}}):
            assert httpx.post(f"{table.url}/typing", headers=table.ada, **body).status_code == 204
        assert json.loads(until(stream.iter_lines(), '"typing"')[-1]) == table.announced(["Ada"])
    history = httpx.get(f"{table.url}/json?since=all&poll=1").text
    assert "draft" not in history
