"""Reading history: the scroll position while lines arrive below and above, days, times, folds and single messages."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import httpx
import pytest
from playwright.async_api import Locator, expect

from ..serving import Server
from .conftest import Arrive
from .people import Person, Room, history, post

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def long(room: Room) -> Room:
    """A room of 122 lines, so that a page does not hold all."""
    post(room, *(f"line {number}" for number in range(120)))
    return room


async def top(line: Locator) -> float:
    """Where a line stands on the screen."""
    box = await line.bounding_box()
    assert box
    return box["y"]


async def scroll(person: Person, to: str) -> None:
    """To the "top" or the "bottom" of what is loaded."""
    await person.page.locator("#scroller").evaluate(
        "(scroller, to) => scroller.scrollTop = to === 'top' ? -scroller.scrollHeight : 0", to
    )


async def test_the_newest_message_stays_in_view(ada: Person, long: Room) -> None:
    await ada.join(long["url"])
    await expect(ada.page.locator("#log > li").last).to_be_in_viewport()
    for text in ("news", "more\n" * 30):
        seq = post(long, text)
        await expect(ada.page.locator(f"#m-{seq} .text")).to_be_in_viewport()
    await expect(ada.page.get_by_role("button", name="Come back to now")).to_be_hidden()


async def test_who_reads_further_up_stays_there_and_can_jump_to_the_new_messages(ada: Person, long: Room) -> None:
    await ada.join(long["url"])
    await ada.read_back()
    line = ada.page.locator("#m-60")
    await line.evaluate("line => line.scrollIntoView({block: 'center'})")
    before = await top(line)
    first = 0
    for count in (1, 2):
        seq = post(long, "news\n" * 30)
        first = first or seq
        await expect(ada.page.get_by_role("button", name=f"{count} new")).to_be_visible()
        await expect(ada.page.locator(f"#m-{seq}")).not_to_be_in_viewport()
    assert await top(line) == pytest.approx(before, abs=1)
    await ada.page.get_by_role("button", name="2 new").click()
    await expect(ada.page.locator(f"#m-{first}")).to_be_in_viewport()
    await expect(ada.page.locator(f"#m-{seq}")).not_to_be_in_viewport()
    await ada.page.get_by_role("button", name="Come back to now").click()
    await expect(ada.page.locator(f"#m-{seq} .text")).to_be_in_viewport()
    await expect(ada.page.locator("#jumps")).to_be_hidden()
    await expect(ada.box).to_be_focused()


async def test_a_reload_keeps_the_place_and_the_end_stays_the_end(ada: Person, long: Room) -> None:
    await ada.join(long["url"])
    await ada.read_back()
    line = ada.page.locator("#m-40")
    await line.evaluate("line => line.scrollIntoView({block: 'center'})")
    before = await top(line)
    await ada.page.reload()
    await expect(line).to_be_in_viewport()
    assert await top(line) == pytest.approx(before, abs=1)
    await scroll(ada, "bottom")
    await ada.page.get_by_role("log").evaluate("log => log.scrollTop = log.scrollHeight")
    await ada.page.reload()
    await expect(ada.page.locator("#log > li").last).to_be_in_viewport()


async def test_older_messages_load_on_the_way_up_and_nothing_moves(ada: Person, long: Room) -> None:
    await ada.join(long["url"])
    first = ada.page.locator("#log > [data-kind]").first
    assert len(await ada.log()) == 50
    line = ada.page.locator(f"#{await first.get_attribute('id')} .text")  # its head may go: the group began earlier
    await scroll(ada, "top")
    before = await top(line)
    await expect(ada.page.locator("#log > [data-kind]")).to_have_count(100)
    assert await top(line) == pytest.approx(before, abs=1)
    await ada.read_back()
    assert await ada.log() == history(long["url"])


async def test_a_message_has_a_page_of_its_own_with_what_was_said_around_it(ada: Person, long: Room) -> None:
    await ada.join(long["url"])
    await ada.read_back()
    await ada.page.locator("#m-42 .when").evaluate("link => link.click()")
    await expect(ada.page).to_have_url(f"{long['url']}/42")
    await expect(ada.page.locator("#m-42.here")).to_be_in_viewport()
    await expect(ada.page.locator("#m-41")).to_be_in_viewport()
    lines = history(long["url"])
    assert await ada.log() == [*lines[16:66], *lines[-20:]]
    await expect(ada.page.locator("#m-42")).to_be_focused()
    await ada.hears("open")
    await ada.reaches(post(long, "news"))
    await expect(ada.page.locator("#m-42.here")).to_be_in_viewport()
    assert await ada.log() == [*lines[16:66], *history(long["url"])[-21:]]


async def test_a_link_to_a_message_near_the_end_opens_the_live_room_at_that_place(ada: Person, long: Room) -> None:
    await ada.enter(long["url"])
    for seq in (100, 122):
        await ada.page.goto(f"{long['url']}/{seq}")
        await ada.hears("open")
        await expect(ada.page.locator(f"#m-{seq}.here")).to_be_in_viewport()
        await expect(ada.page.get_by_text("older messages.")).to_be_hidden()
        news = post(long, f"news after {seq}")
        await ada.reaches(news)
        await expect(ada.page.locator(f"#m-{seq}.here")).to_be_in_viewport()
        assert await ada.log() == history(long["url"])[-len(await ada.log()) :]
    await expect(ada.page.locator(f"#m-{news}")).to_be_in_viewport()
    await ada.say("and mine")
    await ada.sees("and mine")


async def test_the_room_around_a_line_is_live_and_whole_in_both_directions(ada: Person, long: Room) -> None:
    await ada.join(long["url"])
    await ada.page.goto(f"{long['url']}/42")
    await ada.hears("open")
    for text in ("first news", "second news"):
        await ada.reaches(post(long, text))
    await ada.fill_gap()
    await ada.read_back()
    await ada.reaches(post(long, "third news"))
    assert await ada.log() == history(long["url"])


async def test_one_comes_back_to_now_from_a_line_and_a_reload_stays_there(ada: Person, long: Room) -> None:
    await ada.join(long["url"])
    await ada.page.goto(f"{long['url']}/42")
    await ada.hears("open")
    await ada.reaches(post(long, "news"))
    await ada.page.reload()
    await ada.hears("open")
    await expect(ada.page.locator("#m-42.here")).to_be_in_viewport()
    await ada.page.get_by_role("button", name="Come back to now").click()
    await expect(ada.page).to_have_url(long["url"])
    await expect(ada.page.locator(".here, #gap")).to_have_count(0)
    await ada.reaches(post(long, "more news"))
    shown = await ada.log()
    assert shown == history(long["url"])[-len(shown) :], "from the end of the gap on, or further up"
    await ada.read_back()
    assert await ada.log() == history(long["url"])
    await ada.page.get_by_role("button", name="Come back to now").click()
    await ada.page.reload()
    await ada.hears("open")
    await expect(ada.page.get_by_text("more news")).to_be_in_viewport()


async def test_a_line_far_from_the_end_hides_nothing_that_was_not_read(ada: Person, long: Room) -> None:
    await ada.join(long["url"])
    await ada.page.goto("about:blank")
    first = post(long, *(f"unread {number}" for number in range(90))) - 89
    await ada.page.goto(f"{long['url']}/42")
    await ada.hears("open")
    await expect(ada.page.get_by_role("button", name="90 new")).to_be_visible()
    await ada.page.goto(f"{long['url']}/{first - 20}")
    await ada.hears("open")
    await expect(ada.page.get_by_role("button", name="90 new")).to_be_visible()
    await ada.page.get_by_role("button", name="90 new").click()
    await expect(ada.page).to_have_url(long["url"])
    await expect(ada.page.get_by_text("unread 0", exact=True)).to_be_in_viewport()


async def test_a_crowd_that_came_and_went_is_one_line_that_opens_from_the_keyboard(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.say("quiet here")
    for name in ("Mallory", "Trent"):
        come_and_go(room, name)
    crowd = ada.page.get_by_role("button", name="Mallory and Trent came and went")
    coming = ada.page.get_by_text("Mallory has entered the room")
    await expect(crowd).to_be_visible()
    await expect(coming).to_be_hidden()
    await crowd.focus()
    for expanded in ("true", "false"):
        await ada.page.keyboard.press("Enter")
        await expect(crowd).to_have_attribute("aria-expanded", expanded)
        await expect(coming).to_be_visible(visible=expanded == "true")
    assert await ada.log() == history(room["url"])


async def test_joins_are_called_joins_on_the_stream_and_in_history(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.say("quiet here")
    seats = [come(room, name) for name in ("Mallory", "Trent", "Walt")]
    await expect(ada.page.locator(".fold")).to_have_text("Mallory, Trent and Walt came in")

    seats.append(come(room, "Peggy"))
    await expect(ada.page.locator(".fold")).to_have_text("4 came in")
    go(room, seats[0])
    await expect(ada.page.locator(".fold")).to_have_text("Trent, Walt and Peggy came in, Mallory came and went")

    await ada.say("a crowd")
    for seat in seats[1:]:
        go(room, seat)
    await expect(ada.page.locator(".fold").last).to_have_text("Trent, Walt and Peggy left")
    streamed = await ada.page.locator(".fold").all_text_contents()
    await ada.page.reload()
    await ada.hears("open")
    assert await ada.page.locator(".fold").all_text_contents() == streamed


async def test_what_a_prune_leaves_in_a_gap_can_still_be_had(server: Server, arrive: Arrive) -> None:
    ada = await arrive("Ada")
    ada.expects()
    room = server.create()
    post(room, *(f"line {number}" for number in range(120)))
    await ada.enter(room["url"])
    await ada.page.goto(f"{room['url']}/42")
    await ada.hears("open")
    server.stop()
    keeping = Server(server.data, keep_events="40")
    keeping.port = server.port
    keeping.start()
    await ada.comes_back()
    await expect(ada.page.locator("[data-kind=prune]")).to_contain_text("Older messages were removed.")
    await expect(ada.page.locator("#m-42, #gap")).to_have_count(0)
    await ada.read_back()
    assert await ada.log() == history(room["url"])
    keeping.stop()


async def test_pruned_lines_leave_an_open_page_as_they_leave_a_fresh_one(server: Server, arrive: Arrive) -> None:
    ada = await arrive("Ada")
    ada.expects()
    room = server.create()
    post(room, *(f"line {number}" for number in range(60)))
    await ada.join(room["url"])
    await ada.read_back()
    await ada.mark()
    server.stop()
    keeping = Server(server.data, keep_events="10")
    keeping.port = server.port
    keeping.start()
    await ada.comes_back()
    await expect(ada.page.locator("[data-kind=prune]")).to_contain_text("Older messages were removed.")
    await expect(ada.page.locator("#log .text")).to_have_count(9)
    assert await ada.marked()
    streamed = [await ada.log(), await ada.page.locator("#log > li.day, #older").count()]
    assert streamed[0] == history(room["url"])
    await ada.page.reload()
    await ada.hears("open")
    assert streamed == [await ada.log(), await ada.page.locator("#log > li.day, #older").count()]
    keeping.stop()


@pytest.mark.usefixtures("server")
async def test_times_and_days_are_the_readers_own(server: Server, arrive: Arrive) -> None:
    room = server.create()
    seqs = [post(room, text) for text in ("earlier", "late in the evening", "past midnight")]
    server.stop()
    times = ["2026-11-16T12:00:00.000Z", "2026-11-20T14:30:00.000Z", "2026-11-20T15:30:00.000Z"]
    backdate(server, [times[0], times[0], *times])
    server.start()
    tokyo: dict[str, Any] = {"locale": "en-GB", "timezone_id": "Asia/Tokyo"}
    ada = await arrive("Ada", **tokyo)
    await ada.page.clock.set_fixed_time("2026-11-21T03:00:00Z")
    await ada.join(f"{room['url']}")
    shown = [await ada.page.locator(f"#m-{seq} time").text_content() for seq in seqs]
    assert shown == ["21:00", "23:30", "00:30"]
    lines = await ada.page.locator("#log > li").evaluate_all(
        "lines => lines.map(line => line.className === 'day' ? line.textContent : line.id)"
    )
    assert lines[:-2] == ["Monday, 16 November 2026", "m-1", "m-2", "m-3", "Yesterday", "m-4", "Today", "m-5"]

    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {room['token']}"}) as client:
        assert (await client.delete(f"{room['url']}/{seqs[-1]}")).status_code == 200  # the first of its day
    await expect(ada.page.locator(f"#m-{seqs[-1]}")).to_have_attribute("data-kind", "removed")
    days = await ada.page.locator("#log > .day").all_text_contents()
    assert days[:-1] == ["Monday, 16 November 2026", "Yesterday", "Today"]  # the last is that of her own coming


def come_and_go(room: Room, name: str) -> None:
    """Someone takes a seat and gives it up."""
    go(room, come(room, name))


def come(room: Room, name: str) -> Room:
    """Someone takes a seat without a browser."""
    seat: Room = httpx.post(f"{room['url']}/join", json={"name": name}).json()
    return seat


def go(room: Room, seat: Room) -> None:
    """They give it up."""
    answer = httpx.post(f"{room['url']}/leave", headers={"Authorization": f"Bearer {seat['token']}"})
    assert answer.status_code == 200


def backdate(server: Server, times: list[str]) -> None:
    """Let the first events of the only room have happened at these times."""
    with closing(sqlite3.connect(server.data / "chadchat.sqlite3")) as db, db:
        db.executemany("UPDATE log SET at = ? WHERE seq = ?", [(at, seq) for seq, at in enumerate(times, start=1)])
