"""Long and heavy pages: their size on the wire, and the lines that are far from the visible part."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from .people import Person, Room, history, post
from .test_history import top

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CONVERSATION = [
    "**bold**, *italic*, `code` and a [link](https://example.org)",
    "- one\n- two",
    "> to be\n\nor not",
    "tea?",
]
HIGH = "\n".join(["a message that is higher than the screen"] * 40)
MOST = 600  # lines, before those that are far are let go


async def weigh(person: Person, url: str) -> dict[str, int]:
    """Load a page with an empty cache: the bytes on the wire of each request, heads and all."""
    sizes: dict[str, int] = {}
    network = await person.context.new_cdp_session(person.page)

    def begun(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = event["response"]["encodedDataLength"]

    def came(event: dict[str, Any]) -> None:
        if event["requestId"] in sizes:  # else it is of the page before
            sizes[event["requestId"]] += event["encodedDataLength"]

    def ended(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = event["encodedDataLength"]

    network.on("Network.responseReceived", begun)
    network.on("Network.dataReceived", came)
    network.on("Network.loadingFinished", ended)
    await network.send("Network.enable")
    await network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    await person.page.goto(url, wait_until="load")
    await person.hears("open")
    return sizes


async def test_a_room_page_is_light_and_asks_for_little(ada: Person, room: Room) -> None:
    post(room, *(CONVERSATION * 13)[:50])
    await ada.join(room["url"])

    sizes = await weigh(ada, room["url"])

    assert len(await ada.log()) == 50
    assert len(sizes) <= 8
    assert 20_000 < sum(sizes.values()) <= 50_000


async def test_an_empty_room_has_its_letters_above_its_first_lines(grace: Person, room: Room) -> None:
    await grace.sit(room)
    lines = grace.page.locator("#log > [data-kind]")
    assert await top(grace.page.locator("#empty")) < await top(lines.first)
    await grace.say("hello")
    await expect(grace.page.locator("#empty")).to_be_hidden()
    box = await grace.page.locator("#scroller").bounding_box()
    assert box
    assert await top(lines.last) > box["y"] + box["height"] / 2, "few lines stand at the bottom"


async def seqs(person: Person) -> list[int]:
    return [line.seq for line in await person.log()]


async def test_lines_far_above_leave_the_page_and_come_back(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    last = post(room, *(f"line {number}" for number in range(MOST - 10)), *[HIGH] * 60)
    await ada.reaches(last)
    await expect(ada.page.locator("#older")).to_be_attached()
    shown = await seqs(ada)
    assert len(shown) <= MOST
    assert shown == list(range(shown[0], last + 1))
    await expect(ada.page.locator("#log > .day")).to_have_text("Today")
    await expect(ada.page.locator(f"#m-{last}")).to_be_in_viewport()

    await ada.page.locator("#scroller").evaluate("scroller => scroller.scrollTop = -scroller.scrollHeight")

    await ada.reaches(shown[0] - 50)
    assert await seqs(ada) == list(range(shown[0] - 50, last + 1))
    await ada.read_back()
    assert await ada.log() == history(room["url"])


async def test_far_back_new_lines_move_nothing_and_the_way_down_has_no_gap(ada: Person, room: Room) -> None:
    post(room, *(f"line {number}" for number in range(MOST + 300)))
    await ada.join(room["url"])
    await ada.read_back()
    await expect(ada.page.locator(".far")).to_be_attached()
    line = ada.page.locator("#m-30")
    await line.scroll_into_view_if_needed()
    before = await top(line)

    last = post(room, "news")

    await ada.reaches(last)
    await expect(ada.page.get_by_role("button", name="1 new")).to_be_visible()
    assert await top(line) == pytest.approx(before, abs=1)
    assert await ada.log() == history(room["url"])
    await expect(ada.page.locator(f"#m-{last}")).to_be_hidden()
    while await ada.page.locator(".far").count():  # as with the wheel
        await ada.page.locator("#scroller").evaluate("box => box.scrollBy(0, box.clientHeight)")
        shown = await ada.page.locator("#log > [data-kind]:visible").evaluate_all("all => all.map(one => one.id)")
        assert shown == [f"m-{seq}" for seq in range(1, len(shown) + 1)]
    await ada.page.locator("#scroller").evaluate("box => box.scrollTop = box.scrollHeight")
    await expect(ada.page.locator(f"#m-{last}")).to_be_in_viewport()
    await expect(ada.page.locator("#jumps")).to_be_hidden()


async def test_far_back_one_click_leads_to_the_end(ada: Person, room: Room) -> None:
    post(room, *(f"line {number}" for number in range(MOST + 300)))
    await ada.join(room["url"])
    await ada.read_back()
    await expect(ada.page.locator(".far")).to_be_attached()
    await ada.reaches(post(room, "news"))

    await ada.page.get_by_role("button", name="1 new").click()

    await ada.sees("news")
    await expect(ada.page.locator("#log .text").last).to_be_in_viewport()
    await ada.say("and mine")
    await expect(ada.page.locator("#log .text").last).to_be_in_viewport()
    shown = await seqs(ada)
    assert len(shown) <= MOST
    assert shown == list(range(shown[0], shown[-1] + 1))


async def test_a_voice_without_a_seat_is_marked_on_each_of_its_lines(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    for text in ("one", "two"):
        await ada.reaches(post_without_seat(room, text))
    lines = ada.page.locator("#log > [data-kind=message]")
    await expect(lines).to_have_class(["", ""])
    await expect(lines.locator(".tag")).to_have_count(2)
    for tag in await lines.locator(".tag").all():
        await expect(tag).to_be_visible()


def post_without_seat(room: Room, text: str) -> int:
    """As curl posts; the number of the message."""
    answer = httpx.post(room["url"], content=text, headers={"Name": "deploybot", "Accept": "application/json"})
    assert answer.status_code == 201
    return int(answer.json()["seq"])
