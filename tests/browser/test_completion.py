"""Completion in the box: emoji by their names, with the keyboard, the mouse and a finger, and never by accident."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Route, expect

from .conftest import Arrive
from .people import Person, Room

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def options(person: Person) -> Any:
    """What the list offers."""
    return person.page.get_by_role("listbox", name="Suggestions").get_by_role("option")


async def types(person: Person, text: str) -> None:
    """Type on the keyboard, behind what is there."""
    await person.box.press_sequentially(text)


async def test_a_name_of_an_emoji_is_completed_with_the_keyboard(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await types(ada, "tea: two ")
    assert not any("emojilist" in request.url for request in ada.requests), "until it is needed"
    await types(ada, ":s")
    await expect(options(ada)).to_have_count(0)
    await types(ada, "mi")
    await expect(options(ada).first).to_have_text("smile")
    await expect(ada.page.locator("#said")).to_have_text(re.compile("^[2-8] suggestions$"))
    await expect(ada.box).to_have_attribute("aria-activedescendant", "choice-0")
    await ada.box.press("ArrowDown")
    await expect(options(ada).nth(1)).to_have_attribute("aria-selected", "true")
    await expect(ada.box).to_have_attribute("aria-activedescendant", "choice-1")
    await ada.box.press("ArrowUp")
    await ada.box.press("Enter")
    await expect(ada.box).to_have_value("tea: two 😄")
    await expect(options(ada)).to_have_count(0)
    await ada.box.press("Control+z")
    await expect(ada.box).to_have_value("tea: two :smi")
    await ada.box.press("End")
    await types(ada, "l")
    await expect(options(ada).first).to_have_text("smile")
    await ada.box.press("Tab")
    await ada.box.press("Enter")
    await ada.sees("tea: two 😄")
    assert len([request for request in ada.requests if "emojilist" in request.url]) == 1


async def test_escape_closes_the_list_and_enter_sends_what_was_typed(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await types(ada, "see :spar")
    await expect(options(ada)).to_have_count(1)
    await ada.box.press("Escape")
    await types(ada, "k")
    await expect(ada.page.locator("#choices")).to_be_hidden()
    await ada.box.press("Enter")
    await ada.sees("see :spark")


async def test_a_whole_name_becomes_its_character_also_when_the_list_comes_late(ada: Person, room: Room) -> None:
    arrived = asyncio.Event()

    async def late(route: Route) -> None:
        await arrived.wait()
        await route.continue_()

    await ada.join(room["url"])
    await ada.prepares()
    await ada.page.route("**/emojilist.js*", late)
    await types(ada, "well :tada: done")
    await expect(ada.box).to_have_value("well :tada: done")
    arrived.set()
    await expect(ada.box).to_have_value("well 🎉 done")
    await types(ada, "!")
    await expect(ada.box).to_have_value("well 🎉 done!")


async def test_a_whole_name_becomes_its_character_and_nothing_else_does(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.prepares()
    await types(ada, ":tada: :nobody: 10:30:45 std::tea::tea `:tea: ` :+1:")
    await expect(ada.box).to_have_value("🎉 :nobody: 10:30:45 std::tea::tea `:tea: ` 👍")
    await ada.box.fill("")
    await ada.page.keyboard.insert_text("key::tea:")
    await ada.box.press("Control+a")
    await ada.box.press("Control+x")
    await types(ada, "pasted ")
    await ada.box.press("Control+v")
    await expect(ada.box).to_have_value("pasted key::tea:")


async def test_a_composition_has_its_own_enter(ada: Person, room: Room) -> None:
    """Input methods use the arrow keys and Enter themselves; while one composes, the list stays away."""
    await ada.join(room["url"])
    session = await ada.context.new_cdp_session(ada.page)
    await ada.box.focus()
    await types(ada, ":")
    compose = {"text": "smi", "selectionStart": 3, "selectionEnd": 3}
    await session.send("Input.imeSetComposition", compose)
    await expect(ada.box).to_have_value(":smi")
    await expect(ada.page.locator("#choices")).to_be_hidden()
    await session.send("Input.insertText", {"text": "smi"})
    await expect(options(ada).first).to_have_text("smile")


async def test_an_entry_is_taken_with_the_mouse_and_with_a_finger(arrive: Arrive, room: Room) -> None:
    for name, touch in (("Ada", False), ("Mallory", True)):
        person = await arrive(name, viewport={"width": 390, "height": 844}, has_touch=touch, is_mobile=touch)
        await person.join(room["url"])
        await person.box.click()
        await types(person, "a :cof")
        chosen = options(person).filter(has_text="coffee")
        await (chosen.tap() if touch else chosen.click())
        await expect(person.box).to_have_value("a ☕")
        await expect(person.box).to_be_focused()
        if touch:
            size = await person.page.evaluate("document.querySelector('#choices').getBoundingClientRect().height")
            assert size == 0, "the list is gone"
