"""Writing: the box grows, the emoji button and the help beside it, code that is copied, and emoji shown large."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from .conftest import Arrive
from .people import Person, Room, post

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HEIGHT = "box => box.getBoundingClientRect().height"
COPIES = {"permissions": ["clipboard-read", "clipboard-write"]}
CODE = "see\n\n```\nfor line in " + "a_long_name" * 20 + ":\n    print(line)\n```"


def options(person: Person) -> Any:
    """What the list offers."""
    return person.page.get_by_role("listbox", name="Suggestions").get_by_role("option")


@pytest.mark.parametrize("sizes", ["by the browser", "by the script"])
async def test_the_box_grows_with_the_text_to_a_limit_and_shrinks_when_it_is_sent(
    ada: Person, room: Room, sizes: str
) -> None:
    if sizes == "by the script":
        await ada.context.add_init_script(
            "CSS.supports = () => false;"
            "document.addEventListener('readystatechange', () => {"
            " const box = document.querySelector('#text'); if (box) box.style.fieldSizing = 'fixed'; });"
        )
    await ada.join(room["url"])
    heights = [await ada.box.evaluate(HEIGHT)]
    for lines in (2, 4, 12, 40):
        await ada.box.fill("\n".join("tea" for _ in range(lines)))
        heights.append(await ada.box.evaluate(HEIGHT))
    empty, two, four, twelve, forty = heights
    assert empty < two < four < twelve == forty < 250
    assert await ada.box.evaluate("box => box.scrollHeight > box.clientHeight")
    await ada.say("tea")
    assert await ada.box.evaluate(HEIGHT) == empty


async def test_the_button_shows_all_emoji_to_who_knows_no_names(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    button = ada.page.get_by_role("button", name="Emoji", exact=True)
    await ada.box.fill("tea ")
    await button.click()
    await expect(button).to_have_attribute("aria-expanded", "true")
    assert await options(ada).count() > 200
    await expect(ada.box).to_be_focused()
    first = await options(ada).first.bounding_box()
    await ada.box.press("ArrowDown")
    below = await ada.page.locator("#choices [aria-selected=true]").bounding_box()
    assert first
    assert below
    assert (below["x"], below["y"] > first["y"]) == (first["x"], True), "one row down"
    await ada.box.press("ArrowUp")
    await ada.box.press("ArrowRight")
    await ada.box.press("Enter")
    await expect(ada.box).to_have_value("tea 😃")
    await expect(button).to_have_attribute("aria-expanded", "false")
    await button.click()
    await ada.box.press("Escape")
    await expect(options(ada)).to_have_count(0)
    await button.click()
    await button.click()
    await expect(options(ada)).to_have_count(0)
    await button.press("Enter")
    await options(ada).filter(has_text="rocket").click()
    await expect(ada.box).to_have_value("tea 😃🚀")
    await button.click()
    await ada.box.press_sequentially("!")
    await expect(options(ada)).to_have_count(0)


async def test_a_finger_takes_an_emoji_before_the_keyboard_comes(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    await ada.join(room["url"])
    await ada.page.get_by_role("button", name="Emoji", exact=True).tap()
    await expect(options(ada).first).to_be_visible()
    await expect(ada.box).not_to_be_focused()
    await options(ada).filter(has_text="tada").tap()
    await expect(ada.box).to_have_value("🎉")
    await expect(ada.box).to_be_focused()


async def test_help_with_formatting_is_there_while_one_writes_and_goes_with_escape(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.page.get_by_text("Formatting", exact=True).click()
    panel = ada.page.get_by_role("region", name="Formatting")
    for shown in ("**bold**", "*italic*", "`code`", "> words", "- one", "[words](https://...)", ":tada:"):
        await expect(panel.get_by_text(shown, exact=True)).to_be_visible()
    await ada.box.fill("**tea**")
    await expect(panel).to_be_visible()
    await ada.page.get_by_text("Formatting", exact=True).press("Escape")
    await expect(panel).to_be_hidden()
    await ada.page.keyboard.press("Enter")
    await panel.get_by_role("link", name="More in the help").click()
    await expect(ada.page.get_by_role("heading", name="Formatting and emoji")).to_be_in_viewport()


async def test_without_javascript_the_help_opens_and_nothing_offers_what_is_not_there(
    arrive: Arrive, room: Room
) -> None:
    ada = await arrive("Ada", java_script_enabled=False)
    post(room, CODE, "🎉")
    await ada.enter(room["url"])
    await ada.page.get_by_text("Formatting", exact=True).click()
    await expect(ada.page.get_by_role("link", name="More in the help")).to_be_visible()
    await expect(ada.page.locator("#emoji, #choices, .copy")).to_have_count(2)
    await expect(ada.page.locator("#emoji")).to_be_hidden()
    await expect(ada.page.locator("#choices")).to_be_hidden()
    await ada.box.fill(":tada:")
    await ada.page.get_by_role("button", name="Send", exact=True).click()
    await ada.sees(":tada:")
    await expect(ada.page.locator(".text.large")).to_have_text(["🎉"])


async def test_code_scrolls_by_itself_and_is_copied_by_a_button_that_is_no_part_of_it(
    arrive: Arrive, room: Room
) -> None:
    ada = await arrive("Ada", viewport={"width": 390, "height": 844}, **COPIES)
    await ada.join(room["url"])
    seq = post(room, CODE)
    await ada.sees("print")
    code = ada.page.locator(f"#m-{seq} pre")
    assert await code.evaluate("code => code.scrollWidth > code.clientWidth")
    assert not await ada.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    await code.focus()
    await ada.page.keyboard.press("End")
    await ada.page.keyboard.press("Tab")
    button = ada.page.get_by_role("button", name="Copy this code")
    await expect(button).to_be_focused()
    assert "Copy" not in await ada.page.locator(f"#m-{seq} .text").inner_text()
    await ada.page.keyboard.press("Enter")
    await expect(ada.page.locator("#said")).to_have_text("Copied")
    copied = await ada.page.evaluate("navigator.clipboard.readText()")
    assert copied == CODE.removeprefix("see\n\n```\n").removesuffix("\n```")


async def test_after_an_edit_a_line_is_ones_own_still_and_its_code_has_buttons(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.say("```\none\n```")
    await ada.box.press("ArrowUp")
    words = ada.page.get_by_role("textbox", name="Your message")
    await words.fill("```\ntwo\n```\n\nand\n\n```\nthree\n```")
    await ada.page.get_by_role("button", name="Save").click()
    await expect(ada.page.locator("#log pre")).to_have_text(["two\n", "three\n"])
    await expect(ada.page.get_by_role("button", name="Copy this code")).to_have_count(2)
    await expect(ada.page.locator("#log .mine pre")).to_have_count(2)


async def test_few_emoji_are_large_and_many_or_words_are_not(ada: Person, room: Room) -> None:
    post(room, "👍🏽", "🎉 ❤️ 🚀")
    await ada.join(room["url"])
    post(room, "🎉🎉🎉🎉", "tea 🎉")
    await ada.say("☕")
    await expect(ada.page.locator("#log .text.large")).to_have_text(["👍🏽", "🎉 ❤️ 🚀", "☕"])
