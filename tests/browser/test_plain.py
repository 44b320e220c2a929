"""Without JavaScript the page is complete, and every step is a link or a form."""

from __future__ import annotations

import re

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import expect

from ..serving import Server
from .conftest import Arrive
from .people import Line, Person, Room, history, post

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def ada(arrive: Arrive) -> Person:
    return await arrive("Ada", java_script_enabled=False)


async def send(person: Person, text: str) -> None:
    await person.box.fill(text)
    await person.page.get_by_role("button", name="Send").click()


async def hand_over(owner: Person, url: str) -> None:
    """Make another member an owner: the only one cannot leave."""
    cookies = {cookie["name"]: cookie["value"] for cookie in await owner.page.context.cookies()}
    token = {"Authorization": f"Bearer {cookies[f'chad-{url[-4:]}']}"}
    async with httpx.AsyncClient() as client:
        grace = (await client.post(f"{url}/join", json={"name": "Grace"})).json()
        answer = await client.post(f"{url}/owners", json={"member": grace["member"]}, headers=token)
    assert answer.is_success


async def test_one_creates_a_room_talks_and_leaves(ada: Person, shared: Server) -> None:
    await ada.page.goto(shared.url)
    await ada.page.get_by_label("Your name").fill("Ada")
    await ada.page.get_by_role("button", name="Create").click()
    await expect(ada.page).to_have_url(re.compile("/[A-Z]{4}$"))
    url = ada.page.url
    await send(ada, "one\ntwo")
    await ada.sees("one")
    await expect(ada.box).to_have_value("")
    assert [line[1:] for line in await ada.log()] == [
        ("room", "Ada", ""),
        ("join", "Ada", ""),
        ("message", "Ada", history(url)[-1].text.replace("\r\n", "\n")),
    ]
    await hand_over(ada, url)
    await ada.page.get_by_role("link", name="Leave the room").click()
    await ada.page.get_by_role("button", name="Leave the room").click()
    await expect(ada.page).to_have_url(f"{shared.url}/")
    assert history(url)[-1][1:3] == ("leave", "Ada")


async def test_a_reload_brings_what_others_said(ada: Person, room: Room) -> None:
    await ada.enter(room["url"])
    seq = post(room, "tea?")
    await ada.page.reload()
    await ada.reaches(seq)
    assert await ada.log() == history(room["url"])
    await expect(ada.page.locator(f"#m-{seq}")).to_be_in_viewport()


async def test_older_messages_are_a_link_away_and_the_way_back_too(ada: Person, room: Room) -> None:
    post(room, *(f"line {number}" for number in range(80)))
    await ada.enter(room["url"])
    await ada.page.get_by_role("link", name="Older messages").click()
    assert await ada.log() == history(room["url"])[:33]
    await ada.page.get_by_role("link", name="Go to the newest").click()
    assert await ada.log() == history(room["url"])[-50:]


async def test_ones_own_lines_look_like_ones_own(ada: Person, room: Room) -> None:
    await ada.enter(room["url"])
    await send(ada, "tea?")
    post(room, "always")
    await ada.page.reload()
    await expect(ada.page.locator("#log .mine .text")).to_have_text(["tea?"])
    await ada.page.locator("#log .mine .when").click()
    await expect(ada.page.locator("#log .mine.here .text")).to_have_text(["tea?"])


async def test_a_refused_post_keeps_the_text(ada: Person, room: Room) -> None:
    ada.expects("status of 413")
    await ada.enter(room["url"])
    text = f"\n  {'é' * 4096}"
    await send(ada, text)
    await expect(ada.page.get_by_role("alert")).to_have_text("That is 4099 characters; a message may have 4096.")
    await expect(ada.box).to_have_value(text)
    await send(ada, "shorter")
    await ada.sees("shorter")
    assert (await ada.log())[-1] == Line(4, "message", "Ada", "shorter")


async def test_what_only_a_script_could_do_is_not_offered(ada: Person, room: Room) -> None:
    await ada.enter(room["url"])
    for button in ("Copy", "Come back to now"):
        await expect(ada.page.get_by_role("button", name=button)).to_have_count(0)


async def test_the_people_and_the_way_out_are_there_on_a_phone(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", java_script_enabled=False, viewport={"width": 390, "height": 844})
    await ada.enter(room["url"])
    await ada.page.get_by_role("button", name="2 here").click()
    await expect(ada.page.get_by_role("list").filter(has_text="Grace").last).to_be_visible()
    await ada.page.get_by_role("link", name="Leave the room").click()
    await ada.page.get_by_role("button", name="Leave the room").click()
    assert history(room["url"])[-1][1:3] == ("leave", "Ada")


async def test_a_page_without_a_script_says_how_new_messages_come(ada: Person, room: Room) -> None:
    await ada.enter(room["url"])
    post(room, "news")
    await expect(ada.page.locator("#log .text")).to_have_count(0)
    await ada.page.get_by_role("link", name="refresh").click()

    await ada.sees("news")


async def test_on_paper_there_is_the_conversation_and_nothing_to_press(ada: Person, room: Room) -> None:
    post(room, *(f"line {number}" for number in range(45)))
    await ada.enter(room["url"])
    await ada.page.emulate_media(media="print")

    await expect(ada.page.get_by_text("line 0", exact=True)).to_be_visible()
    assert await ada.page.locator("#scroller").evaluate("box => box.scrollHeight <= box.clientHeight + 1")
    for part in (".composer", ".side-toggle", ".home-link", "#side"):
        await expect(ada.page.locator(part).first).to_be_hidden()
