"""Leaving a room for good: a page asks first, and the only owner decides what becomes of the room."""

from __future__ import annotations

from typing import Any

import pytest
from quart import Quart

CURL = {"Accept": "*/*"}
PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


async def text(answer: Any) -> str:
    return str(await answer.get_data(as_text=True))


async def sitting(app: Quart, name: str = "Ada") -> tuple[Any, str]:
    """A browser whose person has just opened a room, and the room's path."""
    browser: Any = app.test_client()
    made = await browser.post("/", form={"name": name, "create": "1"}, headers=PAGE)
    return browser, made.headers["Location"]


async def joined(app: Quart, room: str, name: str) -> dict[str, str]:
    client: Any = app.test_client()
    seat: dict[str, str] = await (await client.post(f"{room}/join", json={"name": name}, headers=CURL)).get_json()
    return seat


async def owners(app: Quart, room: str, token: str) -> Any:
    client: Any = app.test_client()
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    return await client.get(f"{room}/owners", headers=headers)


async def test_a_member_is_told_what_leaving_does_and_asked(app: Quart) -> None:
    _, room = await sitting(app)
    grace: Any = app.test_client()
    await grace.post(f"{room}/join", form={"name": "Grace"}, headers=PAGE)

    page = await text(await grace.get(room, headers=PAGE))
    asked = await text(await grace.get(f"{room}/leave", headers=PAGE))

    assert f'href="{room}/leave"' in page
    assert f'action="{room}/leave"' not in page, "one click in the room ends nothing"
    assert "Leave for good?" in asked
    assert "Hand the room over" not in asked
    still = await text(await grace.get(room, headers=PAGE))
    assert 'id="composer"' in still, "asking ends nothing"
    went = await grace.post(f"{room}/leave", headers=PAGE)
    assert (went.status_code, went.headers["Location"]) == (303, "/")


async def test_the_only_owner_hands_the_room_over_and_leaves(app: Quart) -> None:
    ada, room = await sitting(app)
    grace = await joined(app, room, "Grace")

    asked = await text(await ada.get(f"{room}/leave", headers=PAGE))
    went = await ada.post(f"{room}/leave", form={"heir": grace["member"]}, headers=PAGE)

    assert f'<option value="{grace["member"]}">Grace</option>' in asked
    assert went.status_code == 303
    told = await (await owners(app, room, grace["token"])).get_json()
    assert [owner["name"] for owner in told["owners"]] == ["Grace"]


async def test_the_only_owner_leaves_the_room_without_one_on_purpose_only(app: Quart) -> None:
    ada, room = await sitting(app)
    grace = await joined(app, room, "Grace")

    refused = await ada.post(f"{room}/leave", headers=PAGE)
    went = await ada.post(f"{room}/leave", form={"ownerless": "1"}, headers=PAGE)

    assert refused.status_code == 409
    assert "You are the only owner" in await text(refused)
    assert went.status_code == 303
    assert (await owners(app, room, grace["token"])).status_code == 403
    seen: Any = await app.test_client().get(room, headers={"Accept": "application/json"})
    assert seen.status_code == 200, "the room goes on"


@pytest.mark.parametrize("heir", ["nobody", "7f3a7f3a"])
async def test_an_heir_who_is_not_there_is_refused_and_the_owner_stays(app: Quart, heir: str) -> None:
    ada, room = await sitting(app)

    refused = await ada.post(f"{room}/leave", form={"heir": heir}, headers=PAGE)

    assert refused.status_code == 404
    assert 'id="leave-error"' in await text(refused)
    assert 'id="composer"' in await text(await ada.get(room, headers=PAGE))


async def test_a_member_names_no_heir(app: Quart) -> None:
    _, room = await sitting(app)
    grace, mallory = await joined(app, room, "Grace"), await joined(app, room, "Mallory")
    client: Any = app.test_client()

    refused = await client.post(
        f"{room}/leave",
        json={"heir": grace["member"]},
        headers=CURL | {"Authorization": f"Bearer {mallory['token']}"},
    )

    assert refused.status_code == 403
