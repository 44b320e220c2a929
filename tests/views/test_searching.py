"""Searching over HTTP: every format, the paging, who may, and the refusals."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from quart import Quart
from quart.testing import QuartClient

from chadchat.storage import follower

from ..waiting import until_it_is

CURL = {"Accept": "*/*"}
JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html"}
FRAGMENT = {"Accept": "text/html, text/event-stream", "HX-Request": "true"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "EVERY", 0.001)


async def say(client: QuartClient, code: str, *texts: str, **headers: str) -> list[int]:
    said = [await client.post(f"/{code}", data=text.encode(), headers=CURL | headers) for text in texts]
    return [(await answer.get_json())["seq"] for answer in said]


async def ask(client: QuartClient, code: str, query: str, more: str = "", **headers: str) -> Any:
    return await client.get(f"/{code}/search?q={quote(query)}{more}", headers=JSON | headers)


async def found(client: QuartClient, code: str, query: str) -> list[int]:
    answer = await ask(client, code, query)
    assert answer.status_code == 200, await answer.get_data(as_text=True)
    return [message["seq"] for message in (await answer.get_json())["messages"]]


async def until_found(client: QuartClient, code: str, query: str, wanted: list[int]) -> None:
    """Wait for the follower."""
    await until_it_is(wanted, partial(found, client, code, query))


async def test_words_phrases_and_filters_find_messages_newest_first(client: QuartClient, code: str) -> None:
    one, two, three = await say(client, code, "deploy on Friday", "no deploy: https://x.test/log", "tea?")
    await until_found(client, code, "tea", [three])

    wanted = {
        "deploy": [two, one],
        "DEPLOY no": [two],
        "deploy -no": [one],
        "deploy -has:link": [one],
        "has:link": [two],
        "has:file": [],
        '"on friday"': [one],
        "\u201con friday\u201d": [one],
        '"friday on"': [],
        "dep*": [two, one],
        "from:anonymous tea": [three],
        "From:anonymous -from:ada fri*": [one],
        "from:ada": [],
        "after:1d": [three, two, one],
        "before:1d": [],
        "log": [two],
        "deploy ?!": [two, one],
    }
    assert {query: await found(client, code, query) for query in wanted} == wanted


@pytest.mark.parametrize("headers", [CURL, PAGE, FRAGMENT, JSON], ids=["text", "page", "fragment", "json"])
async def test_every_format_has_the_messages_and_the_way_to_older_ones(
    client: QuartClient, code: str, headers: dict[str, str]
) -> None:
    first, *_ = await say(client, code, *[f"tea {number}" for number in range(3)])
    await until_found(client, code, "tea", [first + 2, first + 1, first])

    newer = await client.get(f"/{code}/search?q=tea&limit=2", headers=headers)
    shown = await newer.get_data(as_text=True)
    older = f"/{code}/search?q=tea&before={first + 1}&limit=2"
    assert newer.status_code == 200
    assert (older in shown) or older.replace("&", "&amp;") in shown
    oldest = await (await client.get(older, headers=headers)).get_data(as_text=True)
    shown, oldest = (page.replace("<mark>", "").replace("</mark>", "") for page in (shown, oldest))
    assert shown.index("tea 2") < shown.index("tea 1")
    assert "tea 0" in oldest
    assert "before=" not in oldest


@pytest.mark.parametrize(
    ("query", "code_of_it"),
    [
        ("", "query_required"),
        ("*", "query_required"),
        ("?!", "query_required"),
        ("-tea", "query_invalid"),
        ("te*", "query_invalid"),
        ("has:cake", "query_invalid"),
        ("from:", "query_invalid"),
        ("tea after:", "query_invalid"),
        ("before:soon", "query_invalid"),
        ("x" * 201, "query_invalid"),
        ("a b c d e f g h i j k", "query_invalid"),
    ],
)
async def test_a_search_that_is_not_understood_says_what_to_do(
    client: QuartClient, code: str, query: str, code_of_it: str
) -> None:
    refused = await ask(client, code, query)
    assert (refused.status_code, (await refused.get_json())["code"]) == (422, code_of_it)

    page = await client.get(f"/{code}/search?q={quote(query)}", headers=PAGE)
    assert page.status_code == (422 if query else 200), "an empty box is the page to begin with"


async def test_the_page_names_files_and_finds_them_by_their_kind(client: QuartClient, code: str) -> None:
    joined = await (await client.post(f"/{code}/join", json={"name": "Ada"}, headers=JSON)).get_json()
    ada = {"Authorization": f"Bearer {joined['token']}"}
    answer = await client.put(f"/{code}/deploy.log", data=b"one\ntwo\n", headers=CURL | ada)
    assert answer.status_code == 201, await answer.get_data(as_text=True)
    seq = (await answer.get_json())["seq"]
    await say(client, code, "tea?")
    await until_found(client, code, "has:file", [seq])
    for query, shown in (("has:file", "deploy.log"), ("deploy", "<mark>deploy</mark>.log")):
        page = await (await client.get(f"/{code}/search?q={quote(query)}", headers=PAGE)).get_data(as_text=True)
        assert f'<a href="/{code}/{seq}"' in page
        assert shown in page
    assert await found(client, code, "has:picture") == []


async def test_a_room_has_the_box_only_where_something_can_be_found(client: QuartClient, code: str, app: Quart) -> None:
    await client.post(f"/{code}/join", form={"name": "Ada"}, headers=PAGE)

    async def room() -> str:
        return str(await (await client.get(f"/{code}", headers=PAGE)).get_data(as_text=True))

    assert f'action="/{code}/search"' in await room()
    app.extensions["chadchat"].search.on = False
    assert f"/{code}/search" not in await room()
    for headers in (PAGE, JSON):
        assert (await client.get(f"/{code}/search?q=tea", headers=headers)).status_code == 404
