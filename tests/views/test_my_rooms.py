"""The rooms of a caller's seats, with what was not read yet: for a browser's cookies and for a program's token."""

from __future__ import annotations

from typing import Any

import pytest
from quart import Quart

from chadchat.domain import edits, knocks, members, messages, rooms
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.domain.my_rooms import MORE, SCANNED
from chadchat.events import Event, now
from chadchat.node import Node


@pytest.fixture
def node(app: Quart) -> Node:
    found: Node = app.extensions["chadchat"]
    return found


@pytest.fixture
async def tea(node: Node) -> Seat:
    """Grace's room, with the title Tea."""
    return await rooms.create(node.log, node.db, "Grace", "Tea")


async def ask(app: Quart, seats: list[Seat], read: str = "", **headers: str) -> Any:
    cookie = "; ".join(f"chad-{seat.room}={seat.token}" for seat in seats)
    client = app.test_client(use_cookies=False)
    return await client.get(f"/rooms/mine?read={read}", headers={"Cookie": cookie, **headers})


async def mine(app: Quart, seats: list[Seat], read: str = "", **headers: str) -> list[dict[str, Any]]:
    answer = await ask(app, seats, read, Accept="application/json", **headers)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = (await answer.get_json())["rooms"]
    return found


async def say(node: Node, seat: Seat, *texts: str) -> Event:
    for text in texts:
        event = (await messages.post(node.log, seat.room, seat.member, Draft(text), node.db)).event
    return event


async def test_the_rooms_of_a_browser_come_newest_first_and_without_marks_no_counts(
    app: Quart, node: Node, tea: Seat
) -> None:
    other = await rooms.create(node.log, node.db, "Ada")
    last = await say(node, tea, "tea?")

    first, second = await mine(app, [tea, other])
    assert first["room"] == other.room
    grace = {"room": tea.room, "title": "Tea", "name": "Grace", "member": tea.member.id}
    assert second == grace | {"cursor": last.cursor, "at": last.at}
    assert await mine(app, []) == []
    page = await ask(app, [tea], Accept="text/html")
    assert (page.status_code, page.headers["Location"]) == (303, "/")


async def test_messages_of_others_since_the_mark_count_and_nothing_else(app: Quart, node: Node, tea: Seat) -> None:
    ada = await members.take_seat(node.log, tea.room, "Ada")
    mark = (await say(node, ada, "read")).cursor
    await say(node, tea, "my own", "@Ada")
    room = await rooms.find(node.db, tea.room)
    first = await say(node, ada, "one", "two", "@Grace three")
    gone = await say(node, ada, "gone")
    await messages.remove(node.log, node.db, room, ada.member, gone.seq)
    await edits.edit(node.log, node.db, room, ada.member, first.seq, Draft("@grace 3"), 24)
    await members.take_seat(node.log, tea.room, "Mallory")

    [grace] = await mine(app, [tea], f"{tea.room}:{mark}")
    assert (grace["unread"], grace["for_you"]) == (3, 1)
    [hers] = await mine(app, [ada], f"{tea.room}:{mark}")
    assert (hers["unread"], hers["for_you"]) == (2, 1)
    [none] = await mine(app, [tea], f"{tea.room}:{grace['cursor']}")
    assert (none["unread"], none["for_you"]) == (0, 0)
    [other] = await mine(app, [tea], f"{tea.room}:zzzz-1")
    assert "unread" not in other


async def test_a_knock_counts_for_owners_only(app: Quart, node: Node, tea: Seat) -> None:
    ada = await members.take_seat(node.log, tea.room, "Ada")
    await node.log.append(
        Event(tea.room, "room", now(), "Grace", tea.member.id, changes={"lock": "approval"}, detail={"locked_at": 1})
    )
    mark = (await say(node, ada, "read")).cursor
    await knocks.knock(node.log, tea.room, "Mallory", None)

    counts = [await mine(app, [seat], f"{tea.room}:{mark}") for seat in (tea, ada)]
    assert [(one["unread"], one["for_you"]) for [one] in counts] == [(1, 1), (0, 0)]


async def test_a_program_asks_with_its_token_and_text_is_a_line_a_room(app: Quart, node: Node, tea: Seat) -> None:
    ada = await members.take_seat(node.log, tea.room, "Ada")
    await say(node, ada, "@Grace")
    token = {"Authorization": f"Bearer {tea.token}"}

    assert [room["room"] for room in await mine(app, [], **token)] == [tea.room]
    assert await mine(app, [], Authorization="Bearer cct_nothing") == []
    answer = await ask(app, [], f"{tea.room}:{tea.cursor}", Accept="*/*", **token)
    assert await answer.get_data(as_text=True) == f"{tea.room} Tea: 1 new, 1 for you\n"


async def test_counts_end_at_a_hundred_and_few_events_are_looked_at(app: Quart, node: Node, tea: Seat) -> None:
    for number in range(MORE + 5):
        await messages.post(node.log, tea.room, None, Draft(str(number)))
    [room] = await mine(app, [tea], f"{tea.room}:{tea.cursor}")
    assert (room["unread"], room["for_you"]) == (MORE, 0)
    fragment = await (await ask(app, [tea], f"{tea.room}:{tea.cursor}", **{"HX-Request": "true"})).get_data(
        as_text=True
    )
    assert '<b class="unread">99+<span class="unseen"> new</span></b>' in fragment

    epoch, seq = tea.cursor.split("-")
    await say(node, tea, *("my own" for _ in range(SCANNED)))
    [room] = await mine(app, [tea], f"{tea.room}:{epoch}-{int(seq) + MORE + 5}")
    assert room["unread"] == 0
    await say(node, tea, "beyond")
    [room] = await mine(app, [tea], f"{tea.room}:{epoch}-{int(seq) + MORE + 5}")
    assert room["unread"] == MORE, "more than is looked at counts as more than 99"


@pytest.mark.parametrize("read", ["KQZF", "KQZF:", "KQZF:k3f9", ":k3f9-1", "KQZF:k3f9-1,", "K:k3f9-1", "KQZF:k3f9--1"])
async def test_a_mark_that_is_none_is_refused(app: Quart, read: str) -> None:
    answer = await ask(app, [], read, Accept="application/json")

    assert answer.status_code == 400
    assert (await answer.get_json())["code"] == "filter_invalid"
