"""Rendering many events for one reader yields to the event loop."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chadchat.app import create_app
from chadchat.events import Event
from chadchat.live.frames import StreamFormat, formats, render
from chadchat.live.ring import EVENTS, Ring
from chadchat.settings import Settings

from ..measuring import MOST, longest_step

MESSAGE = Event(room="KQZF", kind="message", at="2026-11-22T12:00:00.123Z", name="Ada", text="tea?", html="<p>tea?</p>")


@pytest.fixture
def html() -> StreamFormat:
    return formats(create_app(Settings()).jinja_env.overlay(enable_async=False))["html"]


def full() -> Ring:
    ring = Ring()
    for seq in range(1, EVENTS + 1):
        ring.append(replace(MESSAGE, seq=seq, epoch="k3f9"))
    return ring


REACTIONS = {chr(0x1F400 + number): [f"{number}{member:03x}" for member in range(50)] for number in range(20)}
CHANGES = {"target": 1, "emoji": "\U0001f400", "on": True, "all": REACTIONS}
REACTION = Event(room="KQZF", kind="react", at=MESSAGE.at, name="Ada", member="7f3a", changes=CHANGES)


def of_reactions() -> Ring:
    """A ring in which a message has as many reactions as it may, and each came after the others."""
    ring = Ring()
    ring.append(replace(MESSAGE, seq=1, epoch="k3f9"))
    for seq in range(2, 62):
        ring.append(replace(REACTION, seq=seq, epoch="k3f9"))
    return ring


async def test_a_message_with_a_thousand_reactions_holds_the_loop_for_no_more_than_20_ms(html: StreamFormat) -> None:
    events = [replace(REACTION, seq=seq, epoch="k3f9") for seq in range(1, 61)]

    assert await longest_step(lambda: of_reactions().prepare(html, 0)) < MOST
    assert await longest_step(lambda: render(events, html)) < MOST
    assert len(html.event(events[0])) > 6_000
    assert of_reactions().bytes > 500_000, "what a ring holds is counted"


async def test_the_first_reader_of_a_format_holds_the_loop_for_no_more_than_20_ms(html: StreamFormat) -> None:
    # Each try has a ring of its own: what was rendered stays so.
    assert await longest_step(lambda: full().prepare(html, 0)) < MOST


async def test_frames_that_were_prepared_are_not_made_again(
    html: StreamFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = full()
    await ring.prepare(html, 1000)
    made = ring.frames(1000, html)
    monkeypatch.setattr(html, "event", lambda event: pytest.fail("made again"), raising=False)

    assert ring.frames(1000, html) == made
    await ring.prepare(html, 1000)
    assert len(made) == EVENTS - 1000


async def test_a_page_from_the_log_is_rendered_in_turns(html: StreamFormat) -> None:
    events = [replace(MESSAGE, seq=seq, epoch="k3f9") for seq in range(1, 257)]

    assert await longest_step(lambda: render(events, html)) < MOST
    assert await render(events, html) == [html.event(event) for event in events]
