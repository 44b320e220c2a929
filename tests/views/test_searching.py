"""Searching over HTTP: every format, the paging, who may, and the refusals."""

from __future__ import annotations

import random
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from quart import Quart
from quart.testing import QuartClient

from chadchat.app import create_app
from chadchat.domain import search
from chadchat.settings import Settings
from chadchat.storage import finding, follower
from chadchat.storage.follower import Follower
from chadchat.storage.search import FILE

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


def hostile(count: int) -> list[str]:
    """Queries that nobody means well with, the same ones in each run."""
    random_ = random.Random(19)  # noqa: S311 - the same queries in each run
    parts = list("\"'*-+^(){}:,a\0\t\n\x7f\u202e\u2028\u0640\u1112東한\U0010ffff\ufffe\u201c\u201d")
    parts += [
        "NEAR(a,3)",
        "AND",
        "OR",
        "NOT",
        "tea",
        "text:",
        "who:",
        "has:",
        "has:file",
        "from:",
        "from:a",
        "{text who}:",
    ]
    parts += [
        "before:",
        "before:1d",
        "after:9999999w",
        "after:0001-01-01",
        "-from:x",
        "';--",
        "%00",
        "\U0001f9d1\u200d",
    ]
    parts += ['""', '"a', "a*b*", '-"', 'before:"1d', 'from:"*', 'has:"link"', "AND*", '*"', "*" * 50, "x" * 150]
    parts += ["\ufdfa" * 9, "e\u0301" * 9, "\u0640" * 20]
    return ["".join(random_.choices([*parts, " "], k=random_.randint(1, 12))) for _ in range(count)]


async def test_five_hundred_hostile_queries_are_answered_or_refused(client: QuartClient, code: str) -> None:
    [said] = await say(client, code, "tea")
    await until_found(client, code, "tea", [said])
    statuses: Counter[int] = Counter()
    for query in hostile(500):
        answer = await ask(client, code, query)
        statuses[answer.status_code] += 1

    assert statuses.keys() == {200, 422}
    assert statuses[200] > 50
    assert await found(client, code, "tea") == [said], "and the search goes on"


async def test_nothing_of_a_locked_room_is_found_from_outside_or_from_another(client: QuartClient, code: str) -> None:
    opened = await (await client.post("/rooms", json={"name": "Ada"}, headers=CURL)).get_json()
    mine, owner = opened["code"], {"Authorization": f"Bearer {opened['token']}"}
    [said] = await say(client, mine, "secret tea", **owner)
    await say(client, code, "open tea")
    await client.post(
        f"/{mine}/settings", form={"lock": "passphrase", "passphrase": "correct horse"}, headers=CURL | owner
    )
    inside = partial(ask, client, mine, "secret", **owner)
    await until_it_is([said], lambda: seqs(inside()))

    outside = await ask(client, mine, "secret")
    nowhere = await ask(client, "QQQQ", "secret")
    assert (outside.status_code, nowhere.status_code) == (404, 404)
    assert (await outside.get_json())["code"] == (await nowhere.get_json())["code"] == "room_not_found"
    assert await found(client, code, "secret") == []
    assert len(await found(client, code, "tea")) == 1
    refused = await ask(client, mine, "secret", Authorization="Bearer cct_" + "x" * 43)
    assert refused.status_code == 404


async def seqs(answer: Any) -> list[int]:
    return [message["seq"] for message in (await (await answer).get_json())["messages"]]


async def test_posts_go_on_while_the_file_is_deleted_and_it_comes_back(
    client: QuartClient, code: str, app: Quart
) -> None:
    folder = app.extensions["chadchat"].settings.folder
    said: list[int] = []
    for number in range(3):
        said += await say(client, code, f"tea {number}")
        await until_found(client, code, "tea", said[::-1])
        for end in ("", "-wal", "-shm")[: number + 1]:
            (folder / f"{FILE}{end}").unlink(missing_ok=True)
    await until_found(client, code, "tea", said[::-1])


async def test_a_room_that_is_not_read_yet_says_so(
    client: QuartClient, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [said] = await say(client, code, "tea")
    await until_found(client, code, "tea", [said])
    answer = await (await ask(client, code, "tea")).get_json()
    assert answer == {"room": code, "query": "tea", "messages": answer["messages"], "older": None, "complete": True}

    monkeypatch.setattr(search, "BEHIND", -1)
    assert not (await (await ask(client, code, "tea")).get_json())["complete"]
    page = await client.get(f"/{code}/search?q=tea", headers=PAGE)
    assert "being read" in await page.get_data(as_text=True)


async def test_what_the_log_no_longer_has_is_not_shown(
    client: QuartClient, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in the moment before the follower has heard of it."""
    seat = await (await client.post(f"/{code}/join", form={"name": "Ada"}, headers=CURL)).get_json()
    ada = {"Authorization": f"Bearer {seat['token']}"}
    [said] = await say(client, code, "tea", **ada)
    await until_found(client, code, "tea", [said])
    monkeypatch.setattr(Follower, "_catch_up", lambda *_: None)
    assert (await client.delete(f"/{code}/{said}", headers=CURL | ada)).status_code == 200

    assert await found(client, code, "tea") == []


async def test_a_member_is_found_by_name_by_the_name_of_now_and_by_id(client: QuartClient, code: str) -> None:
    seat = await (await client.post(f"/{code}/join", form={"name": "Ada Lovelace"}, headers=CURL)).get_json()
    ada = {"Authorization": f"Bearer {seat['token']}"}
    [said] = await say(client, code, "tea", **ada)
    await client.post(f"/{code}/join", form={"name": "Countess"}, headers=CURL | ada)
    await until_found(client, code, "from:ada", [said])

    for author in ("countess", '"Ada Lovelace"', "lovelace", seat["member"]):
        assert await found(client, code, f"from:{author}") == [said], author
    assert await found(client, code, "from:lace") == []


async def test_a_seat_searches_five_times_at_once_and_the_sixth_is_told_when(tmp_path: Path) -> None:
    app = create_app(Settings(data=str(tmp_path / "data")))
    async with app.test_app():
        client: Any = app.test_client(use_cookies=False)
        code = (await (await client.post("/rooms", json={"name": "Grace"}, headers=CURL)).get_json())["code"]
        answers = [await ask(client, code, "tea") for _ in range(6)]
        refused = await ask(client, code, "?!")

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert (await answers[5].get_json())["code"] == "too_many_searches"
    assert int(answers[5].headers["Retry-After"]) >= 1
    assert refused.status_code == 422, "what is not looked for is not counted"


async def test_a_server_that_does_not_search_says_so_and_keeps_no_words(tmp_path: Path) -> None:
    app = create_app(Settings(data=str(tmp_path / "data"), search="off"))
    async with app.test_app():
        client: Any = app.test_client(use_cookies=False)
        code = (await (await client.post("/rooms", json={"name": "Grace"}, headers=CURL)).get_json())["code"]
        refused = await ask(client, code, "tea")

    assert (refused.status_code, (await refused.get_json())["code"]) == (404, "search_off")
    assert not (tmp_path / "data" / FILE).exists()


async def test_a_python_without_full_text_search_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(search, "available", lambda: False)
    made = search.Search(Settings(data=str(tmp_path)))
    made.start()
    made.changed([])
    with pytest.raises(search.SearchOff):
        made.require()
    made.close()

    assert [record.message for record in caplog.records if "full-text" in record.message] != []
    assert not (tmp_path / FILE).exists()


async def test_a_search_that_takes_too_long_is_refused(
    client: QuartClient, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        said = await say(client, code, *["tea"] * 20)
    await until_it_is(50, lambda: count(client, code))
    assert said
    monkeypatch.setattr(finding, "LONGEST", -1.0)
    monkeypatch.setattr(finding, "_STEPS", 1)
    refused = await ask(client, code, "tea")

    assert (refused.status_code, (await refused.get_json())["code"]) == (422, "query_too_broad")


async def count(client: QuartClient, code: str) -> int:
    return len(await found(client, code, "tea"))
