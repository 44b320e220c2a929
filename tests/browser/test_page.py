"""The room page between two people: sending, receiving, and a server that does not answer."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

import pytest
from playwright.async_api import expect

from ..serving import Server
from .people import Person, Room, history, post
from .proxy import Proxy

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("proxy"),  # before anyone arrives, for the network has to outlast them
]


async def test_a_message_arrives_at_once_and_is_mine_only_to_me(ada: Person, grace: Person, room: Room) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    await grace.mark()
    await ada.say("tea?")
    await grace.say("always")
    for person, other in ((ada, "always"), (grace, "tea?")):
        await person.sees("tea?")
        await person.sees("always")
        mine = person.page.locator("#log .mine .text")
        await expect(mine).to_have_count(1)
        await expect(mine).not_to_contain_text(other)
        assert await person.log() == history(room["url"])
    await expect(grace.page.locator("#log .who").filter(has_text="Ada")).to_be_visible()
    assert await grace.marked()


async def test_enter_sends_and_shift_enter_breaks_the_line(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await expect(ada.box).to_be_focused()
    await ada.page.keyboard.type("one")
    await ada.page.keyboard.press("Shift+Enter")
    await ada.page.keyboard.type("two")
    await expect(ada.box).to_have_value("one\ntwo")
    await ada.page.keyboard.press("Enter")
    await expect(ada.box).to_have_value("")
    await ada.sees("one")
    assert [line.text for line in history(room["url"])][-1] == "one\ntwo"
    assert (await ada.log())[-1].text == "one\ntwo"
    await expect(ada.box).to_be_focused()


async def test_nothing_is_sent_of_blanks(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.write("  ")
    await ada.write("words")
    await ada.sees("words")
    assert [request.url for request in ada.requests if request.method == "POST"].count(room["url"]) == 1


async def test_a_text_that_is_too_long_is_refused_and_kept(ada: Person, room: Room) -> None:
    ada.expects("status of 413")
    await ada.join(room["url"])
    text = "é" * 4097
    await ada.write(text)
    await expect(ada.page.get_by_role("alert")).to_contain_text("a message may have 4096")
    await expect(ada.box).to_have_value(text)
    await ada.say("short")
    await expect(ada.page.locator("#composer-error")).to_be_empty()
    assert [line.text for line in history(room["url"]) if line.kind == "message"] == ["short"]


@pytest.mark.usefixtures("server")
async def test_a_text_that_cannot_be_sent_is_kept_and_goes_out_once_when_the_server_is_back(
    server: Server, ada: Person
) -> None:
    ada.expects()
    room = server.create()
    await ada.join(room["url"])
    server.stop()
    await ada.write("anybody there?")
    await expect(ada.outbox).to_contain_text("Not sent yet. This goes out when the server is back.")
    server.start()
    await ada.comes_back()
    await expect(ada.outbox).to_have_count(0)
    await expect(ada.page.locator("#composer-error")).to_be_empty()
    await ada.sees("anybody there?")
    assert await ada.log() == history(room["url"])


async def test_a_message_whose_answer_was_lost_is_sent_again_with_its_key_and_stored_once(
    ada: Person, room: Room, proxy: Proxy
) -> None:
    ada.expects()
    await ada.context.route("**/sse?*", lambda route: route.abort())  # or the stream says that it is stored
    await ada.enter(f"{proxy.url}/{room['code']}")
    proxy.loses_answer = True
    await ada.write("once")
    await expect(ada.outbox).to_contain_text("Not sent yet.")
    await ada.context.unroute("**/sse?*")
    await ada.page.reload()
    await ada.sees("once")  # it did, but that answer was lost
    await expect(ada.outbox).to_have_count(0)
    await ada.say("next")
    await ada.sees("next")
    assert [line.text for line in await ada.log() if line.kind == "message"] == ["once", "next"]
    keys = [
        parse_qs(request.post_data or "")["key"] for request in ada.requests if is_message(request.url, request.method)
    ]
    assert keys[0] == keys[1] != keys[2]


def is_message(url: str, method: str) -> bool:
    return method == "POST" and re.search("/[A-Z]{4}$", url) is not None


@pytest.mark.usefixtures("server")
async def test_the_page_says_when_the_server_is_gone_and_when_it_is_back(server: Server, ada: Person) -> None:
    ada.expects()
    room = server.create()
    await ada.join(room["url"])
    bar = ada.page.locator("#status")
    await expect(bar).to_be_empty()
    server.stop()
    await expect(bar).to_be_visible()  # after two seconds: less is not worth a word
    await expect(bar).to_contain_text("Connection lost")
    server.start()
    await ada.comes_back()
    await expect(bar).to_have_text("Back. You missed nothing.")
    await expect(bar).to_be_visible()
    await bar.evaluate("bar => bar.getAnimations().forEach(animation => animation.finish())")
    await expect(bar).to_be_hidden()


async def test_a_title_counts_what_a_hidden_tab_missed(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.hide(True)
    for number in (1, 2):
        await ada.reaches(post(room, "psst"))
        await expect(ada.page).to_have_title(re.compile(rf"^\({number}\) {room['code']}"))
    await ada.hide(False)
    await expect(ada.page).to_have_title(re.compile(f"^{room['code']}"))
