"""A page whose stream is refused by a limit: it says why, shows what is said, and gets its stream as soon as it may."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from ..serving import Server
from .conftest import Arrive
from .people import Person, Room, history, post

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# What is over in these cases, and what the page says of it.
LIMITS: dict[str, tuple[dict[str, Any], str]] = {
    "one address": ({"limit_streams": "12", "limit_all_streams": "16"}, "raise CHADCHAT_LIMIT_STREAMS"),
    "the server": ({"limit_streams": "12", "limit_all_streams": "12"}, "raise CHADCHAT_LIMIT_ALL_STREAMS"),
}


@pytest.fixture(params=LIMITS)
def full(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """A server with twelve streams for all who are tried here, and what a page is told that gets none."""
    settings, said = LIMITS[request.param]
    started = Server(tmp_path / "full", limits="on", **settings).start()
    yield started, said
    started.stop()


@contextmanager
def readers(room: Room, count: int) -> Iterator[None]:
    """So many streams, which are open in the block."""
    with ExitStack() as held:
        client = held.enter_context(httpx.Client(timeout=30, limits=httpx.Limits(max_connections=None)))
        streams = [held.enter_context(client.stream("GET", f"{room['url']}/sse")) for _ in range(count)]
        assert [stream.status_code for stream in streams] == [200] * count
        parts = [stream.iter_raw() for stream in streams]
        assert all(next(part) for part in parts)
        yield


def remove(room: Room, seq: int) -> None:
    answer = httpx.delete(f"{room['url']}/{seq}", headers={"Authorization": f"Bearer {room['token']}"})
    assert answer.status_code == 200


async def test_a_refused_page_says_why_and_shows_what_is_said_and_its_own_words(
    full: tuple[Server, str], ada: Person, arrive: Arrive
) -> None:
    server, said = full
    room = server.create()
    late = await arrive("Late")
    late.expects()
    await late.page.clock.install()
    status = late.page.locator("#status")
    with readers(room, 11):
        await ada.join(room["url"])
        await late.enter(room["url"])
        await expect(status).to_have_text(re.compile(said))

        await late.say("hello from the back")
        await late.sees("hello from the back")  # at once
        await ada.sees("hello from the back")
        seq = post(room, "tea?", "with *milk*")
        await late.page.clock.fast_forward(4_000)
        await late.reaches(seq)
        remove(room, seq)
        await late.page.clock.fast_forward(4_000)
        await expect(late.page.locator(f"#m-{seq} .text")).to_have_count(0)
        await expect(late.page.locator("#log > .mine[data-kind=message]")).to_have_count(1)
        await expect(status).to_have_text(re.compile(said))

    await late.page.clock.fast_forward(20_000)
    await late.hears("open")
    await expect(status).not_to_have_text(re.compile(said))
    live = post(room, "and live again")
    await ada.reaches(live)
    await late.reaches(live)
    assert await late.log() == await ada.log()
    warnings = [json.loads(line)["message"] for line in server.stderr.read_text().splitlines()]
    [warning] = [line for line in warnings if re.search("too_many_streams|server_full", line)]
    assert said.removeprefix("raise ") in warning


async def test_a_page_that_was_cut_and_is_refused_goes_on_from_where_it_was(
    full: tuple[Server, str], ada: Person
) -> None:
    server, said = full
    room = server.create()
    await ada.join(room["url"])
    ada.expects()
    await ada.reaches(post(room, "before"))
    await ada.page.clock.install()
    await ada.page.clock.pause_at(time.time() + 60)  # it does not come back by itself
    server.restart()
    with readers(room, 12):
        await ada.page.clock.run_for(10_000)
        await ada.hears("htmx:sse:error")
        seq = post(room, "while you were refused")
        await ada.page.clock.run_for(4_000)
        await ada.reaches(seq)
        await expect(ada.page.locator("#status")).to_have_text(re.compile(said))
    await ada.page.clock.resume()
    await ada.comes_back()
    assert await ada.log() == history(room["url"])


async def test_one_person_with_too_many_pages_is_told_to_close_one(tmp_path: Path, ada: Person) -> None:
    ada.expects()
    server = Server(tmp_path / "few", limits="on", limit_seat_streams="1").start()
    room = server.create()
    await ada.join(room["url"])
    second = await ada.context.new_page()
    await second.goto(room["url"])

    await expect(second.locator("#status")).to_contain_text("You have this room open in too many places")
    server.stop()
