"""What the page before a room says: of one that is locked or not there, and to the holder of a link that joins."""

from __future__ import annotations

import pytest
from quart.testing import QuartClient

PAGE = {"Accept": "text/html"}


@pytest.fixture
async def locked(client: QuartClient) -> dict[str, str]:
    """A room of Grace's that opens with a passphrase, and a link that joins it."""
    room = await (await client.post("/rooms", json={"name": "Grace"}, headers={"Accept": "*/*"})).get_json()
    owner = {"Accept": "*/*", "Authorization": f"Bearer {room['token']}"}
    link = await (await client.post(f"/{room['code']}/links", json={"kind": "join"}, headers=owner)).get_json()
    rules = {"lock": "passphrase", "passphrase": "correct horse"}
    assert (await client.post(f"/{room['code']}/settings", json=rules, headers=owner)).status_code == 200
    return {"code": room["code"], "link": link["token"]}


async def test_a_locked_room_and_none_ask_for_a_passphrase_in_the_same_words(
    client: QuartClient, locked: dict[str, str]
) -> None:
    pages = []
    for code in (locked["code"], "ZZZZ"):
        shown = await (await client.get(f"/{code}", headers=PAGE)).get_data(as_text=True)
        tried = await client.post(f"/{code}/join", form={"name": "Ada", "passphrase": "wrong"}, headers=PAGE)
        nameless = await client.post(f"/{code}/join", form={"name": ""}, headers=PAGE)
        said = await tried.get_data(as_text=True)

        assert "This room is locked or does not exist." in shown
        assert "That did not open it." in said
        assert 'value="Ada"' in said
        assert "Please enter a name." in await nameless.get_data(as_text=True)
        pages.append((tried.status_code, nameless.status_code, said.split("<form")[1].replace(code, "CODE")))
    assert pages[0] == pages[1]


async def test_a_link_that_joins_says_how_many_are_inside_and_not_who(
    client: QuartClient, locked: dict[str, str]
) -> None:
    await client.get(f"/{locked['code']}/links/{locked['link']}", headers=PAGE)
    shown = await (await client.get(f"/{locked['code']}", headers=PAGE)).get_data(as_text=True)

    assert "1 person is in there." in shown
    assert "Grace" not in shown
