"""The people of a room, here and away, and the card of a member as a fragment."""

from __future__ import annotations

from typing import Any

import pytest
from quart import Quart

from chadchat.domain import members, rooms
from chadchat.domain.members import Seat
from chadchat.node import Node

CARD = {"HX-Request": "true", "Accept": "text/html"}


@pytest.fixture
async def room(app: Quart) -> tuple[Seat, Seat]:
    """Grace's room, and Ada's seat in it, whose last stream has closed."""
    node: Node = app.extensions["chadchat"]
    grace = await rooms.create(node.log, node.db, "Grace", "")
    ada = await members.take_seat(node.log, grace.room, "Ada")
    await members.depart(node.log, ada.room, ada.member)
    return grace, ada


async def get(app: Quart, path: str, token: str = "", **headers: str) -> str:
    client: Any = app.test_client(use_cookies=False)
    sent = {"Accept": "*/*", **headers} | ({"Authorization": f"Bearer {token}"} if token else {})
    return str(await (await client.get(path, headers=sent)).get_data(as_text=True))


async def test_who_has_a_seat_and_no_stream_is_away(app: Quart, room: tuple[Seat, Seat]) -> None:
    grace, ada = room
    client: Any = app.test_client(use_cookies=False)
    people = await (await client.get(f"/{grace.room}/people", headers={"Accept": "application/json"})).get_json()

    assert [person["name"] for person in people["people"]] == ["Grace"]
    assert (people["count"], people["away"]) == (1, [ada.member.public()])
    assert await get(app, f"/{grace.room}/people") == "Grace\nAda (away)\n"
    assert "data-away" in await get(app, f"/{grace.room}/people", **CARD)
    node: Node = app.extensions["chadchat"]
    await members.give_up_seat(node.log, ada.room, ada.member)
    assert await get(app, f"/{grace.room}/people") == "Grace\n"


async def test_the_card_of_a_member_has_an_owners_acts_for_owners_only(app: Quart, room: tuple[Seat, Seat]) -> None:
    grace, ada = room
    mallory = await members.take_seat(app.extensions["chadchat"].log, grace.room, "Mallory")
    path = f"/{grace.room}/people/{ada.member.id}"

    cards = {seat.member.name: await get(app, path, seat.token, **CARD) for seat in (grace, mallory, ada)}

    assert all(card.lstrip().startswith("<section") and "Is away." in card for card in cards.values())
    assert {name: "Mute" in card for name, card in cards.items()} == {"Grace": True, "Mallory": False, "Ada": False}
    assert {name: "data-mention" in card for name, card in cards.items()} == {
        "Grace": True,
        "Mallory": True,
        "Ada": False,
    }
    assert "Mute" not in await get(app, path, **CARD)


async def test_a_kick_from_the_card_answers_with_the_card(app: Quart, room: tuple[Seat, Seat]) -> None:
    grace, ada = room
    client: Any = app.test_client(use_cookies=False)
    path = f"/{grace.room}/people/{ada.member.id}"
    sent = CARD | {"Authorization": f"Bearer {grace.token}"}

    answer = await client.post(path, form={"_method": "delete"}, headers=sent)

    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    assert "Is no longer in this room." in await get(app, path, grace.token, **CARD)
