"""Entering and leaving: the home page, codes, links and seats."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from ..serving import Server
from .conftest import Arrive
from .people import Person, Room, history

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_one_creates_a_room_and_reads_its_four_letters(ada: Person, shared: Server) -> None:
    await ada.page.goto(shared.url)
    await ada.page.get_by_label("Your name").fill("Ada")
    await ada.page.get_by_role("button", name="Create").click()
    await ada.hears("open")
    code = ada.page.url.removeprefix(f"{shared.url}/")
    assert re.fullmatch("[A-Z]{4}", code)
    await expect(ada.page.get_by_role("heading", level=1)).to_have_text(code)
    await expect(ada.page.get_by_role("heading", name="You are alone.")).to_be_visible()
    await expect(ada.page.get_by_role("img", name=" ".join(code), exact=True).first).to_be_visible()
    await expect(ada.page.locator("#poster code")).to_have_text(ada.page.url)
    await ada.page.get_by_role("button", name="Invite").click()
    await expect(ada.page.locator("#poster").get_by_role("button", name="Copy")).to_be_focused()
    qr = ada.page.get_by_role("img", name=f"QR code for {ada.page.url}").first
    assert await qr.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 0


async def test_the_link_can_be_copied(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", permissions=["clipboard-read", "clipboard-write"])
    await ada.join(room["url"])
    await ada.page.get_by_role("button", name="Invite").click()
    await expect(ada.page.locator("#share").get_by_role("button", name="Copy")).to_be_focused()
    await ada.page.locator("#share").get_by_role("button", name="Copy").click()
    await expect(ada.page.get_by_role("button", name="Copied")).to_be_visible()
    assert await ada.page.evaluate("navigator.clipboard.readText()") == room["url"]


async def test_the_letters_stay_at_hand_once_people_talk(grace: Person, room: Room) -> None:
    await grace.sit(room)
    share = grace.page.locator("#share")
    await expect(share).to_be_hidden()  # they are shown large in the middle
    await grace.say("hello, wall")
    await grace.sees("hello, wall")
    await expect(grace.page.locator("#poster")).to_be_hidden()
    await expect(share).to_be_visible()


async def test_the_link_is_the_invitation(ada: Person, grace: Person, room: Room) -> None:
    await grace.sit(room)
    await ada.page.goto(room["url"])
    await expect(ada.page.get_by_role("main").get_by_role("textbox")).to_have_count(1)  # a name is all it asks for
    await ada.follow(room["url"])
    await expect(grace.page.locator("#log > li").last).to_contain_text("Ada has entered the room")
    await expect(grace.page.locator("#people li")).to_have_text(["Grace", "Ada"])
    await expect(grace.page.locator("#count")).to_have_text("2")


@pytest.mark.parametrize("typed", [str.upper, str.lower])
async def test_a_code_gets_one_in_however_it_is_typed(
    ada: Person, room: Room, shared: Server, typed: type[str]
) -> None:
    await ada.page.goto(shared.url)
    await ada.page.get_by_label("Your name").fill("Ada")
    await ada.page.get_by_label("Room code").fill(typed(room["code"]))
    await ada.page.get_by_label("Room code").press("Enter")
    await ada.hears("open")
    assert ada.page.url == room["url"]


async def test_an_unknown_code_is_refused_and_the_fields_keep_what_was_typed(ada: Person, shared: Server) -> None:
    ada.expects("404")
    await ada.page.goto(shared.url)
    await ada.page.get_by_label("Your name").fill("Ada")
    await ada.page.get_by_label("Room code").fill("zzzz")
    await ada.page.get_by_role("button", name="Join").click()
    await expect(ada.page.get_by_role("alert")).to_have_text("There is no room ZZZZ, or it is locked.")
    await expect(ada.page.get_by_label("Your name")).to_have_value("Ada")
    await expect(ada.page.get_by_label("Room code")).to_have_value("zzzz")
    await expect(ada.page.get_by_label("Room code")).to_be_focused()


async def test_enter_without_a_code_creates_a_room_with_the_title_and_the_name_is_known_from_then_on(
    ada: Person, shared: Server
) -> None:
    await ada.page.goto(shared.url)
    await expect(ada.page.get_by_label("Your name")).to_be_focused()
    await ada.page.get_by_label("Title").fill("Tea & <b>biscuits</b>")
    await ada.page.get_by_label("Your name").fill("Ada")
    await ada.page.get_by_label("Your name").press("Enter")
    await ada.hears("open")
    await expect(ada.page.get_by_role("banner")).to_contain_text("Tea & <b>biscuits</b>")

    await ada.page.goto(shared.url)
    await expect(ada.page.get_by_label("Your name")).to_have_value("Ada")
    await expect(ada.page.get_by_label("Room code")).to_be_focused()
    width = "field => field.offsetWidth / field.closest('form').offsetWidth"
    # around the four tiles, not around the line
    assert 0.3 < await ada.page.get_by_label("Room code").evaluate(width) < 0.95
    await ada.page.goto(shared.create()["url"])
    await expect(ada.page.get_by_label("Your name")).to_have_value("Ada")


async def test_a_reload_is_silent(ada: Person, grace: Person, room: Room) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    for _ in range(2):
        await ada.page.reload()
        await ada.hears("open")
    await ada.say("still me")
    await grace.sees("still me")
    assert [line.kind for line in await grace.log()] == ["room", "join", "join", "message"]


async def test_who_leaves_is_gone_at_once_and_finds_the_messages_on_coming_back(
    ada: Person, grace: Person, room: Room
) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    await ada.say("remember me")
    await ada.unfold()
    await ada.page.get_by_role("link", name="Leave the room").click()
    await ada.page.get_by_role("button", name="Leave the room").click()
    await expect(ada.page).to_have_url(room["url"].removesuffix(room["code"]))
    await expect(grace.page.locator("#log > li").last).to_contain_text("Ada has left the room")
    await expect(grace.page.locator("#people li")).to_have_text(["Grace"])
    await ada.join(room["url"])
    await ada.sees("remember me")
    assert await ada.log() == history(room["url"])
    assert [line[1:3] for line in (await ada.log())[-2:]] == [("leave", "Ada"), ("join", "Ada")]


async def test_one_browser_sits_in_two_rooms_under_two_names_and_home_knows_both(
    ada: Person, room: Room, shared: Server
) -> None:
    other = shared.create()
    await ada.join(room["url"])
    second = Person("Countess", await ada.context.new_page())
    await second.join(other["url"])
    await second.say("in the other room")
    await ada.say("in the one room")
    assert [line[1:] for line in await ada.log()][3:] == [("message", "Ada", "in the one room")]
    assert [line[1:] for line in await second.log()][3:] == [("message", "Countess", "in the other room")]
    await ada.page.goto(shared.url)
    seats = ada.page.get_by_role("region", name="Your rooms").get_by_role("link")
    await expect(seats).to_have_count(2)
    await expect(seats.filter(has_text=room["code"])).to_contain_text("as Ada")
    await expect(seats.filter(has_text=other["code"])).to_contain_text("as Countess")
    await seats.filter(has_text=other["code"]).click()
    await ada.sees("in the other room")
