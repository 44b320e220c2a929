"""A removed message is one line everywhere: it stands in place of the message, and the removal adds no line."""

from __future__ import annotations

import json

import pytest
from quart.testing import QuartClient

PAGE = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}


@pytest.fixture
async def removed(client: QuartClient, code: str) -> tuple[str, int, int]:
    """A room in which Ada removed her message: its code, the numbers of the message and of the removal."""
    await client.post(f"/{code}/join", form={"name": "Ada"}, headers=PAGE)
    said = (await (await client.post(f"/{code}", data="too much", headers=JSON)).get_json())["seq"]
    gone = await (await client.delete(f"/{code}/{said}", headers=JSON)).get_json()
    await client.post(f"/{code}", data="better", headers=JSON)
    return code, said, gone["seq"]


@pytest.mark.parametrize(
    ("path", "accept", "line"),
    [
        ("", "text/html", "<bdi>Ada</bdi> removed a message "),
        ("/{said}", "text/html", "<bdi>Ada</bdi> removed a message "),
        ("", "*/*", " * Ada removed a message\n"),
        (".md", "*/*", " Ada removed a message*\n"),
        (".txt", "*/*", " * Ada removed a message\n"),
        (".html", "*/*", "<bdi>Ada</bdi> removed a message "),
    ],
)
async def test_what_shows_the_room_has_one_line(
    client: QuartClient, removed: tuple[str, int, int], path: str, accept: str, line: str
) -> None:
    code, said, _ = removed
    answer = await client.get(f"/{code}{path.format(said=said)}", headers={"Accept": accept})
    body = await answer.get_data(as_text=True)

    assert line in body
    assert body.count("removed a message") == 1
    assert "better" in body


async def test_the_stream_of_the_page_replaces_the_line_and_adds_none(
    client: QuartClient, removed: tuple[str, int, int]
) -> None:
    code, said, gone = removed
    stream = await (await client.get(f"/{code}/sse?as=html&since=all&poll=1")).get_data(as_text=True)
    frame = next(frame for frame in stream.split("\n\n") if f"-{gone}\n" in f"{frame}\n")

    assert f'<li id="m-{said}" data-kind="removed" data-author="" hx-swap-oob="outerMorph">' in frame
    assert frame.count("<li") == 1


@pytest.mark.parametrize("path", ["/json?since=all&poll=1", ".jsonl"])
async def test_programs_get_the_removal_as_an_event(
    client: QuartClient, removed: tuple[str, int, int], path: str
) -> None:
    code, said, gone = removed
    body = await (await client.get(f"/{code}{path}")).get_data(as_text=True)
    events = {event["seq"]: event for event in map(json.loads, body.split("\n")[:-1])}

    assert sorted(events) == list(range(1, len(events) + 1))
    assert (events[gone]["kind"], events[gone]["target"]) == ("remove", said)
    assert (events[said]["text"], events[said]["removed_by"]) == (None, "Ada")


async def test_a_terminal_is_told_of_the_removal_as_no_line_there_can_change(
    client: QuartClient, removed: tuple[str, int, int]
) -> None:
    code, said, _ = removed
    message = await (await client.get(f"/{code}/{said}", headers=JSON)).get_json()
    body = await (await client.get(f"/{code}/raw?since={message['cursor']}&poll=1")).get_data(as_text=True)

    assert [line[6:] for line in body.splitlines() if line] == ["* Ada removed a message of Ada", "Ada: better"]
