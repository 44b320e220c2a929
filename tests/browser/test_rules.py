"""What owners change reaches the pages that are open: the title, who may post, and slow mode."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.async_api import expect

from .people import Person, Room, change, post
from .test_accessible import violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def mute(room: Room, member: str, *, ends: bool = False) -> None:
    """Grace mutes a member for an hour, or lets them speak again."""
    headers = {"Authorization": f"Bearer {room['token']}"}
    if ends:
        httpx.delete(f"{room['url']}/mutes/{member}", headers=headers).raise_for_status()
    else:
        httpx.post(f"{room['url']}/mutes", json={"member": member, "for": "1h"}, headers=headers).raise_for_status()


async def test_a_new_title_shows_in_the_header_and_in_the_tab(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.mark()
    await ada.box.fill("half a sent")
    for title in ("Tea & <cake>", "Tea", ""):
        change(room, title=title)
        await expect(ada.page.locator("#title")).to_have_text(title)
        await expect(ada.page).to_have_title(" ".join(filter(None, [room["code"], title, "· ChadChat"])))
    await ada.hide(True)
    change(room, title="Coffee")
    await expect(ada.page).to_have_title(f"{room['code']} Coffee · ChadChat")
    post(room, "news")
    await expect(ada.page).to_have_title(f"(1) {room['code']} Coffee · ChadChat")
    assert await ada.marked()
    await expect(ada.box).to_have_value("half a sent")


async def test_in_a_room_that_becomes_read_only_a_sentence_stands_for_the_box_which_comes_back_with_its_text(
    ada: Person, grace: Person, room: Room
) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    await ada.box.fill("half a sent")
    change(room, read_only="on")
    await expect(ada.page.get_by_text("Only owners post here.")).to_be_visible()
    await expect(ada.box).to_be_hidden()
    await expect(grace.box).to_be_visible()
    assert await violations(ada) == []
    await ada.page.reload()
    await ada.hears("open")
    await expect(ada.box).to_be_hidden()
    change(room, read_only="off")
    await expect(ada.box).to_be_visible()
    await expect(ada.box).to_have_value("half a sent")
    await ada.box.press("Enter")
    await ada.sees("half a sent")


async def test_who_is_muted_reads_so_in_place_of_the_box_and_nobody_else_does(
    ada: Person, grace: Person, room: Room
) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    member = await ada.page.locator("#main").get_attribute("data-me") or ""
    asked: list[str] = []
    await grace.prepares()
    grace.page.on("request", lambda request: asked.append(request.url))
    mute(room, member)
    await expect(ada.page.get_by_text(re.compile("^You are muted until"))).to_be_visible()
    await expect(ada.page.locator("#rules")).not_to_contain_text("UTC")
    await expect(ada.box).to_be_hidden()
    mute(room, member, ends=True)
    await expect(ada.box).to_be_visible()
    await ada.say("back again")
    await grace.sees("back again")
    assert asked == []


async def test_a_mute_that_has_run_out_is_noticed_by_the_page(ada: Person, room: Room) -> None:
    await ada.page.clock.install()
    await ada.join(room["url"])
    member = await ada.page.locator("#main").get_attribute("data-me") or ""
    mute(room, member)
    await ada.page.clock.fast_forward(1_000)
    await expect(ada.box).to_be_hidden()
    async with ada.page.expect_request("**/rules"):
        await ada.page.clock.fast_forward(30_000)


async def test_the_error_of_slow_mode_goes_when_slow_mode_does(ada: Person, room: Room) -> None:
    ada.expects("status of 429")
    change(room, slow="600")
    await ada.join(room["url"])
    await ada.say("one")
    await ada.write("two")
    await expect(ada.page.get_by_role("alert")).to_contain_text("Slow mode")
    change(room, slow="0")
    await expect(ada.page.locator("#composer-error")).to_be_empty()
    await expect(ada.box).to_have_value("two")
