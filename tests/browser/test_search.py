"""Search in the page: the box in the side, what was found, the way to a line and back, and without a script."""

from __future__ import annotations

import httpx
import pytest
from playwright.async_api import Locator, expect

from ..waiting import wait_until
from .conftest import Arrive
from .people import Person, Room, post
from .test_accessible import violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def finds(room: Room, query: str) -> list[int]:
    """The numbers of the messages that a program finds. It waits for the index to have all."""
    owner = {"Authorization": f"Bearer {room['token']}", "Accept": "application/json"}

    def ask() -> list[int]:
        answer = httpx.get(f"{room['url']}/search", params={"q": query, "limit": 500}, headers=owner)
        return [message["seq"] for message in answer.raise_for_status().json()["messages"]]

    wait_until(lambda: bool(ask()))
    return ask()


@pytest.fixture
def told(room: Room) -> Room:
    """A room with sixty messages about deploys, and one on the Straße far above the others."""
    post(room, "In der **Straße** brennt Licht", *(f"deploy number {number}" for number in range(60)))
    post(room, *(f"tea {number}" for number in range(30)), "the last kettle")
    finds(room, "kettle")
    return room


def box_of(person: Person) -> Locator:
    return person.page.get_by_role("searchbox", name="Search the messages")


def results_of(person: Person) -> Locator:
    return person.page.locator(".results li a")


async def test_one_finds_a_message_with_the_keyboard_alone_and_comes_back_to_now(ada: Person, told: Room) -> None:
    await ada.page.set_viewport_size({"width": 1280, "height": 800})
    await ada.join(told["url"])
    await ada.page.locator("#scroller").focus()
    await ada.page.keyboard.press("/")
    await expect(box_of(ada)).to_be_focused()
    await ada.page.keyboard.type("deploy")
    await expect(results_of(ada)).to_have_count(50)
    await expect(results_of(ada).first).to_contain_text("deploy number 59")
    await expect(results_of(ada).first.locator("mark")).to_have_text("deploy")
    await expect(ada.page.locator("#hits-said")).to_have_text("50 found")
    assert await violations(ada) == []
    await ada.page.get_by_role("link", name="Older results").click()
    await expect(results_of(ada)).to_have_count(60)
    await expect(results_of(ada).nth(50)).to_be_focused()
    await ada.page.keyboard.press("Escape")
    await expect(box_of(ada)).to_be_focused()

    await box_of(ada).fill("strasse")
    await expect(results_of(ada)).to_have_count(1)
    await expect(ada.page.locator(".results mark")).to_have_text("Straße")
    await ada.page.keyboard.press("ArrowDown")
    await expect(results_of(ada)).to_be_focused()
    await ada.page.keyboard.press("Enter")
    (seq,) = finds(told, "strasse")
    await expect(ada.page).to_have_url(f"{told['url']}/{seq}")
    await expect(ada.page.locator(f"#m-{seq}.here")).to_be_focused()
    await expect(box_of(ada)).to_have_value("strasse")
    await expect(results_of(ada)).to_have_attribute("aria-current", "true")
    assert await violations(ada) == []
    await ada.hears("open")
    await ada.reaches(post(told, "news"))
    await ada.page.get_by_role("button", name="new").click()
    await expect(ada.page.get_by_text("news", exact=True)).to_be_in_viewport()


async def test_escape_leads_back_step_by_step_to_where_one_was(ada: Person, told: Room) -> None:
    await ada.page.set_viewport_size({"width": 1280, "height": 800})
    await ada.join(told["url"])
    await expect(ada.page.locator("#side")).to_be_hidden()
    await ada.page.get_by_role("link", name="Search the messages").click()
    await ada.page.keyboard.type("number 59")
    await expect(results_of(ada)).to_have_count(1)
    await ada.page.keyboard.press("ArrowDown")
    await ada.page.keyboard.press("ArrowUp")
    await expect(box_of(ada)).to_be_focused()
    await ada.page.keyboard.press("Escape")
    await expect(box_of(ada)).to_have_value("")
    await expect(results_of(ada)).to_have_count(0)
    await expect(ada.page.locator("#people")).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await expect(ada.page.locator("#side")).to_be_hidden()


async def test_a_search_on_a_phone_is_in_the_sheet_and_a_result_closes_it(arrive: Arrive, told: Room) -> None:
    ada = await arrive("Ada", **PHONE)
    await ada.join(told["url"])
    await ada.unfold()
    await box_of(ada).fill("kettle -milk")
    await expect(results_of(ada)).to_have_count(1)
    await expect(ada.page.locator("#people")).to_be_hidden()
    assert await violations(ada) == []
    assert await ada.page.evaluate("side.scrollWidth <= side.clientWidth")
    await results_of(ada).click()
    (seq,) = finds(told, "kettle")
    await expect(ada.page.locator("#side")).to_be_hidden()
    await expect(ada.page.locator(f"#m-{seq}")).to_be_focused()
    await ada.unfold()
    await expect(results_of(ada)).to_have_count(1)
    await box_of(ada).fill("nowhere")
    await expect(ada.page.locator("#hits").get_by_text("Nothing found for “nowhere”.")).to_be_visible()
    await expect(ada.page.get_by_text('"on friday"')).to_be_visible()
    assert await violations(ada) == []
    ada.expects("status of 422")
    await box_of(ada).fill("has:nothing")
    await expect(ada.page.locator("#hits .error")).to_have_text("has: takes file, picture or link.")
    assert await violations(ada) == []


async def test_many_searches_in_a_row_end_with_the_last(ada: Person, told: Room) -> None:
    ada.expects("status of 429")
    await ada.join(told["url"])
    await ada.prepares()
    await ada.unfold()
    for words in ("deploy", "number", "tea", "deploy number", "der", "licht", "brennt", "kettle", "strasse"):
        await box_of(ada).fill(words)
        await box_of(ada).press("Enter")
    await expect(ada.page.locator(".results mark")).to_have_text("Straße")


async def test_a_search_without_a_script_is_a_form_and_a_page(arrive: Arrive, told: Room) -> None:
    ada = await arrive("Ada", java_script_enabled=False, viewport={"width": 1280, "height": 800})
    await ada.enter(told["url"])
    await box_of(ada).fill("deploy")
    await ada.page.get_by_role("button", name="Search").click()
    await expect(results_of(ada)).to_have_count(50)
    await ada.page.get_by_role("link", name="Older results").click()
    await expect(results_of(ada)).to_have_count(10)
    await expect(box_of(ada)).to_have_value("deploy")
    await results_of(ada).last.click()
    seq = finds(told, "deploy")[-1]
    await expect(ada.page).to_have_url(f"{told['url']}/{seq}")
    await expect(ada.page.locator(f"#m-{seq}.here")).to_be_in_viewport()
    await ada.page.goto(f"{told['url']}/search?q=nowhere")
    await expect(ada.page.get_by_text("Nothing found for “nowhere”.")).to_be_visible()


async def test_the_page_of_a_search_is_accessible(ada: Person, told: Room) -> None:
    await ada.enter(told["url"])
    ada.expects("status of 422")
    for query in ("", "?q=deploy", "?q=nowhere", "?q=has:nothing"):
        await ada.page.goto(f"{told['url']}/search{query}")
        assert await violations(ada) == [], query
    await ada.page.goto(f"{told['url']}/search?q=deploy")
    await ada.page.set_viewport_size({"width": 390, "height": 844})
    assert await ada.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
