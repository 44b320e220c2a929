"""The menu of a message: every way to it, its items, and removing, which can be undone for five seconds."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, expect

from .conftest import Arrive
from .people import Person, Room, history, post
from .test_accessible import violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}


def menu_of(person: Person) -> Locator:
    return person.page.get_by_role("menu")


def opener_of(person: Person) -> Locator:
    return person.page.get_by_role("button", name="Menu of this message")


async def line_of(person: Person, text: str) -> Locator:
    """The line with this text."""
    await person.sees(text)
    return person.page.locator("#log > [data-kind]").filter(has_text=text)


async def choose(person: Person, text: str, item: str) -> None:
    """An item of the menu of the message with this text."""
    await (await line_of(person, text)).locator(".text").click(button="right")
    await person.page.get_by_role("menuitem", name=item).click()


async def items(person: Person) -> list[str]:
    return [(await item.inner_text()) for item in await person.page.get_by_role("menuitem").all()][:-1]


async def fits(person: Person) -> bool:
    """Whether the menu is in the visible part of the page, wholly."""
    box = await menu_of(person).bounding_box()
    view = person.page.viewport_size
    assert box
    assert view
    right, bottom = box["x"] + box["width"], box["y"] + box["height"]
    return box["x"] >= 0 and box["y"] >= 0 and right <= view["width"] and bottom <= view["height"]


@pytest.mark.parametrize("width", [390, 1280])
async def test_the_button_on_a_line_opens_its_menu_which_stays_on_the_screen(
    ada: Person, room: Room, width: int
) -> None:
    await ada.page.set_viewport_size({"width": width, "height": 600})
    await ada.join(room["url"])
    post(room, *(f"line {number}" for number in range(30)))
    for text in ("mine", "again", "my last"):
        await ada.say(text)
    for text in ("my last", "mine", "line 29", "line 24"):
        await (await line_of(ada, text)).hover()
        await opener_of(ada).click()
        await expect(menu_of(ada)).to_be_visible()
        assert await fits(ada), text
        own = text.startswith("m")
        mine = ["Edit", "About the author", "Remove"]
        assert await items(ada) == ["Reply", "Reactions…", "Copy text", "Copy link", *(mine if own else mine[1:2])]
        await ada.page.keyboard.press("Escape")
        await expect(menu_of(ada)).to_be_hidden()


async def test_the_button_never_lies_over_a_box_that_grows(ada: Person, room: Room) -> None:
    await ada.page.set_viewport_size({"width": 1280, "height": 600})
    post(room, *(f"line {number}" for number in range(60)))
    await ada.join(room["url"])
    line = await line_of(ada, "line 15")
    await line.evaluate("line => line.scrollIntoView({block: 'end'})")
    await line.locator(".text").hover()
    await expect(opener_of(ada)).to_be_visible()
    await ada.page.locator(".composer").evaluate("box => { box.style.paddingTop = '200px'; }")
    await expect(opener_of(ada)).to_be_hidden()


async def test_copying_takes_the_text_and_the_link(ada: Person, room: Room) -> None:
    await ada.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await ada.join(room["url"])
    seq = post(room, "two\nlines & **bold**")
    await choose(ada, "lines & bold", "Copy text")
    await expect(ada.page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert await ada.page.evaluate("navigator.clipboard.readText()") == "two\nlines & bold"
    await choose(ada, "lines & bold", "Copy link")
    await ada.page.wait_for_function(
        "async link => await navigator.clipboard.readText() === link", arg=room["url"] + f"/{seq}"
    )


async def test_a_long_press_opens_the_menu_and_lifting_the_finger_leaves_it_open(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", **PHONE)
    await ada.join(room["url"])
    post(room, "tea?")
    box = await (await line_of(ada, "tea?")).locator(".text").bounding_box()
    assert box
    finger = await ada.context.new_cdp_session(ada.page)
    at = {"x": box["x"] + 10, "y": box["y"] + 10}
    await finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    await expect(menu_of(ada)).to_be_visible()
    await finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await ada.page.evaluate("new Promise(requestAnimationFrame)")
    await expect(menu_of(ada)).to_be_visible()
    assert await fits(ada)
    for item in await ada.page.get_by_role("menuitem").all():
        size = await item.bounding_box()
        assert size
        assert size["height"] >= 44
    await ada.page.locator("#scroller").tap(position={"x": 5, "y": 5})
    await expect(menu_of(ada)).to_be_hidden()
    await (await line_of(ada, "tea?")).locator(".text").tap()
    size = await opener_of(ada).bounding_box()
    assert size
    assert min(size["width"], size["height"]) >= 44


async def test_the_keyboard_goes_from_message_to_message_and_opens_the_menu(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    post(room, "one", "two")
    await ada.say("three")
    focused = ada.page.locator(":focus")
    await ada.sees("three")
    await ada.page.locator("#scroller").focus()
    for key, text in (("ArrowUp", "three"), ("ArrowUp", "two"), ("ArrowUp", "one"), ("ArrowDown", "two")):
        await ada.page.keyboard.press(key)
        await expect(focused).to_contain_text(text)
    for key in ("Enter", "ContextMenu"):
        await ada.page.keyboard.press(key)
        await expect(focused).to_have_text("Reply")
        assert await violations(ada) == []
        await ada.page.keyboard.press("ArrowDown")
        await expect(focused).to_have_text("Reactions…")
        await ada.page.keyboard.press("Escape")
        await expect(focused).to_contain_text("two")
    await ada.page.keyboard.press("ArrowDown")
    await ada.page.keyboard.press("Enter")
    await ada.page.keyboard.press("ArrowUp")
    await expect(focused).to_have_text("👍")
    await ada.page.keyboard.press("ArrowUp")  # from the first to the last, the time
    await ada.page.keyboard.press("ArrowUp")
    await ada.page.keyboard.press("Enter")  # Remove
    await expect(focused).to_have_text("Undo")
    await ada.page.keyboard.press("Enter")
    await expect(focused).to_contain_text("three")
    await ada.page.keyboard.press("Escape")
    await expect(ada.box).to_be_focused()


async def test_the_menu_stays_while_messages_come_and_closes_when_its_message_goes(
    ada: Person, grace: Person, room: Room
) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    await ada.say("something rude")
    await (await line_of(ada, "something rude")).locator(".text").click(button="right")
    await ada.reaches(post(room, *(f"line {number}" for number in range(9))))
    await expect(menu_of(ada)).to_be_visible()
    await ada.hide(True)
    await choose(grace, "something rude", "Remove")
    await grace.page.goto("about:blank")
    await expect(menu_of(ada)).to_be_hidden()
    await expect(ada.page.locator("[data-kind=removed]")).to_contain_text("Grace removed a message of Ada")
    assert not (await ada.page.title()).startswith("("), "a removal counts as no message"


async def test_removing_is_undone_or_done_when_five_seconds_are_over(ada: Person, room: Room) -> None:
    await ada.page.clock.install()
    await ada.join(room["url"])
    for text in ("first", "second"):
        await ada.say(text)
        await choose(ada, text, "Remove")
        await expect(ada.page.locator("#log .text").filter(has_text=text)).to_be_hidden()
        if text == "first":
            await ada.page.get_by_role("button", name="Undo").click()
            await expect(ada.page.locator("#log .text").filter(has_text=text)).to_be_visible()
    await ada.page.clock.run_for(5000)
    await expect(ada.page.locator("[data-kind=removed]")).to_contain_text("Ada removed a message")
    assert [line.text for line in history(room["url"]) if line.kind == "message"] == ["first"]
    assert len([request for request in ada.requests if request.method == "DELETE"]) == 1


@pytest.mark.parametrize("how", ["closed", "hidden"])
async def test_a_page_that_is_left_before_that_removes_all_the_same(
    ada: Person, grace: Person, room: Room, how: str
) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    await ada.say("something rude")
    await grace.sees("something rude")
    await choose(ada, "something rude", "Remove")
    await expect(ada.page.get_by_role("button", name="Undo")).to_be_visible()
    if how == "hidden":
        await ada.hide(True)
    else:
        await ada.page.close(run_before_unload=True)
    await expect(grace.page.locator("[data-kind=removed]")).to_contain_text("Ada removed a message")


async def test_a_removal_that_does_not_get_through_brings_the_message_back(ada: Person, room: Room) -> None:
    ada.expects()
    await ada.page.clock.install()
    await ada.join(room["url"])
    await ada.say("still here")
    await choose(ada, "still here", "Remove")
    await ada.page.route(f"{room['url']}/*", lambda route: route.abort())
    await ada.page.clock.run_for(5000)
    await expect(ada.page.get_by_role("status").filter(has_text="Not removed")).to_be_visible()
    await expect(ada.page.locator("#log .text").filter(has_text="still here")).to_be_visible()


async def test_what_others_said_is_not_offered_to_be_removed(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    post(room, "tea?")
    await (await line_of(ada, "tea?")).locator(".text").click(button="right")
    assert await items(ada) == ["Reply", "Reactions…", "Copy text", "Copy link", "About the author"]
