"""A question in the page: its buttons, with and without a script and by the keyboard, and the answer in their place."""

from __future__ import annotations

import httpx
import pytest
from playwright.async_api import Locator, expect

from .conftest import Arrive
from .people import Person, Room
from .test_accessible import too_wide, violations
from .test_menu import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def ask(room: Room, query: str, *, owner: bool = False) -> int:
    """A program's question, or Grace's; its number."""
    who = {"Authorization": f"Bearer {room['token']}"} if owner else {"Name": "ci"}
    answer = httpx.post(f"{room['url']}?{query}", content="Deploy?", headers=who)
    assert answer.status_code in (201, 404), answer.text
    return int(answer.headers["Location"].rpartition("/")[2])


def answer(room: Room, seq: int) -> None:
    """Grace answers without a browser."""
    owner = {"Authorization": f"Bearer {room['token']}"}
    assert httpx.post(f"{room['url']}/{seq}/answer", content="no", headers=owner).status_code == 201


def answers_of(person: Person, seq: int) -> Locator:
    return person.page.locator(f"#c-{seq}")


async def test_a_press_answers_and_everybody_sees_it_in_place_of_the_buttons(
    ada: Person, grace: Person, room: Room
) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    seq = ask(room, "choices=yes,no")
    await expect(answers_of(ada, seq).get_by_role("button")).to_have_text(["yes", "no"])
    assert await violations(ada) == []
    await answers_of(ada, seq).get_by_role("button", name="yes").click()
    for person in (ada, grace):
        await expect(answers_of(person, seq)).to_have_text("Ada: yes")
        await expect(person.page.locator("#log .answers .quote")).to_have_text("Deploy?")
    focused = await ada.page.evaluate("document.activeElement.id")
    assert focused == f"m-{seq}"
    assert await violations(grace) == []
    streamed = await answers_of(grace, seq).evaluate("node => node.outerHTML")
    await grace.page.reload()
    await grace.hears("open")
    assert await answers_of(grace, seq).evaluate("node => node.outerHTML") == streamed


async def test_the_keyboard_answers_and_a_refusal_is_said(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    seq = ask(room, "choices=yes,no&from=owners")
    ada.expects("403")
    await answers_of(ada, seq).get_by_role("button", name="no").focus()
    await ada.page.keyboard.press("Enter")
    await expect(ada.page.locator("#said")).to_contain_text("Only an owner")
    await expect(answers_of(ada, seq).get_by_role("button")).to_have_count(2)
    seq = ask(room, "choices=yes,no")
    await answers_of(ada, seq).get_by_role("button", name="no").focus()
    await ada.page.keyboard.press("Enter")
    await expect(answers_of(ada, seq)).to_have_text("Ada: no")


async def test_the_asker_has_no_buttons_and_a_free_question_is_replied_to(
    ada: Person, grace: Person, room: Room
) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    own, free = ask(room, "choices=yes,no", owner=True), ask(room, "wait=1s")
    await expect(answers_of(grace, own)).to_be_visible()
    await expect(answers_of(grace, own).get_by_role("button")).to_have_count(0)
    await expect(answers_of(ada, own).get_by_role("button")).to_have_count(2)
    await answers_of(ada, free).get_by_role("link", name="Reply").click()
    await expect(ada.page.locator("#replying .answers")).to_contain_text("Deploy?")
    await ada.page.keyboard.type("when ready")
    await ada.page.keyboard.press("Enter")
    await expect(answers_of(grace, free)).to_have_text("Ada: when ready")


async def test_buttons_are_large_and_fit_a_phone(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", **PHONE)
    await ada.join(room["url"])
    seq = ask(room, f"choices={'x' * 40},{'w ' * 19}w,כן,no,yes")
    await expect(answers_of(ada, seq).get_by_role("button")).to_have_count(5)
    for button in await answers_of(ada, seq).get_by_role("button").all():
        box = await button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    assert await too_wide(ada) == []
    assert await violations(ada) == []


async def test_without_a_script_a_button_is_a_form(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", java_script_enabled=False)
    await ada.page.goto(room["url"])
    await ada.page.get_by_label("name").fill("Ada")
    await ada.page.get_by_role("button", name="Join").click()
    seq, late = ask(room, "choices=yes,no"), ask(room, "choices=yes,no")
    await ada.page.goto(room["url"])
    await answers_of(ada, seq).get_by_role("button", name="yes").click()
    await expect(answers_of(ada, seq)).to_have_text("Ada: yes")
    answer(room, late)
    ada.expects("409")
    await answers_of(ada, late).get_by_role("button", name="yes").click()
    await expect(ada.page.locator("main")).to_contain_text(f"Grace was faster: {late} is answered.")
