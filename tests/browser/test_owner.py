"""Owners' acts in the page, and what other members see of them without a reload."""

from __future__ import annotations

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
    await grace.page.get_by_role("button", name="Save").click()


async def test_axe_finds_nothing_where_owners_decide(grace: Person, ada: Person, room: Room) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    seq = post(room, "hello")
    await lock(grace, room, "approval")
    await grace.page.get_by_role("button", name="New link that reads").click()
    assert await violations(grace) == []
    await ada.page.goto(f"{room['url']}/{seq}")
    for path in ("/settings", f"/{seq}"):
        await grace.page.goto(f"{room['url']}{path}")
        assert await violations(grace) == [], path
    await grace.page.locator("#people a").filter(has_text="Ada").click()
    await expect(grace.page.get_by_role("button", name="Kick")).to_be_visible()
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

    await grace.page.locator("#log .when").last.click()
    await grace.page.get_by_text("Remove this message").click()
    await grace.page.get_by_role("button", name="Remove").click()

    await expect(ada.page.locator("#log .text")).to_have_count(0)
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
    await mallory.page.get_by_role("button", name="Knock").click()
    await expect(mallory.page.get_by_role("status").first).to_contain_text("at the door")
    assert await violations(mallory) == []
    await grace.page.get_by_role("link", name="Open?").click()
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
    for guess in ("", "wrong horse"):
        await mallory.page.get_by_label("Passphrase").fill(guess)
        await mallory.page.get_by_role("button", name="Join").click()
        await expect(mallory.page.get_by_role("alert")).to_have_text(
            f"There is no room {room['code']}, or it is locked."
        )
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
    await grace.page.get_by_role("button", name="New link that reads").click()
    link = await grace.page.locator("#links code").inner_text()
    await grace.page.goto(f"{room['url']}/settings")  # shown once
    assert "ccl_" not in await grace.page.locator("#links").inner_text()

    await mallory.page.goto(link)
    await mallory.hears("open")
    assert mallory.page.url == room["url"]
    post(room, "hello from inside")
    await mallory.sees("hello from inside")
    await expect(mallory.page.locator("#composer")).to_be_hidden()
    assert await violations(mallory) == []


async def test_a_kick_takes_the_room_away_from_an_open_page(grace: Person, ada: Person, room: Room) -> None:
    ada.expects("status of 401|htmx:sse:error")
    await grace.sit(room)
    await ada.join(room["url"])
    await expect(grace.page.locator("#people a").filter(has_text="Ada")).to_be_visible()

    await grace.page.locator("#people a").filter(has_text="Ada").click()
    await grace.page.get_by_role("button", name="Kick").click()

    await expect(ada.page.locator("#status")).to_contain_text("no seat here any more")
    await expect(grace.page.locator("#people")).not_to_contain_text("Ada")
