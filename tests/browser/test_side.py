"""The side with people and code, the invitation and the title: on wide and small screens, with and without a script."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from .conftest import Arrive
from .people import Person, Room, change, post
from .test_accessible import violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# A share sheet that notes what it is given. The real one belongs to the system, and headless browsers have none.
SHARE = "window.shared = []; navigator.share = async given => { shared.push(given); };"
TITLE = "The release of a Friday"
WIDE = {"viewport": {"width": 1280, "height": 800}}


async def come(arrive: Arrive, room: Room, **options: Any) -> Person:
    """Grace opens her room on a wide screen without a script."""
    grace = await arrive("Grace", java_script_enabled=False, **WIDE, **options)
    await grace.context.add_cookies([{"name": f"chad-{room['code']}", "value": room["token"], "url": room["url"]}])
    await grace.page.goto(room["url"])
    return grace


async def test_the_side_folds_when_a_second_person_comes_and_opens_by_one_press(
    grace: Person, ada: Person, room: Room
) -> None:
    await grace.sit(room)
    toggle, side = grace.page.get_by_role("button", name="here"), grace.page.locator("#side")
    await expect(side).to_be_visible()
    await expect(toggle).to_have_attribute("aria-expanded", "true")
    await ada.join(room["url"])
    await expect(side).to_be_hidden()
    await expect(toggle).to_have_text("2 here : people, code and leaving")
    await expect(toggle).to_have_attribute("aria-expanded", "false")
    assert await violations(grace) == []

    await grace.unfold()
    await expect(side).to_be_visible()
    await expect(grace.page.locator("#share")).to_be_hidden()
    assert await violations(grace) == []
    await grace.page.reload()
    await expect(side).to_be_visible()
    await grace.unfold()
    await expect(side).to_be_hidden()
    await grace.page.reload()
    await expect(side).to_be_hidden()


async def test_without_a_script_the_code_is_folded_beside_the_people(arrive: Arrive, room: Room) -> None:
    await (await arrive("Ada")).join(room["url"])
    grace = await come(arrive, room)
    await expect(grace.page.locator("#people")).to_be_visible()
    await expect(grace.page.locator("#share")).to_be_hidden()
    await grace.page.locator("#code summary").click()
    await expect(grace.page.locator("#share")).to_be_visible()


async def test_an_invitation_goes_through_the_share_sheet_where_there_is_one(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", viewport={"width": 320, "height": 640})
    await ada.context.add_init_script(SHARE)
    await ada.join(room["url"])
    url = room["url"].replace("127.0.0.1", "chat.example")
    await ada.page.locator(".invite").evaluate("(button, url) => { button.dataset.share = url; }", url)
    await ada.page.get_by_role("button", name="Invite").click()
    await ada.page.wait_for_function("shared.length")
    assert [given["url"] for given in await ada.page.evaluate("shared")] == [url]
    await expect(ada.page.locator("#side")).to_be_hidden()

    await ada.page.locator(".invite").evaluate("button => { delete button.dataset.share; }")  # for this computer only
    await ada.page.get_by_role("button", name="Invite").click()
    await expect(ada.page.locator("#share")).to_contain_text("Only this computer can open")
    assert await ada.page.evaluate("shared.length") == 1
    assert await violations(ada) == []


async def test_an_owner_changes_the_title_by_a_click_on_it_and_all_see_it(
    grace: Person, ada: Person, room: Room
) -> None:
    grace.expects("status of 422")
    await ada.join(room["url"])
    await grace.sit(room)
    await grace.mark()
    await grace.page.locator(".room-name summary").click()
    field = grace.page.get_by_role("textbox", name="Title of the room")
    await expect(field).to_be_focused()
    assert await violations(grace) == []
    await grace.page.keyboard.press("Escape")
    await expect(field).to_be_hidden()
    await expect(grace.page.locator(".room-name summary")).to_be_focused()
    await grace.page.keyboard.press("Enter")
    await field.evaluate("field => field.removeAttribute('maxlength')")
    await field.fill("x" * 81)
    await field.press("Enter")
    await expect(grace.page.locator("#in-header-error")).to_contain_text("80")
    await field.fill(TITLE)
    await field.press("Enter")
    await expect(field).to_be_hidden()
    for person in (grace, ada):
        await expect(person.page.locator("#title")).to_have_text(TITLE)
    assert await grace.marked()
    await expect(ada.page.locator(".titling")).to_have_count(0)


async def test_the_title_is_changed_without_a_script_and_on_a_phone(arrive: Arrive, room: Room) -> None:
    grace = await come(arrive, room)
    await grace.page.locator(".room-name summary").click()
    await grace.page.get_by_role("textbox", name="Title of the room").fill(TITLE)
    await grace.page.get_by_role("button", name="Save").click()
    await expect(grace.page).to_have_url(room["url"])
    await expect(grace.page.locator("#title")).to_have_text(TITLE)

    phone = await arrive("Grace", viewport={"width": 390, "height": 800}, has_touch=True)
    await phone.sit(room)
    await phone.page.get_by_role("button", name="here").click()
    await phone.page.get_by_text("Change the title", exact=True).click()
    await phone.page.get_by_role("textbox", name="Title of the room").fill("On the way")
    assert await violations(phone) == []
    await phone.page.get_by_role("button", name="Save").click()
    await expect(phone.page.locator("#title")).to_have_text("On the way")


@pytest.mark.parametrize("width", [320, 390, 768])
async def test_a_long_title_and_many_people_stay_inside_the_header(arrive: Arrive, room: Room, width: int) -> None:
    change(room, title="Long and longer " * 5)
    post(room, "hello")
    grace = await arrive("Grace", viewport={"width": width, "height": 640}, has_touch=True)
    await grace.sit(room)
    header = grace.page.locator(".top")
    assert (await header.bounding_box() or {"height": 99})["height"] <= 70
    wide = "box => box.scrollWidth <= box.clientWidth && document.documentElement.scrollWidth <= innerWidth"
    assert await header.evaluate(wide)
