"""The page of a member: what others see there, and what an owner is offered."""

from __future__ import annotations

import httpx
import pytest
from playwright.async_api import expect

from .conftest import Arrive
from .people import Person, Room, post
from .test_accessible import violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_name_leads_to_facts_and_back_to_the_draft(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.box.fill("half a thought")
    await ada.unfold()
    await ada.page.locator("#people a").filter(has_text="Grace").click()
    await expect(ada.page.get_by_text("Owns this room.")).to_be_visible()
    await expect(ada.page.get_by_text("Owners remove messages")).to_be_visible()
    assert await violations(ada) == []
    await ada.page.get_by_role("link", name="See when Grace came in").click()
    await expect(ada.page.locator(".here")).to_contain_text("Grace has entered the room")
    await expect(ada.box).to_have_value("half a thought")
    await ada.hears("open")
    await ada.page.locator("#people a").filter(has_text="Ada").click()
    await expect(ada.page.get_by_text("This is you.")).to_be_visible()
    await ada.page.get_by_role("link", name=f"Back to {room['code']}").click()
    await expect(ada.box).to_have_value("half a thought")


async def test_an_owner_is_offered_to_ban_others_by_name_and_never_oneself(
    grace: Person, ada: Person, room: Room
) -> None:
    await grace.sit(room)
    await ada.enter(room["url"])
    own = post(room, "mine")
    theirs = post_as_mallory(room)
    await grace.page.goto(f"{room['url']}/{theirs}")
    await expect(grace.page.get_by_role("button", name="Ban Mallory")).to_be_visible()
    await expect(grace.page.get_by_text("Remove this message of Mallory")).to_be_visible()
    assert await violations(grace) == []
    await grace.page.goto(f"{room['url']}/{own}")
    await expect(grace.page.get_by_text("Remove this message")).to_be_visible()
    await expect(grace.page.get_by_role("button", name="Ban")).to_have_count(0)
    await ada.page.goto(f"{room['url']}/{theirs}")
    await expect(ada.page.get_by_text("Remove this message")).to_have_count(0)


async def test_without_a_script_removing_asks_first(arrive: Arrive, room: Room) -> None:
    grace = await arrive("Grace", java_script_enabled=False)
    await grace.context.add_cookies([{"name": f"chad-{room['code']}", "value": room["token"], "url": room["url"]}])
    seq = post(room, "something rude")
    await grace.page.goto(room["url"])
    await grace.page.locator(f"#m-{seq} .when").click()
    await expect(grace.page.get_by_role("button", name="Remove")).to_be_hidden()
    await grace.page.get_by_text("Remove this message").click()
    await grace.page.get_by_role("button", name="Remove").click()
    await expect(grace.page.locator("[data-kind=removed]")).to_contain_text("Grace removed a message")


def post_as_mallory(room: Room) -> int:
    """Mallory takes a seat and posts; the number of the message."""
    seat = httpx.post(f"{room['url']}/join", json={"name": "Mallory"}).json()
    token = {"Authorization": f"Bearer {seat['token']}"}
    return int(httpx.post(room["url"], content="spam", headers=token).json()["seq"])
