"""Addresses and headers as programs write them: slashes too many, headers twice, and what `Accept` makes of a room."""

from __future__ import annotations

import pytest
from quart.testing import QuartClient

CURL = {"Accept": "*/*"}
EVENTS = "text/event-stream"
LINES = "application/x-ndjson"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("//{code}", 200),
        ("/{code}//", 200),
        ("///{code}//people//", 200),
        ("/{code}//json?poll=1", 200),
        ("//evil.example//{code}", 404),
        ("/{code}//evil.example", 404),
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html"])
async def test_slashes_too_many_count_as_one_and_never_redirect(
    client: QuartClient, code: str, path: str, status: int, accept: str
) -> None:
    answer = await client.get(path.format(code=code), headers={"Accept": accept})

    assert answer.status_code == status
    assert "Location" not in answer.headers


async def test_a_post_with_a_slash_too_many_is_a_post(client: QuartClient, code: str) -> None:
    answer = await client.post(f"//{code}//", data="tea?", headers=CURL)

    assert (answer.status_code, (await answer.get_json())["text"]) == (201, "tea?")


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (EVENTS, EVENTS),
        ("Text/Event-Stream; charset=utf-8", EVENTS),
        (LINES, LINES),
        (f"text/html, {EVENTS}", "text/html"),
        (f"{EVENTS}, */*", "text/plain"),
        (f"{EVENTS}, application/json", "application/json"),
    ],
)
async def test_a_reader_that_accepts_a_stream_alone_gets_it_at_the_rooms_address(
    client: QuartClient, code: str, accept: str, media: str
) -> None:
    query = "?poll=1" if media in (EVENTS, LINES) else ""
    for path in (f"/{code}", f"/{code}/"):
        answer = await client.get(path + query, headers={"Accept": accept})

        assert answer.headers["Content-Type"] == f"{media}; charset=utf-8"
        assert answer.status_code == 200


async def test_what_is_no_room_and_no_get_is_not_made_a_stream(client: QuartClient, code: str) -> None:
    posted = await client.post(f"/{code}", data="tea?", headers={"Accept": EVENTS})
    assert (posted.status_code, (await posted.get_json())["text"]) == (201, "tea?")
    people = await client.get(f"/{code}/people", headers={"Accept": EVENTS})
    assert await people.get_data(as_text=True) == "Grace\n"
    unknown = await client.get("/ZZZZ", headers={"Accept": LINES})
    assert (unknown.status_code, (await unknown.get_json())["code"]) == (404, "room_not_found")


async def test_a_field_twice_in_the_address_of_a_stream_is_refused_and_not_half_ignored(
    client: QuartClient, code: str
) -> None:
    answer = await client.get(f"/{code}/json?poll=1&kinds=message&kinds=join", headers=CURL)

    assert (answer.status_code, (await answer.get_json())["code"]) == (400, "form_invalid")
