"""Owners' acts in the page, and what other members see of them without a reload."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from .conftest import Arrive
from .people import Person, Room, history, post
from .test_accessible import SCHEMES, violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def lock(grace: Person, room: Room, how: str, passphrase: str = "") -> None:
    await grace.page.goto(f"{room['url']}/settings")
    await grace.page.locator(f"#lock-{how}").check()
    await grace.page.locator("#passphrase").fill(passphrase)
    await grace.page.get_by_role("button", name="Save", exact=True).click()


async def test_axe_finds_nothing_where_owners_decide(grace: Person, ada: Person, room: Room) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    seq = post(room, "hello")
    await lock(grace, room, "approval")
    await grace.page.get_by_role("button", name="New “Read only” link").click()
    assert await violations(grace) == []
    await ada.page.goto(f"{room['url']}/{seq}")
    for path in ("/settings", f"/{seq}"):
        await grace.page.goto(f"{room['url']}{path}")
        assert await violations(grace) == [], path
    await grace.unfold()
    await grace.page.locator("#people a").filter(has_text="Ada").click()
    await expect(grace.page.get_by_text("Kick out…")).to_be_visible()
    assert await violations(grace) == []
    assert len(SCHEMES) == 2


@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_the_settings_fit_the_screen(grace: Person, room: Room, width: int) -> None:
    await grace.page.set_viewport_size({"width": width, "height": 800})
    await grace.sit(room)
    await grace.page.goto(f"{room['url']}/settings")

    assert await grace.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_removed_message_goes_from_the_pages_that_show_it(grace: Person, ada: Person, room: Room) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    await ada.say("something rude")
    await grace.sees("something rude")
    await ada.mark()

    await grace.page.locator("#log .text").last.click(button="right")
    await grace.page.get_by_role("menuitem", name="Remove").click()

    await expect(ada.page.locator("#log .text")).to_have_count(0)  # it can be undone for a while
    await expect(ada.page.locator("[data-kind=removed]")).to_contain_text("Grace removed a message of Ada")
    assert await ada.marked()
    assert await ada.log() == history(room["url"])
    streamed = await ada.page.locator("#log").inner_text()
    assert streamed.count("removed") == 1, "one line, not two"
    await ada.page.reload()
    await ada.hears("open")
    assert await ada.page.locator("#log").inner_text() == streamed


async def test_someone_knocks_and_walks_in_once_the_owner_opens(arrive: Arrive, grace: Person, room: Room) -> None:
    mallory = await arrive("Mallory")
    mallory.expects("status of 404")
    await grace.sit(room)
    await lock(grace, room, "approval")
    await grace.page.goto(room["url"])
    await grace.hears("open")

    await mallory.page.goto(room["url"])
    await mallory.page.get_by_label("Your name").fill("Mallory")
    await mallory.page.get_by_role("button", name="Join").click()
    await expect(mallory.page.get_by_role("status").first).to_contain_text("now or when they come back")
    assert await violations(mallory) == []
    await grace.page.get_by_role("button", name="Let in").click()

    await mallory.hears("open")
    await mallory.say("thank you")


async def test_the_passphrase_lets_in_and_the_letters_alone_do_not(arrive: Arrive, grace: Person, room: Room) -> None:
    mallory = await arrive("Mallory")
    mallory.expects("status of 404")
    await grace.sit(room)
    await lock(grace, room, "passphrase", "correct horse")

    await mallory.page.goto(room["url"])
    await mallory.page.get_by_label("Your name").fill("Mallory")
    await expect(mallory.page.get_by_role("main")).to_contain_text("This room is locked or does not exist.")
    for guess in ("wrong horse", "horse correct"):
        await mallory.page.get_by_label("Passphrase").fill(guess)
        await mallory.page.get_by_role("button", name="Join").click()
        await expect(mallory.page.get_by_role("alert")).to_have_text("That did not open it.")
        await expect(mallory.page.get_by_label("Your name")).to_have_value("Mallory")
    await mallory.page.get_by_label("Passphrase").fill("correct horse")
    await mallory.page.get_by_role("button", name="Join").click()
    await mallory.hears("open")


async def test_a_link_that_reads_shows_the_room_without_a_place_to_type_and_leaves_the_address_bar(
    arrive: Arrive, grace: Person, room: Room
) -> None:
    mallory = await arrive("Mallory")
    await grace.sit(room)
    await lock(grace, room, "passphrase", "correct horse")
    await grace.page.get_by_role("button", name="New “Read only” link").click()
    await expect(grace.page.locator("#new-link")).to_be_focused()
    await expect(grace.page.locator("#new-link code")).to_be_in_viewport()
    link = await grace.page.locator("#new-link code").inner_text()
    await grace.page.reload()  # shown once
    assert "ccl_" not in await grace.page.locator("main").inner_text()

    await mallory.page.goto(link)
    await mallory.hears("open")
    assert mallory.page.url == room["url"]
    post(room, "hello from inside")
    await mallory.sees("hello from inside")
    await expect(mallory.page.locator("#composer")).to_be_hidden()
    assert await violations(mallory) == []


async def test_a_seat_moves_to_a_phone_and_back_out_of_it(arrive: Arrive, ada: Person, room: Room) -> None:
    phone = await arrive("Ada")
    phone.expects("status of 401|htmx:sse:error")
    await ada.join(room["url"])
    await ada.unfold()
    await ada.page.get_by_role("button", name="Use on another device").click()
    await expect(ada.page.locator("#transfer")).to_be_focused()
    assert await violations(ada) == []
    link = await ada.page.locator("#transfer code").inner_text()

    await phone.page.goto(link)
    assert await violations(phone) == []
    await phone.page.get_by_role("button", name=f"Continue as Ada in {room['code']}").click()
    await phone.hears("open")
    await phone.say("from the phone")
    await expect(phone.page.locator("#log > .mine .text")).to_have_text(["from the phone"])

    await ada.page.reload()
    await ada.page.get_by_role("button", name="Sign out other devices").click()
    await expect(ada.page.get_by_role("status").first).to_have_text("Your other devices are signed out.")
    await expect(phone.page.locator("#status")).to_contain_text("signed out")
    await ada.page.goto(room["url"])
    await ada.hears("open")
    await ada.say("still here")


async def test_a_kick_takes_the_room_away_from_an_open_page(grace: Person, ada: Person, room: Room) -> None:
    ada.expects("status of 401|htmx:sse:error")
    await grace.sit(room)
    await ada.join(room["url"])
    await ada.box.fill("not sent yet")
    await grace.unfold()
    await expect(grace.page.locator("#people a").filter(has_text="Ada")).to_be_visible()

    await grace.page.locator("#people a").filter(has_text="Ada").click()
    await grace.page.get_by_text("Kick out…").click()
    await grace.page.get_by_role("button", name="Kick Ada out").click()

    bar = ada.page.locator("#status")
    await expect(bar).to_have_text(f"An owner removed you from {room['code']}. You can join again. Reload")
    await expect(grace.page.locator("#people")).not_to_contain_text("Ada")
    await expect(ada.page.get_by_role("button", name="Send")).to_be_disabled()
    await expect(ada.box).to_have_value("not sent yet")
    await bar.get_by_role("link").click()
    await expect(ada.page.get_by_role("status").first).to_contain_text("An owner removed you")
    await expect(ada.page.get_by_role("button", name="Join")).to_be_visible()


async def test_a_second_tab_says_that_its_place_has_ended_and_does_not_read_on(
    grace: Person, ada: Person, room: Room
) -> None:
    ada.expects("status of 401|htmx:sse:error")
    await ada.join(room["url"])
    second = Person("Ada", await ada.context.new_page())
    await second.page.goto(room["url"])
    await second.hears("open")

    await ada.page.goto(f"{room['url']}/leave")
    await ada.page.get_by_role("button", name="Leave the room").click()

    # Which of the two depends on whether its cookie is gone already when the page asks.
    told = re.compile(f"(This page's place in {room['code']} has ended|You left {room['code']})")
    await expect(second.page.locator("#status")).to_have_text(told)
    seq = post(room, "after that")
    await grace.sit(room)
    await grace.reaches(seq)
    await expect(second.page.locator(f"#m-{seq}")).to_have_count(0)


async def test_a_new_code_is_said_to_members_with_the_way_there(grace: Person, ada: Person, room: Room) -> None:
    ada.expects("status of 410|htmx:sse:error")
    await grace.sit(room)
    await ada.join(room["url"])
    await grace.page.goto(f"{room['url']}/settings")
    await grace.page.get_by_role("button", name="Give the room a new code").click()
    assert await violations(grace) == []
    await grace.page.get_by_role("button", name="Give it a new code").click()
    await expect(grace.page.get_by_role("status").first).to_contain_text(f"{room['code']} no longer works")

    link = ada.page.locator("#status").get_by_role("link", name="Go to")
    await expect(ada.page.locator("#status")).to_contain_text(f"The room {room['code']} is")
    await link.click()
    await ada.hears("open")
    await ada.say("found it")
