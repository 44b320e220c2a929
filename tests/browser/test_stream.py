"""The page's stream as htmx and hx-sse run it. An upgrade of either must pass these tests."""

from __future__ import annotations

import re
import shutil

import pytest
from playwright.async_api import Route, expect

from ..serving import Server
from .people import Person, Room, history, post
from .proxy import Proxy, refusal

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("proxy"),  # before anyone arrives, for the network has to outlast them
]

SORRY = "<p id='sorry'>the server behind this proxy is away</p>"


@pytest.fixture
def url(room: Room, proxy: Proxy) -> str:
    """The room, over a network that can fail."""
    return f"{proxy.url}/{room['code']}"


@pytest.mark.parametrize("status", ["502 Bad Gateway", "503 Service Unavailable"])
async def test_the_last_event_id_is_kept_over_refusals(
    ada: Person, room: Room, url: str, proxy: Proxy, status: str
) -> None:
    ada.expects()
    await ada.join(url)
    await ada.reaches(post(room, "before"))
    await ada.mark()
    proxy.answers.extend([refusal(status, SORRY)] * 2)
    proxy.cut()
    await proxy.until(lambda: proxy.open == 0)
    missed = post(room, "missed")
    await ada.comes_back()
    await ada.reaches(missed)
    cursor = f"{room['cursor'].split('-')[0]}-{missed - 1}"
    assert [last_event_id(head) for head in proxy.streams[1:]] == [cursor] * 3
    assert await ada.log() == history(room["url"])
    assert await ada.marked()
    await expect(ada.page.locator("#sorry")).to_have_count(0)


async def test_a_first_connection_that_is_refused_is_tried_again_and_its_page_not_shown(
    ada: Person, room: Room, url: str, proxy: Proxy
) -> None:
    ada.expects()
    proxy.answers.append(refusal("503 Service Unavailable", SORRY))
    await ada.page.clock.install()
    await ada.enter(url)
    await expect(ada.page.locator("#status")).to_have_text(re.compile("Connection lost"))
    missed = post(room, "missed")
    await ada.page.clock.fast_forward(20_000)
    await ada.reaches(missed)
    assert await ada.log() == history(room["url"])
    await expect(ada.page.locator("#sorry")).to_have_count(0)


async def test_a_first_connection_that_breaks_is_tried_again(ada: Person, room: Room, url: str, proxy: Proxy) -> None:
    ada.expects()
    proxy.answers.append(b"")
    await ada.page.clock.install()
    await ada.enter(url)
    await expect(ada.page.locator("#status")).to_have_text(re.compile("Connection lost"))
    await ada.page.clock.fast_forward(20_000)
    await ada.reaches(post(room, "hello"))


@pytest.mark.parametrize("script", ["app.js", "htmx.js"])
async def test_the_stream_opens_however_late_a_script_arrives(ada: Person, room: Room, script: str) -> None:
    asked: list[str] = []

    async def late(route: Route) -> None:
        await ada.page.wait_for_function("() => document.readyState === 'interactive'")
        await ada.page.evaluate("() => new Promise(done => setTimeout(() => setTimeout(done)))")
        asked.append(route.request.url)
        await route.continue_()

    await ada.page.route(f"**/{script}*", late)
    await ada.join(room["url"])
    assert asked


async def test_a_stream_that_has_silently_died_is_opened_again(ada: Person, room: Room, url: str, proxy: Proxy) -> None:
    await ada.page.clock.install()
    await ada.join(url)
    await ada.page.clock.fast_forward(38_000)  # two heartbeats are missing, as when a laptop wakes up
    await ada.comes_back()
    await ada.reaches(post(room, "good morning"))
    assert await ada.log() == history(room["url"])


async def test_an_open_stream_is_not_opened_a_second_time(ada: Person, room: Room, url: str, proxy: Proxy) -> None:
    await ada.page.clock.install()
    await ada.join(url)
    for _ in range(3):
        await ada.page.clock.fast_forward(20_000)
        await ada.reaches(post(room, "once"))  # a silent one would be given up
    assert len(proxy.streams) == 1
    assert await ada.log() == history(room["url"])


@pytest.mark.usefixtures("server")
async def test_a_stream_that_ends_with_bye_is_opened_again_by_itself(server: Server, ada: Person) -> None:
    ada.expects()
    room = server.create()
    await ada.join(room["url"])
    await ada.mark()
    server.restart()
    await ada.hears("open", 2)
    await ada.hears("bye")
    await ada.reaches(post(room, "after the restart"))
    assert await ada.log() == history(room["url"])
    assert await ada.marked()


async def test_a_hidden_tab_keeps_its_stream(ada: Person, room: Room, url: str, proxy: Proxy) -> None:
    await ada.join(url)
    await ada.hide(True)
    await ada.reaches(post(room, "psst"))
    await ada.hide(False)
    await ada.reaches(post(room, "here you are"))
    assert len(proxy.streams) == proxy.open == 1


async def test_events_that_are_shown_already_are_not_shown_twice(
    ada: Person, room: Room, url: str, proxy: Proxy
) -> None:
    ada.expects()
    await ada.join(url)
    await ada.reaches(post(room, "once"))
    proxy.rewrite = lambda head: re.sub(r"(?i)last-event-id: .*\r\n", "", head)
    proxy.cut()
    await ada.comes_back()
    await ada.reaches(post(room, "and once more"))
    assert "last-event-id" not in proxy.streams[-1].lower()
    assert await ada.log() == history(room["url"])


async def test_a_log_that_is_swapped_in_twice_has_one_stream(ada: Person, room: Room, url: str, proxy: Proxy) -> None:
    await ada.join(url)
    await ada.page.evaluate("htmx.trigger('#log', 'reset')")
    await ada.hears("open", 2)
    await ada.page.evaluate("htmx.trigger('#log', 'reset')")
    await ada.hears("open", 3)
    await proxy.until(lambda: proxy.open == 1)
    await ada.reaches(post(room, "once"))
    assert await ada.log() == history(room["url"])


@pytest.mark.usefixtures("server")
async def test_a_server_that_came_back_from_a_backup_makes_the_page_start_its_log_over(
    server: Server, ada: Person
) -> None:
    ada.expects()
    room = server.create()
    await ada.join(room["url"])
    await ada.reaches(post(room, "kept"))
    await ada.mark()
    backup = server.data.with_name("backup")
    server.stop()
    shutil.copytree(server.data, backup)
    server.start()
    await ada.comes_back(2)
    for text in ("lost", "lost as well", "all lost"):
        await ada.reaches(post(room, text))
    server.stop()
    shutil.rmtree(server.data)
    backup.rename(server.data)
    server.start()
    await ada.comes_back(3)
    await ada.hears("reset")
    await ada.hears("open", 4)
    await ada.reaches(post(room, "new"))
    assert await ada.log() == history(room["url"])
    assert await ada.marked(), "only the log starts over, not the page"


async def test_a_stream_that_is_refused_for_want_of_a_seat_says_how_to_get_one(
    ada: Person, room: Room, url: str, proxy: Proxy
) -> None:
    ada.expects()
    await ada.join(url)
    proxy.answers.extend([refusal("401 Unauthorized", SORRY)] * 9)
    proxy.cut()
    await expect(ada.page.locator("#status")).to_have_text(re.compile("no seat here any more"))
    await expect(ada.page.locator("#sorry")).to_have_count(0)


def last_event_id(head: str) -> str | None:
    found = re.search(r"(?i)last-event-id: (.*)\r\n", head)
    return found and found[1]
