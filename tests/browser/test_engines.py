"""The same conversation in Firefox and in WebKit: what the other tests see in Chromium holds there, too."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from glob import glob
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from ..serving import Server
from .engines import MINI_BROWSER, Window, firefox, webkit
from .people import Room, history, post

pytestmark = pytest.mark.browser

TEXTS = "[...document.querySelectorAll('#log .text')].map(text => text.textContent.trim())"
TO_THE_TOP = "document.querySelector('#scroller').scrollTop = -document.querySelector('#scroller').scrollHeight"
HEIGHT = "document.querySelector('#text').offsetHeight"
THREE_LINES = (
    "(box => { box.value = 'one\\ntwo\\nthree'; box.dispatchEvent(new InputEvent('input', {bubbles: true})); })"
    "(document.querySelector('#text'))"
)
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
THERE = {
    "firefox": bool(shutil.which("firefox-esr")),
    "webkit": bool(shutil.which("WebKitWebDriver") and shutil.which("Xvfb") and glob(MINI_BROWSER)),
}


class People(NamedTuple):
    """Two people, in browsers of one make."""

    grace: Window
    ada: Window


@pytest.fixture(scope="module", params=THERE)
def people(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    """Grace and Ada; one line says loudly which engine was not tried (tests/setup-browser.sh installs both)."""
    if not THERE[request.param]:
        pytest.skip(f"NOT TRIED: {request.param} is not installed here. make setup-browser")
    started = firefox(tmp_path_factory.mktemp("firefox"), 2) if request.param == "firefox" else webkit(2)
    with started as windows:
        yield People(*windows)


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that the test may restart."""
    started = Server(tmp_path_factory.mktemp("engine") / "data").start()
    yield started
    if started.running:
        started.stop()


def join(window: Window, name: str, url: str) -> None:
    """Follow the link of a room, type a name, and press Enter."""
    window.goto(url)
    window.type("#name", f"{name}\n")
    window.until("document.querySelector('#log')")


def say(window: Window, text: str) -> None:
    """Type, press Enter, and wait until the box is empty."""
    window.type("#text", f"{text}\n")
    window.until("document.querySelector('#text').value === ''")


def reads(window: Window, *texts: str) -> None:
    """Wait until these are the last messages."""
    window.until(f"JSON.stringify({TEXTS}.slice(-{len(texts)})) === JSON.stringify({list(texts)})")


def said(room: Room) -> list[str]:
    """The texts of all messages, as a program gets them."""
    return [line.text for line in history(room["url"]) if line.kind == "message"]


def test_two_people_create_a_room_join_it_and_talk_through_a_restart(people: People, server: Server) -> None:
    grace, ada = people
    grace.goto(server.url)
    grace.type("#name", "Grace")
    grace.click("button[name=create]")
    grace.until("document.querySelector('#log')")
    url = f"{server.url}{urlsplit(grace.value('location.href')).path}"
    join(ada, "Ada", url)

    say(ada, "tea?")
    reads(grace, "tea?")
    say(grace, "at four")
    reads(ada, "tea?", "at four")
    ada.goto(url)
    reads(ada, "tea?", "at four")
    server.restart()
    say(ada, "still here")
    reads(grace, "tea?", "at four", "still here")
    reads(ada, "tea?", "at four", "still here")


def test_older_messages_come_in_order_while_scrolling_up(people: People, server: Server) -> None:
    room = server.create()
    post(room, *(f"line {number}" for number in range(180)))
    join(people.ada, "Ada", room["url"])
    reads(people.ada, "line 179")
    assert len(people.ada.value(TEXTS)) < 180

    people.ada.until(f"({TO_THE_TOP}, !document.querySelector('#older'))")

    assert people.ada.value(TEXTS) == said(room)


def test_the_panel_opens_on_a_narrow_screen_and_escape_closes_it(people: People, server: Server) -> None:
    ada = people.ada
    room = server.create()
    join(ada, "Ada", room["url"])
    ada.resize(447, 844)
    try:
        ada.until("innerWidth < 500 && !document.querySelector('.side-toggle').ariaExpanded")  # side.js has heard of it
        assert ada.value(OVERFLOW) <= 0
        ada.click(".side-toggle")
        ada.until("document.querySelector('#side').matches(':popover-open')")
        assert "Grace" in ada.value("document.querySelector('#people').textContent")
        ada.keys("\ue00c")  # Escape
        ada.until("!document.querySelector('#side').matches(':popover-open')")
    finally:
        ada.resize(1280, 800)


def test_the_box_grows_with_its_text(people: People, server: Server) -> None:
    ada = people.ada
    join(ada, "Ada", server.create()["url"])
    low = ada.value(HEIGHT)
    assert low < 60

    ada.value(THREE_LINES)

    ada.until(f"{HEIGHT} > {low + 30}")
