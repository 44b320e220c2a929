"""Editing one's own message: from its menu, with the arrow key, without a script, and what the others see."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import httpx
import pytest
from playwright.async_api import Locator, expect

from .conftest import Arrive
from .people import Person, Room, history, post
from .test_accessible import violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def dialog_of(person: Person) -> Locator:
    return person.page.get_by_role("dialog", name="Edit your message")


async def choose_edit(person: Person, text: str) -> None:
    await person.page.locator("#log .text").filter(has_text=text).click(button="right")
    await person.page.get_by_role("menuitem", name="Edit").click()
    await expect(dialog_of(person).get_by_label("Your message")).to_be_focused()


async def test_the_menu_edits_and_everyone_sees_it_at_once(ada: Person, grace: Person, room: Room) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    await ada.say("tea at **fuor**?")
    await grace.sees("tea at fuor?")

    await choose_edit(ada, "tea at fuor?")
    assert await violations(ada) == []
    await expect(dialog_of(ada).get_by_label("Your message")).to_have_value("tea at **fuor**?")
    await dialog_of(ada).get_by_label("Your message").fill("tea at **four**?")
    await dialog_of(ada).get_by_role("button", name="Save").click()

    for person in (ada, grace):
        await person.sees("tea at four?")
        await expect(person.page.locator("#log .text")).to_have_count(1)
        await expect(person.page.locator("#log .edited")).to_contain_text("edited")
    await expect(dialog_of(ada)).to_be_hidden()
    await expect(ada.box).to_be_focused()
    streamed = await grace.log()
    await grace.page.reload()
    await grace.hears("open")
    assert await grace.log() == streamed


async def test_the_time_of_an_edit_is_the_readers_own_when_it_comes_and_after_a_reload(
    arrive: Arrive, room: Room
) -> None:
    ada = await arrive("Ada", locale="en-GB", timezone_id="Asia/Tokyo")
    await ada.join(room["url"])
    seq = post(room, "tea?")
    owner = {"Authorization": f"Bearer {room['token']}", "Accept": "application/json"}
    async with httpx.AsyncClient(headers=owner) as client:
        at = (await client.patch(f"{room['url']}/{seq}", json={"text": "coffee?"})).json()["edited_at"]
    local = datetime.fromisoformat(at).astimezone(timezone(timedelta(hours=9)))

    edited = ada.page.locator(f"#m-{seq} .edited time")
    await expect(edited).to_have_text(f"{local:%H:%M}")
    await ada.page.reload()
    await expect(edited).to_have_text(f"{local:%H:%M}")


async def test_arrow_up_in_an_empty_box_edits_ones_last_message(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.say("first")
    await ada.say("secnd")
    post(room, "from Grace")
    await ada.sees("from Grace")

    await ada.box.press("ArrowUp")
    box = dialog_of(ada).get_by_label("Your message")
    await expect(box).to_have_value("secnd")
    await box.fill("second")
    await box.press("Enter")

    await ada.sees("second")
    await expect(dialog_of(ada)).to_be_hidden()


async def test_a_refusal_keeps_the_words_and_escape_leaves_the_message(ada: Person, room: Room) -> None:
    ada.expects("Failed to load resource.*(413|422)")
    await ada.join(room["url"])
    await ada.say("tea?")
    await choose_edit(ada, "tea?")
    box = dialog_of(ada).get_by_label("Your message")
    await box.fill("x" * 4097)
    await box.press("Enter")

    await expect(dialog_of(ada).get_by_role("alert")).to_contain_text("4097")
    await expect(box).to_have_value("x" * 4097)
    await box.press("Escape")
    await expect(dialog_of(ada)).to_be_hidden()
    await ada.sees("tea?")


async def test_others_messages_have_no_edit(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    post(room, "from Grace")
    await ada.sees("from Grace")
    await ada.page.locator("#log .text").click(button="right")

    await expect(ada.page.get_by_role("menuitem", name="Copy text")).to_be_visible()
    await expect(ada.page.get_by_role("menuitem", name="Edit")).to_be_hidden()


async def test_it_works_without_a_script(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", java_script_enabled=False)
    ada.expects("Failed to load resource.*422")
    await ada.enter(room["url"])
    await ada.box.fill("tea?")
    await ada.page.get_by_role("button", name="Send").click()
    await ada.page.locator("#log > .mine .when, #log > [data-kind=message] .when").last.click()
    await ada.page.get_by_role("link", name="Edit this message").click()
    await ada.page.get_by_label("Your message").fill(" ")
    await ada.page.get_by_role("button", name="Save").click()
    await expect(ada.page.get_by_role("alert")).to_contain_text("write something")
    await ada.page.get_by_label("Your message").fill("milk?")
    await ada.page.get_by_role("button", name="Save").click()

    await expect(ada.page.locator("#log .text")).to_have_text("milk?")
    assert [line.text for line in history(room["url"]) if line.kind == "message"] == ["milk?"]
