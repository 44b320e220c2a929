"""The page of a member: what others see there, and what an owner is offered."""

from __future__ import annotations

import httpx
import pytest
from playwright.async_api import expect

from .conftest import Arrive
from .people import Person, Room, come, post
from .test_accessible import violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_name_shows_a_card_in_place_that_mentions(ada: Person, room: Room) -> None:
    seq = post(room, "hello")
    await ada.join(room["url"])
    await ada.mark()
    await ada.box.fill("half a thought, ")
    card = ada.page.locator("#card")
    await ada.page.locator(f"#m-{seq} .who a").click()
    await expect(card).to_contain_text("Owns this room. Is here now.")
    await expect(card).to_contain_text("Owners remove messages")
    await expect(card.get_by_role("button", name="Kick")).to_have_count(0)
    assert await violations(ada) == []
    await ada.page.keyboard.press("Escape")
    await expect(card).to_be_hidden()

    await ada.unfold()
    await ada.page.locator("#people a").filter(has_text="Grace").press("Enter")
    await card.get_by_role("button", name="Mention").press("Enter")
    await expect(card).to_be_hidden()
    await expect(ada.box).to_be_focused()
    await expect(ada.box).to_have_value("half a thought, @Grace ")
    await ada.page.locator("#people a").filter(has_text="Ada").click()
    await expect(card).to_contain_text("This is you.")
    await expect(card.get_by_role("button", name="Mention")).to_have_count(0)
    await card.get_by_role("button", name="Close").click()
    assert await ada.marked()


async def test_the_menu_of_a_message_leads_to_its_author_from_the_keyboard(ada: Person, room: Room) -> None:
    post(room, "hello")
    await ada.join(room["url"])
    await ada.page.get_by_role("log").focus()
    await ada.page.keyboard.press("ArrowUp")
    await ada.page.keyboard.press("Enter")
    await ada.page.get_by_role("menuitem", name="About the author").press("Enter")
    await expect(ada.page.locator("#card")).to_contain_text("Grace")
    await expect(ada.page.locator("#card").get_by_role("button", name="Mention")).to_be_focused()


async def test_an_owner_mutes_and_sends_out_from_the_card_which_asks_first(
    grace: Person, ada: Person, room: Room
) -> None:
    ada.expects("status of 401|status of 403|htmx:sse:error")
    await grace.sit(room)
    await ada.join(room["url"])
    await ada.say("hello")
    await grace.mark()
    card = grace.page.locator("#card")
    await grace.page.locator("#log .who a").filter(has_text="Ada").click()
    await card.get_by_label("Mute for how long").select_option("10m")
    await card.get_by_role("button", name="Mute").click()
    await expect(card).to_contain_text("Is muted until")
    await expect(ada.page.get_by_text("You are muted until")).to_be_visible()
    await card.get_by_role("button", name="Let speak again").click()
    await expect(card.get_by_role("button", name="Mute")).to_be_visible()

    kick = card.get_by_role("button", name="Kick Ada out")
    await expect(kick).to_be_hidden()
    await card.get_by_text("Kick out…").click()
    assert await violations(grace) == []
    await kick.click()
    await expect(card).to_contain_text("Is no longer in this room.")
    await expect(ada.page.locator("#status")).to_contain_text("An owner removed you")
    await card.get_by_text("Ban…").click()
    assert await violations(grace) == []
    await card.get_by_label("The name only").check()
    await card.get_by_role("button", name="Ban Ada").click()
    await expect(grace.page.locator("#log > li").last).to_contain_text("Grace banned Ada until")
    assert await grace.marked()


async def test_a_long_list_of_people_is_filtered_by_name_and_shows_who_is_away(grace: Person, room: Room) -> None:
    for number in range(8):
        come(room, f"{'W' * 24} {number}")
    await grace.sit(room)
    await grace.unfold()
    people, box = grace.page.locator("#people li:visible"), grace.page.get_by_role("searchbox", name="Find a person")
    await expect(people).to_have_count(9)
    await box.press_sequentially("w 5")
    await expect(people).to_have_text([f"{'W' * 24} 5"])
    come(room, "Mallory")
    await expect(grace.page.locator("#count")).to_have_text("10")
    await expect(people).to_have_count(1)
    await expect(box).to_be_focused()
    await box.fill("nobody")
    await expect(grace.page.get_by_text("Nobody here has that")).to_be_visible()
    assert await violations(grace) == []


async def test_without_a_script_a_name_leads_to_a_page(arrive: Arrive, room: Room) -> None:
    seq = post(room, "hello")
    ada = await arrive("Ada", java_script_enabled=False)
    await ada.enter(room["url"])
    await ada.page.locator(f"#m-{seq} .who a").click()
    await expect(ada.page.get_by_text("Owns this room.")).to_be_visible()
    await expect(ada.page.get_by_role("button", name="Mention")).to_have_count(0)
    await ada.page.get_by_role("link", name="See when Grace came in").click()
    await expect(ada.page.locator(".here")).to_contain_text("Grace has entered the room")
    await ada.page.locator("#people a").filter(has_text="Ada").click()
    await expect(ada.page.get_by_text("This is you.")).to_be_visible()
    await ada.page.get_by_role("link", name=f"Back to {room['code']}").click()
    await expect(ada.box).to_be_visible()


async def test_without_a_script_an_owner_is_offered_to_ban_others_by_name_and_never_oneself(
    arrive: Arrive, ada: Person, room: Room
) -> None:
    grace = await arrive("Grace", java_script_enabled=False)
    await grace.context.add_cookies([{"name": f"chad-{room['code']}", "value": room["token"], "url": room["url"]}])
    await ada.enter(room["url"])
    own = post(room, "mine")
    theirs = post_as_mallory(room)
    await grace.page.goto(f"{room['url']}/{theirs}")
    await expect(grace.page.get_by_role("button", name="Ban Mallory")).to_be_visible()
    await expect(grace.page.get_by_text("Remove this message of Mallory")).to_be_visible()
    await grace.page.goto(f"{room['url']}/{own}")
    await expect(grace.page.get_by_text("Remove this message")).to_be_visible()
    await expect(grace.page.get_by_role("button", name="Ban")).to_have_count(0)
    await ada.page.goto(f"{room['url']}/{theirs}")
    await expect(ada.page.get_by_text("Remove this message")).to_have_count(0)


async def test_the_page_of_a_message_has_no_more_acts_than_the_menu_lacks(grace: Person, room: Room) -> None:
    await grace.sit(room)
    theirs = post_as_mallory(room)
    await grace.page.goto(f"{room['url']}/{theirs}")
    await expect(grace.page.locator(f"#m-{theirs}.here")).to_be_visible()
    await expect(grace.page.get_by_text("Remove this message")).to_be_hidden()
    loose = post_unseated(room)
    await grace.page.goto(f"{room['url']}/{loose}")
    await expect(grace.page.get_by_role("button", name="Ban anonymous")).to_be_visible()
    assert await violations(grace) == []


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


def post_unseated(room: Room) -> int:
    """Somebody posts without a seat; the number of the message."""
    return int(httpx.post(room["url"], content="spam").json()["seq"])


def post_as_mallory(room: Room) -> int:
    """Mallory takes a seat and posts; the number of the message."""
    seat = httpx.post(f"{room['url']}/join", json={"name": "Mallory"}).json()
    token = {"Authorization": f"Bearer {seat['token']}"}
    return int(httpx.post(room["url"], content="spam", headers=token).json()["seq"])
