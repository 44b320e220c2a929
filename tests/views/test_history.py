"""Pages of history: limited in bytes, without a gap, and rendered in small steps."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from quart import Quart
from quart.testing import QuartClient

from chadchat.app import create_app
from chadchat.domain import messages, rooms
from chadchat.domain.messages import LARGEST_HTML, Draft
from chadchat.events import Event, now
from chadchat.log import Log
from chadchat.log.local import LocalLog
from chadchat.settings import Settings

from ..measuring import MOST, longest_step
from ..reusing import copied

LARGEST = 256 * 1024
JSON, TEXT = {"Accept": "application/json"}, {"Accept": "*/*"}
PAGE, FRAGMENT = {"Accept": "text/html"}, {"Accept": "text/html", "HX-Request": "true"}
FAT = {
    "letters": "x" * 4096,
    "emoji": "🦆" * 4096,
    "links": "https://a.example/b?c=d&e=f " * 75,
    "quotes": '"&<' * 1300,
    "line ends": "a\n" * 2048,
    "controls": "\x1b" * 4095 + ".",
    "mixed": "**b** `c` [l](http://a.b)\n- x\n" * 30,
}


@pytest.fixture(scope="module", params=list(FAT))
def fat(request: pytest.FixtureRequest, new: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, int]:
    """A data folder to copy, in which a room has 120 fat messages; its code, and the seq of the newest."""
    folder = copied(new, tmp_path_factory.mktemp("fat") / "data")

    async def filled() -> tuple[str, int]:
        log = await LocalLog.open(folder)
        code = (await rooms.create(log, log.db, "Grace")).room
        newest = await fill(log, code, 120, FAT[request.param])
        await log.close()
        return code, newest

    return folder, *asyncio.run(filled())


@pytest.fixture
async def full(fat: tuple[Path, str, int], tmp_path: Path) -> AsyncIterator[tuple[QuartClient, str, int]]:
    """A client of an application that serves such a room, in which Ada has a seat; the code and the newest."""
    folder, code, newest = fat
    app = create_app(Settings(data=str(copied(folder, tmp_path / "full")), limits="off"))
    async with app.test_app():
        client = cast(QuartClient, app.test_client())
        await client.post(f"/{code}/join", form={"name": "Ada"}, headers=PAGE)
        yield client, code, newest


async def fill(log: Log, code: str, count: int, text: str, name: str = "'" * 32) -> int:
    """Post so many messages, under the longest of names; the seq of the newest."""
    draft = Draft(text, name=name)
    posted = await asyncio.gather(*(messages.post(log, code, None, draft) for _ in range(count)))
    return max(committed.event.seq for committed in posted)


async def seqs_by(client: QuartClient, code: str, headers: dict[str, str]) -> list[int]:
    """All messages, by following the links to older ones."""
    seen: list[int] = []
    where: str | None = f"/{code}?limit=500&before=999999"
    while where:
        answer = await client.get(where, headers=headers)
        body = await answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert len(body.encode()) <= LARGEST
        if headers is JSON:
            page = json.loads(body)
            found, older = [event["seq"] for event in page["messages"]], page["older"]
        elif headers is TEXT:
            count = len(re.findall(r"^\d\d:\d\d [^*]", body, re.MULTILINE))
            link = re.search(r"^# older: (\S*)", body, re.MULTILINE)
            older = link[1] if link else None
            first = int(older.rsplit("=", 1)[1]) if older else 3
            found = list(range(first, first + count))
        else:
            found = [int(seq) for seq in re.findall(r'<li id="m-(\d+)" data-kind="message"', body)]
            link = re.search(r'<a id="older-link" href="([^"]*)"', body.partition("<template")[0])
            older = link[1] if link else None
        assert found or not older
        seen = found + seen
        where = f"/{code}?limit=500&{older.rsplit('?', 1)[1]}" if older else None
    return seen


@pytest.mark.parametrize("headers", [JSON, FRAGMENT, PAGE, TEXT], ids=["JSON", "fragment", "page", "text"])
async def test_a_page_ends_at_256_kib_and_the_links_lead_to_all_the_rest(
    full: tuple[QuartClient, str, int], headers: dict[str, str]
) -> None:
    client, code, newest = full
    seen = await seqs_by(client, code, headers)

    assert [seq for seq in seen if seq <= newest] == list(range(seen[0], newest + 1))
    assert len([seq for seq in seen if seq <= newest]) >= 120


async def test_the_page_around_a_message_has_it_and_goes_on_in_both_directions(
    full: tuple[QuartClient, str, int],
) -> None:
    client, code, newest = full
    middle = newest - 60
    body = await (await client.get(f"/{code}/{middle}", headers=PAGE)).get_data(as_text=True)

    shown = [int(seq) for seq in re.findall(r'<li id="m-(\d+)"', body.partition('<li id="gap"')[0])]
    end = [int(seq) for seq in re.findall(r'<li id="m-(\d+)"', body.partition('<li id="gap"')[2])]
    assert middle in shown
    assert shown == list(range(shown[0], shown[-1] + 1))
    assert end == list(range(end[0], newest + 2))
    assert f'href="/{code}?before={shown[0]}"' in body
    assert f'<a href="/{code}/{shown[-1] + 1}" hx-get="/{code}?after={shown[-1]}&amp;before={end[0]}"' in body
    assert f"/sse?as=html&amp;since={await epoch_of(client, code)}-{end[-1]}" in body
    assert len(body.encode()) <= LARGEST


async def epoch_of(client: QuartClient, code: str) -> str:
    """The epoch of a room."""
    shown = await (await client.get(f"/{code}", headers=JSON)).get_json()
    return str(shown["cursor"].split("-")[0])


async def test_a_gap_that_has_nothing_is_none(app: Quart, client: QuartClient, code: str) -> None:
    await client.post(f"/{code}/join", form={"name": "Ada"}, headers=PAGE)
    await fill(app.extensions["chadchat"].log, code, 50, "x" * 4096, "deploybot")
    newest = await fill(app.extensions["chadchat"].log, code, 24, "tea?")

    for asked in (5, 20, 40, newest - 26, newest - 25, newest - 24, newest):
        body = await (await client.get(f"/{code}/{asked}", headers=PAGE)).get_data(as_text=True)
        above, gap, below = body.partition('<li id="gap"')
        lines = [[int(seq) for seq in re.findall(r'<li id="m-(\d+)"', part)] for part in (above, below)]
        assert lines[0] == list(range(lines[0][0], lines[0][-1] + 1))
        assert (lines[1] or lines[0])[-1] == newest
        assert bool(gap) == bool(lines[1])
        assert not gap or lines[1][0] > lines[0][-1] + 1


async def test_a_message_that_was_pruned_opens_the_oldest_that_are_kept_and_says_so(
    app: Quart, client: QuartClient, code: str
) -> None:
    await client.post(f"/{code}/join", form={"name": "Ada"}, headers=PAGE)
    newest = await fill(app.extensions["chadchat"].log, code, 130, "tea?")
    await app.extensions["chadchat"].log.append(Event(code, "prune", now(), changes={"before": 30}))

    answer = await client.get(f"/{code}/12", headers=PAGE)
    body = await answer.get_data(as_text=True)
    assert answer.status_code == 404
    assert "Message 12 is not kept any more. The oldest messages that are kept begin here." in body
    assert re.findall(r'<li id="m-(\d+)"[^>]*class="here"', body) == ["30"]
    assert f'<li id="m-{newest}"' in body
    for headers in (JSON, TEXT):
        assert (await client.get(f"/{code}/12", headers=headers)).status_code == 404
    for none in (0, newest + 9):
        answer = await client.get(f"/{code}/{none}", headers=PAGE)
        assert (answer.status_code, "is not kept" in await answer.get_data(as_text=True)) == (404, False)


async def test_the_number_of_a_change_opens_the_line_after_it(app: Quart, client: QuartClient, code: str) -> None:
    joined = await client.post(f"/{code}/join", headers=JSON, json={"name": "Ada"})
    ada = {"Authorization": f"Bearer {(await joined.get_json())['token']}"}
    newest = await fill(app.extensions["chadchat"].log, code, 3, "tea?")
    assert (await client.put(f"/{code}/{newest}/reactions/👍", headers=ada)).status_code == 200
    after = await fill(app.extensions["chadchat"].log, code, 1, "milk?")

    body = await (await client.get(f"/{code}/{newest + 1}", headers=PAGE | ada)).get_data(as_text=True)
    assert re.findall(r'<li id="m-(\d+)"[^>]*class="here"', body) == [str(after)]


async def test_a_page_has_as_many_short_messages_as_were_asked_for_or_80_in_html(
    app: Quart, client: QuartClient, code: str
) -> None:
    await fill(app.extensions["chadchat"].log, code, 510, "a message of ordinary length, as most are", "deploybot")

    answer = await client.get(f"/{code}?limit=500", headers=JSON)
    assert len((await answer.get_json())["messages"]) == 500
    fragment = await (await client.get(f"/{code}?limit=500&before=512", headers=FRAGMENT)).get_data(as_text=True)
    assert fragment.count('data-kind="message"') == LARGEST_HTML == 80
    assert f'href="/{code}?before={512 - 80}"' in fragment


@pytest.mark.parametrize(
    ("text", "count"), [("tea?", 500), *((text, 80) for text in FAT.values())], ids=["short", *FAT]
)
async def test_no_page_holds_up_everything_else(
    app: Quart, client: QuartClient, code: str, text: str, count: int
) -> None:
    newest = await fill(app.extensions["chadchat"].log, code, count, text)
    await client.post(f"/{code}/join", form={"name": "Ada"}, headers=PAGE)
    for headers in (JSON, FRAGMENT, PAGE, TEXT):
        ask = partial(client.get, f"/{code}?limit=500&before={newest + 1}", headers=headers)
        assert await longest_step(ask) < MOST, headers
    assert await longest_step(partial(client.get, f"/{code}/{newest // 2}", headers=PAGE)) < MOST


async def test_a_fragment_after_a_message_has_the_lines_of_the_gap_and_a_link_to_its_rest(
    client: QuartClient, code: str
) -> None:
    for number in range(8):
        await client.post(f"/{code}", data=f"line {number}")  # 3 to 10

    async def between(after: int, before: int, limit: int = 50) -> tuple[list[str], list[str]]:
        path = f"/{code}?after={after}&before={before}&limit={limit}"
        page = await (await client.get(path, headers={"HX-Request": "true"})).get_data(as_text=True)
        return re.findall(r'id="m-(\d+)"', page), re.findall(r'hx-get="/[A-Z]+\?([^"]*)"', page)

    assert await between(3, 9, 3) == (["4", "5", "6"], ["after=6&amp;before=9"])
    assert await between(6, 9, 3) == (["7", "8"], [])
    assert await between(0, 3) == (["1", "2"], [])
    assert await between(8, 9) == ([], [])
    assert await between(9, 4) == ([], [])
