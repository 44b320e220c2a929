"""Many tabs of one browser over HTTP/1.1, where all of them share six connections to the server."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from .people import Person, Room, post
from .proxy import Proxy

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("proxy"),  # before anyone arrives, for the network has to outlast them
]


async def open_tabs(ada: Person, url: str, count: int) -> list[Person]:
    """Ada opens the room in so many tabs, one after the other, and looks at the newest."""
    tabs = []
    for _ in range(count):
        tab = Person("Ada", await ada.context.new_page())
        await tab.page.goto(url)
        await tab.hears("open")
        await tab.hide(True)
        tabs.append(tab)
    await tabs[-1].hide(False)
    return tabs


async def test_with_nine_tabs_four_have_streams_and_the_one_that_is_looked_at_posts_at_once(
    ada: Person, room: Room, proxy: Proxy
) -> None:
    url = f"{proxy.url}/{room['code']}"
    await ada.enter(url)
    await ada.page.goto("about:blank")

    tabs = await open_tabs(ada, url, 9)

    await proxy.until(lambda: proxy.open == 4)
    await tabs[-1].say("from the ninth")
    seq = post(room, "tea?")
    for tab in tabs[-4:]:
        await tab.reaches(seq)
    for tab in tabs[:-4]:
        await expect(tab.page.locator(f"#m-{seq}")).to_have_count(0)
        await expect(tab.page.locator("#status")).to_be_empty()

    await tabs[-1].hide(True)
    await tabs[0].hide(False)

    await tabs[0].reaches(seq)
    await expect(tabs[0].page.locator("#paused")).to_be_hidden()
    await tabs[0].say("from the first")
    await proxy.until(lambda: proxy.open == 4)


async def test_tabs_that_are_opened_all_at_once_in_the_background_leave_connections_free(
    ada: Person, room: Room, proxy: Proxy
) -> None:
    url = f"{proxy.url}/{room['code']}"
    await ada.enter(url)
    await ada.page.goto("about:blank")
    await ada.context.add_init_script(
        "Object.defineProperty(document, 'hidden', {configurable: true, get: () => true})"
    )
    pages = [await ada.context.new_page() for _ in range(9)]

    await asyncio.gather(*(page.goto(url) for page in pages))

    await proxy.until(lambda: proxy.open == 4)
    first = Person("Ada", pages[0])
    await first.hide(False)
    await first.say("hello")


async def test_a_tab_that_is_closed_leaves_its_stream_to_the_next(ada: Person, room: Room, proxy: Proxy) -> None:
    url = f"{proxy.url}/{room['code']}"
    await ada.enter(url)
    await ada.page.goto("about:blank")
    tabs = await open_tabs(ada, url, 5)
    await proxy.until(lambda: proxy.open == 4)

    await tabs[-1].page.close()

    await proxy.until(lambda: proxy.open == 4)
    await tabs[0].reaches(post(room, "for the first"))


async def test_a_window_that_is_paused_in_full_view_says_so_and_goes_on_at_a_click(
    ada: Person, room: Room, proxy: Proxy
) -> None:
    url = f"{proxy.url}/{room['code']}"
    await ada.enter(url)
    await ada.page.goto("about:blank")
    tabs = []
    for _ in range(5):
        tabs.append(Person("Ada", await ada.context.new_page()))
        await tabs[-1].page.goto(url)
        await tabs[-1].hears("open")
    await expect(tabs[0].page.locator("#paused")).to_be_visible()
    await proxy.until(lambda: proxy.open == 4)

    await tabs[0].page.evaluate("window.dispatchEvent(new Event('focus'))")

    await expect(tabs[0].page.locator("#paused")).to_be_hidden()
    await tabs[0].reaches(post(room, "again"))
