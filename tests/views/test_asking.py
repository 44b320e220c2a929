"""Asking over HTTP: a caller waits for the answer to its question, and gets it as soon as it is stored."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest
from quart import Quart, Response
from quart.testing import QuartClient

from chadchat.app import create_app
from chadchat.live.waits import Wait
from chadchat.node import Node
from chadchat.settings import Settings

from ..waiting import PATIENCE, until

CURL = {"Accept": "*/*"}
JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html"}
FRAGMENT = {"Accept": "text/html, text/event-stream", "HX-Request": "true"}
ASK = "wait=10m&choices=yes,no"


class Room(NamedTuple):
    """A room with Grace, its owner, and Ada. `grace` and `ada` are the headers with their seats."""

    client: QuartClient
    node: Node
    code: str
    grace: dict[str, str]
    ada: dict[str, str]

    async def post(self, path: str, text: str, **headers: str) -> Any:
        return await self.client.post(f"/{self.code}{path}", data=text, headers=CURL | headers)

    async def get(self, path: str, **headers: str) -> Any:
        return await self.client.get(f"/{self.code}{path}", headers=CURL | headers)

    async def as_owner(self, path: str, **fields: str) -> dict[str, Any]:
        answer = await self.client.post(f"/{self.code}{path}", form=fields, headers=CURL | self.grace)
        assert answer.status_code < 300, await answer.get_data(as_text=True)
        made: dict[str, Any] = await answer.get_json()
        return made

    async def waiting(self, count: int = 1) -> None:
        """Until so many callers wait."""
        await until(lambda: sum(map(len, self.waits())) >= count)

    def waits(self) -> list[set[Wait]]:
        return [waits for questions in self.node.waits._rooms.values() for waits in questions.values()]

    async def head(self) -> int:
        return int((await (await self.get("", **JSON)).get_json())["cursor"].partition("-")[2])


async def join(client: QuartClient, code: str, name: str) -> dict[str, str]:
    seat = await (await client.post(f"/{code}/join", form={"name": name}, headers=CURL)).get_json()
    return {"Authorization": f"Bearer {seat['token']}"}


async def a_room(app: Quart) -> Room:
    client: Any = app.test_client(use_cookies=False)
    opened = await (await client.post("/rooms", json={"name": "Grace"}, headers=CURL)).get_json()
    ada = await join(client, opened["code"], "Ada é 😀")
    node: Node = app.extensions["chadchat"]
    return Room(client, node, opened["code"], {"Authorization": f"Bearer {opened['token']}"}, ada)


@pytest.fixture
async def room(app: Quart) -> Room:
    return await a_room(app)


async def words(answer: Response) -> str:
    return str(await answer.get_data(as_text=True))


async def refusal(answer: Response) -> tuple[int, str]:
    return answer.status_code, (await answer.get_json())["code"]


async def test_the_answer_is_printed_and_says_whose_it_is(room: Room) -> None:
    asking = asyncio.create_task(room.post(f"?{ASK}", "Deploy to prod?"))
    await room.waiting()
    seq = await room.head()
    assert (await room.post(f"/{seq}", "yes")).status_code == 201  # an outsider's
    assert not asking.done()
    given = await (await room.post(f"/{seq}", "YES", **room.ada)).get_json()
    answer = await asking

    assert (answer.status_code, await words(answer)) == (200, "yes\n")
    assert answer.headers["Location"] == f"/{room.code}/{seq}"
    assert answer.headers["Content-Location"] == f"/{room.code}/{given['seq']}"
    assert answer.headers["Answered-By"] == "Ada %C3%A9 %F0%9F%98%80"
    assert unquote(answer.headers["Answered-By"]) == given["name"] == "Ada é 😀"
    assert not room.node.waits.open


@pytest.mark.parametrize("how", ["accepted", "posted"])
async def test_as_json_the_answer_comes_with_its_question(room: Room, how: str) -> None:
    sent: dict[str, Any] = {"data": "Why?"} if how == "accepted" else {"json": {"text": "Why?"}}
    headers = JSON if how == "accepted" else CURL
    asking = asyncio.create_task(room.client.post(f"/{room.code}?wait", headers=headers, **sent))
    await room.waiting()
    seq = await room.head()
    await room.post(f"/{seq}", "Because,\nyes.", **room.grace)
    both = await (await asking).get_json()

    assert both["question"]["asks"] is True
    assert both["question"]["answer"]["text"] == both["answer"]["text"] == "Because,\nyes."
    assert both["answer"]["answers"] is True
    again = await room.get(f"/{seq}/answer", **JSON)
    assert await again.get_json() == both


async def test_the_answer_comes_within_one_turn_of_the_loop_after_the_commit(room: Room) -> None:
    """The listener of the log ends the wait, so that it is over before the post of the answer is answered."""
    asking = asyncio.create_task(room.post("?wait", "Why?"))
    await room.waiting()
    [[wait]] = room.waits()
    over: list[bool] = []
    room.node.log.listen(lambda events: over.append(wait.ended.done()))
    await room.post(f"/{await room.head()}", "so", **room.grace)
    assert over == [True]
    assert await words(await asking) == "so\n"


async def test_nobody_answers(room: Room) -> None:
    answer = await room.post("?wait=1s&choices=yes,no", "Deploy?")
    seq = await room.head()
    said = await answer.get_json()
    how = f"Wait on: curl -sS --fail-with-body 'http://localhost/{room.code}/{seq}/answer?wait=10m'"

    assert (answer.status_code, said["code"]) == (404, "no_answer")
    assert said["error"] == f"Nobody answered {seq} in one second. {how}"
    assert answer.headers["Location"] == f"/{room.code}/{seq}"
    at_once = await room.get(f"/{seq}/answer")
    assert (at_once.status_code, (await words(at_once)).splitlines()[0]) == (404, f"Nobody answered {seq} yet. {how}")


async def test_to_wait_costs_no_guess(tmp_path: Path) -> None:
    """A 404 is how a wrong code is counted, and a guess that is undecided for an hour would keep others waiting."""
    app = create_app(Settings(data=str(tmp_path)))
    async with app.test_app():
        room = await a_room(app)
        codes = room.node.limits.codes
        assert (await room.post("?wait=1s", "Why?")).status_code == 404
        assert not codes._paid
        asking = asyncio.create_task(room.post("?wait", "Why?"))
        await room.waiting()
        assert not codes._undecided
        room.node.waits.end()
        assert (await asking).status_code == 503


async def test_an_answer_cannot_control_the_terminal_that_it_is_printed_in(room: Room) -> None:
    asked = (await room.post("?wait=1s", "Why?", **room.grace)).headers["Location"].rpartition("/")[2]
    text = "\x1b[31mred\x1b[0m\x1b]0;title\x07\r\n\u202etwo\n"
    assert (await room.post(f"/{asked}", text, **room.ada)).status_code == 201

    assert await words(await room.get(f"/{asked}/answer")) == "red\u241b]0;title\u2407\n\ufffdtwo\n"
    assert (await (await room.get(f"/{asked}/answer", **JSON)).get_json())["answer"]["text"] == text


async def test_an_old_question_is_waited_for_by_its_number(room: Room) -> None:
    asked = await (await room.post("?choices=yes,no", "Deploy?")).get_json()
    assert asked["choices"] == ["yes", "no"]
    both = [asyncio.create_task(room.get(f"/{asked['seq']}/answer?wait=1h")) for _ in range(2)]
    await room.waiting(2)
    assert (await room.post(f"/{asked['seq']}/answer", "no", **room.grace)).status_code == 201
    assert [await words(await one) for one in both] == ["no\n", "no\n"]
    assert await words(await room.get(f"/{asked['seq']}/answer?wait")) == "no\n"


async def test_the_same_key_goes_on_waiting_for_the_same_question(room: Room) -> None:
    key = {"Idempotency-Key": "d42"}
    first = await room.post("?wait=1s", "Deploy?", **key)
    seq = await room.head()
    both = [asyncio.create_task(room.post(f"?wait={wait}", "Deploy?", **key)) for wait in ("50s", "1h")]
    await room.waiting(2)
    assert await room.head() == seq
    await room.post(f"/{seq}", "go", **room.ada)
    late = await room.post("?wait=1s", "Deploy?", **key)

    assert first.status_code == 404
    for answer in (*[await one for one in both], late):
        assert (answer.status_code, answer.headers["Location"], await words(answer)) == (
            200, f"/{room.code}/{seq}", "go\n",
        )  # fmt: skip
    assert await refusal(await room.post(f"?{ASK}", "Deploy?", **key)) == (422, "key_reused")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("wait=0s", "wait_invalid"),
        ("wait=1y", "wait_invalid"),
        ("wait=10", "wait_invalid"),
        ("wait=8760h", "wait_invalid"),
        ("wait&choices=", "choices_invalid"),
        ("wait&choices=a,b,c,d,e,f", "choices_invalid"),
        ("wait&choices=yes,Yes", "choices_invalid"),
        ("choices=a,%00b", "choices_invalid"),
        ("choices=a,%E2%80%AEb", "choices_invalid"),
        ("wait&from=ada", "choices_invalid"),
    ],
)
async def test_what_cannot_be_asked_is_refused_and_nothing_is_stored(room: Room, query: str, code: str) -> None:
    head = await room.head()
    for headers in (CURL, JSON, FRAGMENT | room.grace, PAGE | room.grace):
        answer = await room.client.post(f"/{room.code}?{query}", data="Deploy?", headers=headers)
        assert answer.status_code == 422
    assert await refusal(await room.post(f"?{query}", "Deploy?")) == (422, code)
    asked = await room.get(f"/{head}/answer?{query}")
    assert asked.status_code == (422 if code == "wait_invalid" else 404)
    assert await room.head() == head
    assert not room.node.waits.open


async def test_a_late_button_and_ones_own_are_refused_in_every_format(room: Room) -> None:
    asked = await (await room.post("?choices=yes,no", "Deploy?", **room.ada)).get_json()
    path = f"/{asked['seq']}/answer"
    assert await refusal(await room.post(path, "yes", **room.ada)) == (403, "not_allowed")
    assert await refusal(await room.post(path, "maybe", **room.grace)) == (422, "choices_invalid")
    assert await refusal(await room.post(path, "yes")) == (401, "seat_required")
    pressed = await room.client.post(f"/{room.code}{path}", form={"text": "yes"}, headers=PAGE | room.grace)
    assert (pressed.status_code, pressed.headers["Location"]) == (303, f"/{room.code}#m-{asked['seq']}")
    for headers in (CURL, JSON, PAGE, FRAGMENT):
        late = await room.client.post(f"/{room.code}{path}", form={"text": "no"}, headers=headers | room.grace)
        assert late.status_code == 409
        assert "Grace was faster" in await words(late)
    assert await refusal(await room.post("/2/answer", "yes", **room.grace)) == (404, "message_not_found")


async def test_only_owners_answer_what_is_asked_of_them(room: Room) -> None:
    asked = await (await room.post("?choices=yes,no&from=owners", "Deploy?")).get_json()
    assert asked["from"] == "owners"
    assert await refusal(await room.post(f"/{asked['seq']}/answer", "yes", **room.ada)) == (403, "owner_required")
    assert "answers" not in await (await room.post(f"/{asked['seq']}", "yes", **room.ada)).get_json()
    assert (await room.post(f"/{asked['seq']}/answer", "yes", **room.grace)).status_code == 201


Act = Callable[[Room, int], Coroutine[Any, Any, Any]]


async def member_of(room: Room) -> str:
    people = await (await room.get("/people", **JSON)).get_json()
    return str(next(person["member"] for person in people["people"] if person["name"].startswith("Ada")))


ENDS: dict[str, tuple[str, str, Act, tuple[int, str]]] = {
    "removed": ("ada", "", lambda room, seq: room.as_owner(f"/{seq}", _method="delete"), (404, "message_not_found")),
    "kicked": (
        "ada", "", lambda room, seq: kick(room, "/people/{}", _method="delete"), (401, "seat_required"),
    ),
    "banned": ("ada", "", lambda room, seq: kick(room, "/bans", member="{}"), (403, "banned")),
    "locked": (
        "", "", lambda room, seq: room.as_owner("/settings", lock="passphrase", passphrase="correct horse"),
        (404, "room_not_found"),
    ),
    "closed": ("ada", "", lambda room, seq: room.as_owner("/close"), (410, "room_closed")),
    "moved": ("ada", "", lambda room, seq: room.as_owner("/code"), (410, "room_moved")),
    "moved for an outsider": ("", "", lambda room, seq: room.as_owner("/code"), (410, "room_moved")),
}  # fmt: skip


async def kick(room: Room, path: str, **fields: str) -> None:
    member = await member_of(room)
    await room.as_owner(path.format(member), **{name: value.format(member) for name, value in fields.items()})


@pytest.mark.parametrize("end", ENDS)
async def test_a_wait_ends_with_what_it_waits_for(room: Room, end: str) -> None:
    who, _, act, expected = ENDS[end]
    headers = room.ada if who == "ada" else {}
    asking = asyncio.create_task(room.post("?wait=1h", "Deploy?", **headers))
    await room.waiting()
    seq = await room.head()
    await act(room, seq)
    answer = await asyncio.wait_for(asking, PATIENCE)
    said = await answer.get_json()

    assert (answer.status_code, said["code"]) == expected
    if end == "moved":
        assert answer.headers["Location"] == f"/{said['moved']}"
    assert not room.node.waits.open


async def test_a_mute_ends_no_wait_and_a_pruned_question_does(room: Room) -> None:
    asking = asyncio.create_task(room.post("?wait=1h", "Deploy?", **room.ada))
    await room.waiting()
    seq = await room.head()
    await kick(room, "/mutes", member="{}")
    await room.post(f"/{seq}", "go", **room.grace)
    assert await words(await asking) == "go\n"


async def test_a_link_that_posts_reads_the_answer_to_its_own_question_only(room: Room) -> None:
    link = await room.as_owner("/links", kind="post")
    other = await room.as_owner("/links", kind="post")
    await room.as_owner("/settings", lock="passphrase", passphrase="correct horse")
    asking = asyncio.create_task(room.post(f"/links/{link['token']}?wait", "Deploy?"))
    await room.waiting()
    seq = (await (await room.get("", **JSON, **room.grace)).get_json())["messages"][-1]["seq"]
    foreign = await (await room.post("?wait=1s", "Other?", **room.grace)).get_json()
    mine, another = ({"Authorization": f"Bearer {one['token']}"} for one in (link, other))

    assert foreign["code"] == "no_answer"
    assert (await room.get(f"/{seq}/answer", **mine)).status_code == 404  # no answer yet
    assert await room.get(f"/{seq}/answer", **another) is not None
    for path, who in ((f"/{seq}/answer", another), (f"/{seq + 1}/answer", mine), (f"/{seq}", mine)):
        assert (await room.get(path, **who)).status_code == 403
    await room.post(f"/{seq}", "go", **room.grace)
    assert await words(await asking) == "go\n"
    assert await words(await room.get(f"/{seq}/answer", **mine)) == "go\n"


async def test_a_question_is_limited_before_it_is_stored(tmp_path: Path) -> None:
    app = create_app(Settings(data=str(tmp_path), limit_waits=3, limit_seat_waits=2, limit_all_waits=4))
    async with app.test_app():
        room = await a_room(app)
        waits = [asyncio.create_task(room.post("?wait", f"{number}?", **room.ada)) for number in range(2)]
        await room.waiting(2)
        head = await room.head()
        third = await room.post("?wait", "3?", **room.ada)
        assert (await refusal(third), "Retry-After" in third.headers) == ((429, "too_many_waits"), True)
        waits.append(asyncio.create_task(room.post("?wait", "of no seat")))
        await room.waiting(3)
        assert await refusal(await room.post("?wait", "4?")) == (429, "too_many_waits")
        assert await room.head() == head + 1
        far: Any = {"scope_base": {"client": ("192.0.2.9", 1)}, "headers": CURL}
        waits.append(asyncio.create_task(room.client.post(f"/{room.code}?wait", data="far", **far)))
        await room.waiting(4)
        full = await room.client.post(f"/{room.code}?wait", data="full", **far)
        assert await refusal(full) == (429, "too_many_waits")
        for one in range(head - 1, head + 3):
            await room.post(f"/{one}", "ok", **room.grace)
        assert {(await one).status_code for one in waits} == {200}


async def test_the_page_shows_buttons_and_then_the_answer_to_everybody(room: Room) -> None:
    asked = await (await room.post("?choices=yes,no", "Deploy?")).get_json()
    free = await (await room.post("?wait=1s", "Why?")).get_json()
    assert free["code"] == "no_answer"
    seq = asked["seq"]
    page = await words(await room.get("", **PAGE | room.grace))
    assert f'<form action="/{room.code}/{seq}/answer" method="post"' in page
    assert f'href="/{room.code}?reply={seq + 1}#text">Reply</a>' in page
    given = await (await room.post(f"/{seq}/answer", "yes", **room.grace)).get_json()
    shown = f'<a class="answer" href="/{room.code}/{given["seq"]}"><bdi>Grace</bdi>: <bdi>yes</bdi></a></div>'
    frames = await words(await room.get("/sse?as=html&since=all&poll=1"))

    assert f'<div id="c-{seq}" class="asked">{shown}' in await words(await room.get("", **PAGE | room.grace))
    assert frames.endswith(f'<div id="c-{seq}" class="asked" hx-swap-oob="outerMorph">{shown}\n\n')
    gone = await room.client.delete(f"/{room.code}/{given['seq']}", headers=CURL | room.grace)
    assert gone.status_code == 200
    frames = await words(await room.get("/sse?as=html&since=all&poll=1"))
    assert f'<div id="c-{seq}" class="asked" hx-swap-oob="outerMorph">' in frames.splitlines()[-2]
    assert "answered, and it was removed" in frames.splitlines()[-2]
    lines = (await words(await room.get("/json?since=all&poll=1"))).splitlines()
    assert json.loads(lines[-1])["question"] == seq


async def test_a_browser_asks_without_waiting(room: Room) -> None:
    for headers, status in ((PAGE, 303), (FRAGMENT, 204)):
        answer = await room.client.post(f"/{room.code}?wait", form={"text": "Why?"}, headers=headers | room.grace)
        assert answer.status_code == status
        assert (await (await room.get(f"/{await room.head()}", **JSON)).get_json())["asks"] is True
    there = await room.get(f"/{await room.head()}/answer?wait", **PAGE | room.grace)
    assert (there.status_code, there.headers["Location"]) == (303, f"/{room.code}/{await room.head()}")


async def test_a_server_that_stops_ends_its_waits_so_that_they_come_back(room: Room) -> None:
    asking = asyncio.create_task(room.post("?wait=1h", "Deploy?"))
    await room.waiting()
    room.node.waits.end()
    answer = await asking
    assert await refusal(answer) == (503, "stopping")
    assert answer.headers["Retry-After"] == "2"
    assert answer.headers["Location"] == f"/{room.code}/{await room.head()}"
    assert await refusal(await room.post("?wait=1h", "Deploy?")) == (503, "stopping")
