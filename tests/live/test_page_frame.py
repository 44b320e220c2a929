"""The fragment of a message shows its text as text, whatever markup it holds."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chadchat.app import create_app
from chadchat.domain.colours import hue
from chadchat.domain.markdown import render
from chadchat.events import Event
from chadchat.live.frames import SseHtml, formats
from chadchat.settings import Settings

TEA = Event(
    room="KQZF",
    kind="message",
    at="2026-11-22T12:00:00.123Z",
    name="Ada",
    member="7f3a",
    text="tea?",
    seq=128,
    epoch="k3f9",
)
# Everything but the few characters that are Markdown: what markup, bidi controls and SSE fields are made of.
PLAIN = st.text("abŠ李<>&\"'/=:;()\u202e\u2066\u2069\u200f\x1b\x0b\u2028\u0085 ", min_size=1, max_size=60)


class _Seen(HTMLParser):
    """The text of the elements named `inside`, as a browser would show it."""

    def __init__(self, inside: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[str] = []
        self._inside = inside
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == self._inside:
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._depth:
            self.text += data


def seen(fragment: str, inside: str) -> _Seen:
    parser = _Seen(inside)
    parser.feed(fragment)
    parser.close()
    return parser


@pytest.fixture(scope="module")
def page() -> SseHtml:
    made = formats(create_app(Settings()).jinja_env.overlay(enable_async=False))["html"]
    assert isinstance(made, SseHtml)
    return made


def fragment(page: SseHtml, event: Event) -> str:
    """The data of the event's frame, its lines joined as a browser joins them."""
    lines = page.event(event).decode().removesuffix("\n\n").split("\n")
    assert lines[0] == f"id: {event.cursor}"
    assert all(line.startswith("data: ") for line in lines[1:])
    return "\n".join(line.removeprefix("data: ") for line in lines[1:])


@given(name=PLAIN)
def test_any_name_is_shown_as_it_is(page: SseHtml, name: str) -> None:
    shown = seen(fragment(page, replace(TEA, name=name, html="<p>tea?</p>")), "bdi")

    assert shown.text == name
    assert shown.tags == ["li", "b", "a", "bdi", "a", "time", "div", "p", "ul"]


@given(text=PLAIN.filter(lambda text: text.strip() == text and text[0] not in ">"))
def test_any_plain_text_is_shown_as_it_is(page: SseHtml, text: str) -> None:
    shown = seen(fragment(page, replace(TEA, text=text, html=render(text))), "p")

    assert shown.text == text
    assert set(shown.tags) <= {"li", "b", "bdi", "a", "time", "div", "p", "ul"}


@pytest.mark.parametrize(
    "text", ["hi\rid: 999999\revent: close", "a\n\ndata: b\r\nevent: reset", "</li></ol><li id='m-1'>", "data: x\n: y"]
)
def test_what_looks_like_the_wire_or_the_page_is_text(page: SseHtml, text: str) -> None:
    html = fragment(page, replace(TEA, text=text, html=render(text)))
    shown = seen(html, "div")

    assert shown.tags.count("li") == 1
    assert shown.text.split() == text.split()


def test_a_name_that_is_spelled_like_a_members_id_has_a_voice_of_its_own() -> None:
    ids = [f"{number:04x}" for number in range(200)]

    assert sum(hue(member) == hue(None, member) for member in ids) < 50  # one in HUES by chance
    assert all(hue(member, "Ada") == hue(member, "Grace") for member in ids)


def test_a_frame_has_of_a_pages_key_its_mark_and_of_other_keys_nothing() -> None:
    html = formats(create_app(Settings()).jinja_env.overlay(enable_async=False))["html"]
    frames = [html.event(replace(TEA, detail={"key": key})) for key in ("~4242~7~8", "deploy-7", "~<b>~7", "~42~")]
    edit = replace(TEA, kind="edit", changes={"target": 1}, detail={"key": "~42~7", "whom": "Ada", "posted": TEA.at})

    assert [b"data-sent" in frame for frame in [*frames, html.event(edit)]] == [True, False, False, False, False]
    assert b' data-sent="4242"' in frames[0]
    assert b"deploy" not in frames[1]
