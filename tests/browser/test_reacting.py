"""Reactions in the page: from the menu, a count, the dialog and without a script, and what the others see."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.async_api import Locator, expect

from .conftest import Arrive
from .people import Person, Room, post
from .test_accessible import too_wide, violations
from .test_menu import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AT_END = "({scrollHeight, clientHeight, scrollTop}) => scrollHeight - clientHeight - scrollTop < 2"


def counts_of(person: Person, seq: int) -> Locator:
    return person.page.locator(f"#r-{seq} button")


async def shown(person: Person, seq: int) -> list[tuple[str, str]]:
    """Each count of a message, and whether it is the person's own."""
    buttons = await counts_of(person, seq).all()
    return [(await one.text_content() or "", await one.get_attribute("aria-pressed") or "") for one in buttons]


def react(room: Room, seq: int, emoji: str, method: str = "PUT") -> dict[str, list[str]]:
    """Grace reacts without a browser; all reactions after it."""
    owner = {"Authorization": f"Bearer {room['token']}"}
    answer = httpx.request(method, f"{room['url']}/{seq}/reactions/{quote(emoji)}", headers=owner)
    assert answer.status_code == 200, answer.text
    everyone: dict[str, list[str]] = answer.json()["all"]
    return everyone


async def choose(person: Person, seq: int, item: str, role: Any = "menuitem") -> None:
    await person.page.locator(f"#m-{seq} .text").click(button="right")
    await person.page.get_by_role(role, name=item).click()


async def test_one_press_in_the_menu_reacts_and_another_takes_back(ada: Person, grace: Person, room: Room) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    seq = post(room, "tea?")
    await ada.reaches(seq)
    await choose(ada, seq, "👍", "menuitemcheckbox")
    await expect(counts_of(grace, seq)).to_have_text("👍 1")
    await expect(counts_of(ada, seq)).to_have_attribute("aria-pressed", "true")
    await expect(counts_of(grace, seq)).to_have_attribute("aria-pressed", "false")
    assert await violations(ada) == []

    await counts_of(grace, seq).click()  # the count is a button
    await expect(counts_of(ada, seq)).to_have_text("👍 2")
    await expect(counts_of(grace, seq)).to_have_attribute("aria-pressed", "true")
    await counts_of(ada, seq).hover()
    await expect(counts_of(ada, seq)).to_have_attribute("title", "you, Grace")
    streamed = await shown(ada, seq)
    await ada.page.reload()
    await ada.hears("open")
    assert await shown(ada, seq) == streamed

    await ada.page.locator(f"#m-{seq} .text").click(button="right")
    item = ada.page.get_by_role("menuitemcheckbox", name="👍")
    await expect(item).to_have_attribute("aria-checked", "true")
    assert await violations(ada) == []
    await item.click()
    await expect(counts_of(grace, seq)).to_have_text("👍 1")
    await counts_of(grace, seq).click()
    for person in (ada, grace):
        await expect(counts_of(person, seq)).to_have_count(0)
        await expect(person.page).to_have_title(await ada.page.title())  # nothing counts as new


async def test_the_dialog_names_the_members_and_finds_any_other_emoji(ada: Person, room: Room) -> None:
    ada.expects("Failed to load resource.*422")
    await ada.join(room["url"])
    seq = post(room, "tea?")
    react(room, seq, "🎉")
    await ada.reaches(seq)
    dialog = ada.page.get_by_role("dialog", name="Reactions")
    await choose(ada, seq, "Reactions…")
    await expect(dialog.locator("dd")).to_have_text("Grace")
    assert await violations(ada) == []
    box = dialog.get_by_label("Any other emoji")
    await box.fill("tea")
    await box.press("Enter")
    await expect(dialog.get_by_role("alert")).to_contain_text("A reaction is one emoji")
    await box.fill(":rocket")
    await dialog.get_by_role("button", name="🚀").click()
    await expect(dialog).to_be_hidden()
    await expect(counts_of(ada, seq)).to_have_text(["🎉 1", "🚀 1"])
    await choose(ada, seq, "Reactions…")
    await box.fill("🦊")
    await box.press("Enter")
    await expect(counts_of(ada, seq)).to_have_text(["🎉 1", "🚀 1", "🦊 1"])
    await choose(ada, seq, "Reactions…")
    await dialog.get_by_role("link", name="Back to the room").click()
    await expect(dialog).to_be_hidden()


async def test_the_keyboard_alone_reacts(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    seq = post(room, "tea?")
    await ada.reaches(seq)
    await ada.prepares()
    focused, keyboard = ada.page.locator(":focus"), ada.page.keyboard
    await ada.page.locator("#scroller").focus()
    for key in ("ArrowUp", "Enter", "ArrowUp"):
        await keyboard.press(key)
    await expect(focused).to_have_text("👍")
    await keyboard.press("ArrowRight")
    await expect(focused).to_have_text("❤️")
    await keyboard.press("ArrowDown")
    await expect(focused).to_have_text("Reply")
    await keyboard.press("ArrowUp")
    await keyboard.press("Enter")
    await expect(counts_of(ada, seq)).to_have_text("👍 1")
    await counts_of(ada, seq).focus()
    await keyboard.press("Enter")
    await expect(counts_of(ada, seq)).to_have_count(0)
    await expect(ada.page.locator(f"#m-{seq}")).to_be_focused()


async def test_a_reaction_keeps_the_end_in_view_counts_nothing_and_outside_of_the_page_does_nothing(
    ada: Person, room: Room
) -> None:
    first = post(room, "the first")
    last = post(room, *(f"line {number}" for number in range(60)))
    await ada.join(room["url"])
    await ada.hide(True)
    react(room, first, "👍")  # its line is not on the page
    react(room, last, "👍")
    await expect(counts_of(ada, last)).to_have_text("👍 1")
    assert await ada.page.locator("#scroller").evaluate(AT_END)
    assert await ada.page.locator(f"#r-{first}").count() == 0
    assert not (await ada.page.title()).startswith("(")
    post(room, "a message")
    await ada.sees("a message")
    await expect(ada.page).to_have_title("(1) " + (await ada.page.title()).removeprefix("(1) "))


async def test_an_edit_leaves_the_reactions_and_whose_they_are(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.say("tae?")
    seq = int(((await ada.page.locator("#log .mine .text").locator("..").get_attribute("id")) or "")[2:])
    react(room, seq, "🎉")
    await choose(ada, seq, "😂", "menuitemcheckbox")
    await expect(counts_of(ada, seq)).to_have_text(["🎉 1", "😂 1"])
    await choose(ada, seq, "Edit")
    box = ada.page.get_by_role("dialog", name="Edit your message").get_by_label("Your message")
    await box.fill("tea?")
    await box.press("Enter")
    await ada.sees("tea?")
    await expect(counts_of(ada, seq).last).to_have_attribute("aria-pressed", "true")
    assert await shown(ada, seq) == [("🎉 1", "false"), ("😂 1", "true")]


async def test_two_who_press_at_the_same_time_end_with_the_same(ada: Person, grace: Person, room: Room) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    seq = post(room, "tea?")
    for emoji in ("👍", "🎉"):
        react(room, seq, emoji)
    for person in (ada, grace):
        await expect(counts_of(person, seq)).to_have_count(2)

    async def press(person: Person) -> None:
        for _ in range(4):
            for emoji in ("👍", "😂"):
                await choose(person, seq, emoji, "menuitemcheckbox")

    await asyncio.gather(press(ada), press(grace))
    everyone = react(room, seq, "✅")
    wanted = [f"{emoji} {len(members)}" for emoji, members in everyone.items()]
    for person in (ada, grace):
        await expect(counts_of(person, seq)).to_have_text(wanted)
    streamed = [await shown(person, seq) for person in (ada, grace)]
    for person in (ada, grace):
        await person.page.reload()
        await person.hears("open")
    assert [await shown(person, seq) for person in (ada, grace)] == streamed


async def test_twenty_fit_on_a_phone_and_each_is_large_enough_for_a_finger(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", **PHONE)
    seq = post(room, "tea?")
    for number in range(20):
        react(room, seq, chr(0x1F400 + number))
    await ada.join(room["url"])
    await expect(counts_of(ada, seq)).to_have_count(20)
    boxes = [await one.bounding_box() for one in await counts_of(ada, seq).all()]
    assert min(min(box["width"], box["height"]) for box in boxes if box) >= 44
    assert await violations(ada) == []
    assert await too_wide(ada) == []


async def test_it_works_without_a_script(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", java_script_enabled=False)
    ada.expects("Failed to load resource.*422")
    seq = post(room, "tea?")
    await ada.enter(room["url"])
    await ada.page.locator(f"#m-{seq} .when").click()
    await ada.page.get_by_role("button", name="🎉").click()
    await expect(counts_of(ada, seq)).to_have_text("🎉 1")
    await expect(counts_of(ada, seq)).to_have_attribute("aria-pressed", "true")
    await ada.page.locator(f"#m-{seq} .when").click()
    await ada.page.get_by_label("Any other emoji").fill("tea")
    await ada.page.get_by_role("button", name="React").click()
    await expect(ada.page.get_by_role("alert")).to_contain_text("A reaction is one emoji")
    await ada.page.get_by_label("Any other emoji").fill("🦊")
    await ada.page.get_by_role("button", name="React").click()
    await expect(counts_of(ada, seq)).to_have_text(["🎉 1", "🦊 1"])
    await counts_of(ada, seq).first.click()
    await expect(counts_of(ada, seq)).to_have_text(["🦊 1"])
