"""The rooms of a browser on the home page: each is a cookie, and the cookies must fit into a request."""

from __future__ import annotations

from http.cookies import SimpleCookie
from itertools import product
from string import ascii_uppercase

import pytest
from quart import Quart, Response

from chadchat.domain import members, rooms
from chadchat.domain.members import Seat
from chadchat.node import Node
from chadchat.storage.db import Database
from chadchat.views.home import MOST_ROOMS
from chadchat.web.session import MOST_COOKIES, MOST_FORGOTTEN

PAGE = {"Accept": "text/html"}
DEAD = [("".join(letters), f"cct_{'x' * 43}") for letters in product("QX", ascii_uppercase, ascii_uppercase, "Q")]


@pytest.fixture
def node(app: Quart) -> Node:
    found: Node = app.extensions["chadchat"]
    return found


async def seats(node: Node, count: int) -> list[Seat]:
    return [await rooms.create(node.log, node.db, "Ada", f"Room {number}") for number in range(count)]


async def home(app: Quart, cookies: list[tuple[str, str]]) -> Response:
    """The home page, for a browser that brings these seats: the oldest first, as browsers do."""
    header = "; ".join(f"chad-{code}={token}" for code, token in cookies)
    return await app.test_client(use_cookies=False).get("/", headers=PAGE | {"Cookie": header})


def listed(page: str) -> list[str]:
    return [part[:4] for part in page.split('<b class="plate">')[1:]]


def forgotten(answer: Response) -> list[str]:
    cookies = [SimpleCookie(value) for value in answer.headers.getlist("Set-Cookie")]
    return [name.removeprefix("chad-") for cookie in cookies for name, value in cookie.items() if not value.value]


async def test_the_newest_rooms_come_first_and_dead_ones_take_no_place(app: Quart, node: Node) -> None:
    live = [(seat.room, seat.token) for seat in await seats(node, MOST_ROOMS + 5)]
    answer = await home(app, DEAD[:30] + live + DEAD[30:60])
    page = await answer.get_data(as_text=True)

    assert listed(page) == [code for code, _ in reversed(live)][:MOST_ROOMS]
    assert len(forgotten(answer)) == MOST_FORGOTTEN
    assert set(forgotten(answer)) <= {code for code, _ in DEAD}


async def test_the_home_page_asks_once_however_many_rooms_there_are(
    app: Quart, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = [(seat.room, seat.token) for seat in await seats(node, 20)]
    asked: list[str] = []
    every = Database.all

    async def noted(self: Database, sql: str, parameters: object = ()) -> object:
        asked.append(sql)
        return await every(self, sql, parameters)  # type: ignore[arg-type]

    monkeypatch.setattr(Database, "all", noted)
    assert len(listed(await (await home(app, live)).get_data(as_text=True))) == 20
    assert len(asked) == 1


async def test_a_room_that_was_closed_or_left_is_forgotten(app: Quart, node: Node) -> None:
    closed, left, kept = await seats(node, 3)
    await node.log.append(rooms.closing(closed.room))
    await members.take_seat(node.log, left.room, "Grace", owner=True)
    await members.give_up_seat(node.log, left.room, left.member)
    answer = await home(app, [(seat.room, seat.token) for seat in (closed, left, kept)])

    assert listed(await answer.get_data(as_text=True)) == [kept.room]
    assert sorted(forgotten(answer)) == sorted([closed.room, left.room])


async def test_a_room_with_a_new_code_is_still_the_browsers(app: Quart, node: Node) -> None:
    (seat,) = await seats(node, 1)
    new = await rooms.move(node.log, node.db, seat.room, seat.member)
    answer = await home(app, [(seat.room, seat.token)])

    assert listed(await answer.get_data(as_text=True)) == [new]
    assert forgotten(answer) == [seat.room]
    assert any(cookie.startswith(f"chad-{new}={seat.token};") for cookie in answer.headers.getlist("Set-Cookie"))


async def test_who_waits_at_a_door_is_not_forgotten(app: Quart, node: Node) -> None:
    (seat,) = await seats(node, 1)
    client = app.test_client(use_cookies=False)
    owner = {"Authorization": f"Bearer {seat.token}"}
    await client.post(f"/{seat.room}/settings", json={"lock": "approval"}, headers=owner)
    knock = await (await client.post(f"/{seat.room}/join", json={"name": "Grace"})).get_json()
    answer = await home(app, [(seat.room, knock["token"])])

    assert listed(await answer.get_data(as_text=True)) == []
    assert forgotten(answer) == []


async def test_one_room_too_many_costs_the_oldest_and_never_the_new_one(app: Quart) -> None:
    client = app.test_client(use_cookies=False)
    held = DEAD[: MOST_COOKIES // 57]
    header = "; ".join(f"chad-{code}={token}" for code, token in held)
    form = {"name": "Ada", "create": "1"}
    answer = await client.post("/", form=form, headers=PAGE | {"Cookie": header})

    assert answer.status_code == 303
    assert forgotten(answer) == [code for code, _ in held[: len(forgotten(answer))]]
    assert len(forgotten(answer)) >= 1


async def test_a_browser_with_more_cookies_than_a_request_may_have_is_let_in_again(app: Quart, node: Node) -> None:
    (seat,) = await seats(node, 1)
    held = [*(DEAD * 2)[:320], (seat.room, seat.token)]
    held = list(dict(held).items())
    times = 0
    while (answer := await home(app, held)).status_code == 431:
        gone = set(forgotten(answer))
        assert gone
        held = [cookie for cookie in held if cookie[0] not in gone]
        times += 1
    assert answer.status_code == 200
    assert times > 0
    assert listed(await answer.get_data(as_text=True)) == [seat.room]


async def test_a_long_address_of_another_sites_making_costs_no_cookie(app: Quart, node: Node) -> None:
    (seat,) = await seats(node, 1)
    headers = PAGE | {"Cookie": f"chad-{seat.room}={seat.token}"}
    answer = await app.test_client(use_cookies=False).get(f"/?{'x' * 17_000}", headers=headers)

    assert answer.status_code == 431
    assert forgotten(answer) == []
