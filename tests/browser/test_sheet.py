"""The header and the sheet of a phone: what is pressed, what Back does, who is in the list, and large text."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from .conftest import Arrive
from .people import Person, Room, come, post
from .test_accessible import violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True}

# The pairs of elements of the header whose boxes overlap, and whether anything leaves the page at the side.
_OVERLAPS = """
() => {
  const boxes = [...document.querySelectorAll('.top > *')].map(one => one.getBoundingClientRect());
  const meet = (one, other) => one.left < other.right && other.left < one.right
    && one.top < other.bottom && other.top < one.bottom;
  return boxes.flatMap((one, index) => boxes.slice(index + 1).filter(other => meet(one, other))).length
    + (document.documentElement.scrollWidth > innerWidth)
    + [...document.querySelectorAll('.tiles')].filter(word => word.getBoundingClientRect().right > innerWidth).length;
}
"""


async def test_the_code_opens_the_sheet_and_back_closes_it_and_stays_in_the_room(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", **PHONE)
    await ada.join(room["url"])
    await ada.mark()
    for button in ("Code, link and people", "here"):
        await ada.page.get_by_role("button", name=button).click()
        await expect(ada.page.locator("#side")).to_be_visible()
        await expect(ada.page.locator("#share")).to_contain_text(room["url"])
        await ada.page.go_back()
        await expect(ada.page.locator("#side")).to_be_hidden()
        assert ada.page.url == room["url"]
    await ada.page.get_by_role("button", name="Code, link and people").click()
    await ada.page.get_by_role("button", name="Close").click()
    await expect(ada.page.locator("#side")).to_be_hidden()
    await ada.page.wait_for_function("() => !history.state?.sheet")
    assert await ada.marked()
    await ada.page.get_by_role("banner").get_by_role("link", name="Home").click()
    await expect(ada.page.get_by_label("Room code")).to_be_visible()


async def test_the_list_says_who_one_is_and_who_owns_the_room(grace: Person, ada: Person, room: Room) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    await expect(grace.page.locator("#people li")).to_have_count(2)
    for person, you in ((grace, "Grace"), (ada, "Ada")):
        people = person.page.locator("#people")
        await expect(people.locator("li.you bdi")).to_have_text([you])
        await expect(people.locator("li[data-owner] bdi")).to_have_text(["Grace"])
    await grace.page.reload()
    await expect(grace.page.locator("#people li.you bdi")).to_have_text(["Grace"])


async def test_text_of_twice_the_size_overlaps_nothing_on_a_phone(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", **PHONE)
    await ada.join(room["url"])
    await ada.page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert await ada.page.evaluate(_OVERLAPS) == 0
    await ada.page.get_by_role("button", name="Code, link and people").click()
    assert await ada.page.evaluate(_OVERLAPS) == 0


async def test_what_a_thumb_presses_is_large_enough(arrive: Arrive, room: Room) -> None:
    grace = await arrive("Grace", **PHONE)
    await grace.sit(room)
    for button in await grace.page.locator(".top a:visible, .top button:visible").all():
        assert (await button.bounding_box() or {"height": 0})["height"] >= 44
    time = grace.page.locator(f"#m-{post(room, 'tea?')} .when")
    await expect(time).to_be_visible()
    reach = """time => {
      const {left, right, top, bottom} = time.getBoundingClientRect(), x = (left + right) / 2, y = (top + bottom) / 2;
      return [-21, 21].every(away => time.contains(document.elementFromPoint(x, y + away)));
    }"""
    assert await time.evaluate(reach), "44 px around what is seen"
    await grace.page.get_by_role("button", name="Code, link and people").click()
    for pressed in await grace.page.locator("#people a, #side button:visible, .leave a").all():
        assert (await pressed.bounding_box() or {"height": 0})["height"] >= 44


async def test_fifty_people_leave_the_ways_out_in_reach(arrive: Arrive, room: Room) -> None:
    for number in range(49):
        come(room, f"{'Adalbert ' * 3}{number}")
    grace = await arrive("Grace", **PHONE)
    await grace.sit(room)
    await grace.unfold()
    await expect(grace.page.locator("#people li")).to_have_count(50)
    for reached in (grace.page.get_by_role("searchbox", name="Find a person"), grace.page.locator("#code summary")):
        await expect(reached).to_be_in_viewport()
    assert await grace.page.evaluate(_OVERLAPS) == 0
    assert await violations(grace) == []


async def test_a_wide_line_of_code_scrolls_and_the_page_does_not(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", **PHONE)
    await ada.join(room["url"])
    post(room, f"```\n{'wide ' * 60}\n```\n\n> quoted\n\nsaid")
    code = ada.page.locator("#log pre")
    await expect(code).to_be_visible()
    assert await code.evaluate("code => code.scrollWidth > code.clientWidth")
    assert await ada.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await code.focus()
    await ada.page.keyboard.press("ArrowRight")
    await ada.page.wait_for_function("() => document.querySelector('#log pre').scrollLeft > 0")
    gap = "quote => quote.getBoundingClientRect().top - quote.previousElementSibling.getBoundingClientRect().bottom"
    assert await ada.page.locator("#log blockquote").evaluate(gap) == 8
