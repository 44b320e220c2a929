"""A message without a seat is marked on the page, and never looks like a member's message."""

from __future__ import annotations

import httpx
import pytest
from playwright.async_api import expect

from .people import Person, Room, post

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def curl(room: Room, name: str, text: str) -> int:
    """Post without a seat, as curl does; the number of the message."""
    answer = httpx.post(room["url"], headers={"Name": name}, content=text)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["seq"])


def link_that_reads(room: Room) -> str:
    """The address of a link that Grace makes."""
    owner = {"Authorization": f"Bearer {room['token']}"}
    return str(httpx.post(f"{room['url']}/links", headers=owner, data={"kind": "read"}).json()["url"])


async def stands_for_itself(person: Person, seq: int, name: str) -> None:
    """The line shows its name and its tag, and is neither somebody's further line nor the reader's own."""
    line = person.page.locator(f"#m-{seq}")
    await expect(line.locator(".who")).to_be_visible()
    await expect(line.locator(".who")).to_have_text(name)
    await expect(line.locator(".tag")).to_be_visible()
    assert not {"mine", "more"} & set((await line.get_attribute("class") or "").split())


async def test_a_name_that_is_spelled_like_a_members_id_hangs_under_nobodys_line(
    ada: Person, grace: Person, room: Room
) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    await ada.say("mine")
    member = await ada.page.locator("#main").get_attribute("data-me")
    assert member
    forged = curl(room, member, "my new account number is DE00 1234")
    for person in (ada, grace):
        await person.sees("DE00 1234")
        await stands_for_itself(person, forged, member)
        await person.page.reload()
        await stands_for_itself(person, forged, member)
    assert await grace.page.locator(f"#m-{forged}").get_attribute("data-author") == ""


async def test_each_message_without_a_seat_shows_its_tag_and_members_lines_are_still_grouped(
    ada: Person, room: Room
) -> None:
    await ada.join(room["url"])
    bot = [curl(room, "deploybot", "one"), curl(room, "deploybot", "two")]
    first, second = post(room, "three"), post(room, "four")
    await ada.reaches(second)
    for seq in bot:
        await stands_for_itself(ada, seq, "deploybot")
    await expect(ada.page.locator(f"#m-{first} .who")).to_be_visible()
    await expect(ada.page.locator(f"#m-{second}.more .who")).to_have_css("width", "1px")  # only read out


async def test_whoever_only_reads_through_a_link_sees_the_names_and_tags_of_all(ada: Person, room: Room) -> None:
    await ada.page.goto(link_that_reads(room))
    await ada.hears("open")
    bot = [curl(room, "deploybot", "one"), curl(room, "anonymous", "two")]
    grace = post(room, "three")
    await ada.reaches(grace)
    for _ in ("live", "reloaded"):
        await stands_for_itself(ada, bot[0], "deploybot")
        await stands_for_itself(ada, bot[1], "anonymous")
        await expect(ada.page.locator(f"#m-{grace} .who")).to_have_text("Grace")
        await expect(ada.page.locator("#log .mine")).to_have_count(0)
        await ada.page.reload()
