"""The line that says who is typing: what it says, when it goes, and that a draft stays in the browser."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from .conftest import Arrive
from .people import Person, Room, change

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PLACES = (
    "() => ['#log', '#composer', '#scroller'].map(part => document.querySelector(part).getBoundingClientRect().top)"
)


def line(person: Person) -> Any:
    """The line above the box."""
    return person.page.locator("#typing")


def sit(room: Room, *names: str) -> list[dict[str, str]]:
    """Take seats without a browser; what each proves its own with."""
    joined = [httpx.post(f"{room['url']}/join", data={"name": name}, headers={"Accept": "*/*"}) for name in names]
    return [{"Authorization": f"Bearer {answer.json()['token']}", "Accept": "*/*"} for answer in joined]


def sent(person: Person) -> list[str]:
    """What each request carried that said that one is typing."""
    return [one.post_data or "" for one in person.requests if one.url.endswith("/typing")]


def types(room: Room, *seats: dict[str, str]) -> None:
    for seat in seats:
        assert httpx.post(f"{room['url']}/typing", headers=seat).status_code == 204


def says(room: Room, *seats: dict[str, str]) -> None:
    for seat in seats:
        httpx.post(room["url"], content="tea?", headers=seat).raise_for_status()


async def test_one_sees_that_the_other_types_and_a_draft_never_leaves_the_browser(
    ada: Person, grace: Person, room: Room
) -> None:
    await ada.join(room["url"])
    await grace.sit(room)
    await ada.box.press_sequentially("a secret that I had better not send")
    await expect(line(grace)).to_have_text("Ada is typing")
    await expect(line(ada)).to_be_empty()
    assert sent(ada)
    assert not any(sent(ada))
    assert not any("secret" in f"{one.url} {one.post_data}" for one in ada.requests)
    assert len(sent(ada)) <= 2, "one in three seconds"
    await ada.write("tea?")
    await grace.sees("tea?")
    await expect(line(grace)).to_be_empty()


async def test_the_line_names_three_and_counts_the_others_and_moves_nothing(grace: Person, room: Room) -> None:
    seats = sit(room, "Ada", "Kim", "Tim", "Mallory", "Olga")
    await grace.sit(room)
    before = await grace.page.evaluate(PLACES)
    types(room, {"Authorization": f"Bearer {room['token']}"}, *seats[:1])
    await expect(line(grace)).to_have_text("Ada is typing")
    types(room, seats[1])
    await expect(line(grace)).to_have_text("Ada and Kim are typing")
    types(room, seats[2])
    await expect(line(grace)).to_have_text("Ada, Kim and Tim are typing")
    types(room, seats[3])
    await expect(line(grace)).to_have_text("Ada, Kim, Tim and 1 other are typing")
    types(room, seats[4])
    await expect(line(grace)).to_have_text("Ada, Kim, Tim and 2 others are typing")
    assert await grace.page.evaluate(PLACES) == before
    live = "element => element.closest('[aria-live], [role=log], [role=status], [role=alert], output')?.id ?? ''"
    assert await line(grace).evaluate(live) == "", "no screen reader reads it out"
    await grace.page.reload()
    await grace.hears("open")
    await expect(line(grace)).to_have_text("Ada, Kim, Tim and 2 others are typing")
    says(room, *seats)
    await expect(line(grace)).to_be_empty()


async def test_a_lost_connection_knows_of_nobody(arrive: Arrive, room: Room) -> None:
    grace = await arrive("Grace")
    grace.expects()
    (ada,) = sit(room, "Ada")
    await grace.sit(room)
    types(room, ada)
    await expect(line(grace)).to_have_text("Ada is typing")
    await grace.context.set_offline(True)
    await expect(line(grace)).to_be_empty()
    says(room, ada)
    await grace.context.set_offline(False)
    await grace.comes_back()
    await grace.sees("tea?")
    await expect(line(grace)).to_be_empty()


async def test_where_it_is_turned_off_and_on_again_an_open_page_follows(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    pings = ada.page.locator("#rules [hx-post]")
    change(room, typing="off")
    await expect(pings).to_have_count(0)
    await ada.box.press_sequentially("x")
    await ada.say("said")
    assert sent(ada) == []
    change(room, typing="on")
    await expect(pings).to_have_count(1)
    async with ada.page.expect_request("**/typing"):
        await ada.box.press_sequentially("y")
    await ada.say("more")
    assert len(sent(ada)) == 1
