"""Requirement 1: a posted text stays text: in the page, in fragments, and on every stream."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chadchat.app import create_app
from chadchat.domain.markdown import render
from chadchat.events import Event
from chadchat.live.frames import StreamFormat, formats, sse
from chadchat.settings import Settings

from .conftest import Visitor

ALLOWED_IN_STREAM = {
    "li",
    "article",
    "div",
    "p",
    "a",
    "time",
    "bdi",
    "b",
    "strong",
    "em",
    "code",
    "pre",
    "span",
    "br",
    "small",
    "ul",
}
AT = "2026-11-22T12:00:00.123Z"
MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](https://evil.example/pixel.png)",
    '<div hx-get="/evil" hx-trigger="load">x</div>',
    "{{ 7 * 7 }}{% include 'base.html' %}",
    "</textarea></template><script>alert(1)</script>",
]


class Seen(HTMLParser):
    """What a browser would make elements and attributes of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize("markup", MARKUP)
async def test_no_text_becomes_markup(ada: Visitor, room: dict[str, str], markup: str) -> None:
    code = room["code"]
    seat = {"Cookie": f"chad-{code}={room['token']}"}
    assert (await ada("POST", f"/{code}", json={"text": markup})).status_code == 201

    posted = Seen()
    for path in (f"/{code}", f"/{code}/sse?as=html&since=all&poll=1"):
        shown = await (await ada("GET", path, headers=seat | {"Accept": "text/html"})).get_data(as_text=True)
        assert "alert(1)</script>" not in shown
        assert not re.search(r"<[^>]*(javascript:|data:text|onerror|onload|pixel\.png\" *>|hx-get=\"/evil)", shown)
        if "/sse" in path:
            posted.feed(shown)
    assert posted.tags <= ALLOWED_IN_STREAM
    assert not {"onerror", "onload", "style", "src"} & posted.attributes


@given(st.text(st.sampled_from("<>\"'&/=ascript onimgx:`[]()!*_\n"), max_size=80))
@settings(max_examples=400, deadline=None)
def test_what_is_rendered_holds_only_the_few_elements_that_are_meant(text: str) -> None:
    seen = Seen()
    seen.feed(render(text))
    assert seen.tags <= {"p", "br", "a", "strong", "em", "s", "del", "code", "pre", "blockquote", "ul", "ol", "li"}
    assert seen.attributes <= {"href", "rel", "target", "class", "start"}


@pytest.mark.parametrize("markup", ["<b>", "<script>alert(1)</script>", '"><i>', "A&B"])
async def test_names_and_titles_are_text_as_well(ada: Visitor, markup: str) -> None:
    created = await (await ada("POST", "/rooms", json={"name": markup[:32], "title": markup})).get_json()

    code = created["code"]
    headers = {"Cookie": f"chad-{code}={created['token']}", "Accept": "text/html"}
    shown = await (await ada("GET", f"/{code}", headers=headers)).get_data(as_text=True)
    assert markup not in shown
    assert markup.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;") in shown


@pytest.fixture(scope="module")
def made() -> dict[str, StreamFormat]:
    """The formats of streams, with their templates compiled once."""
    return formats(create_app(Settings(data=os.devnull)).jinja_env.overlay(enable_async=False))


@given(st.text(st.sampled_from("\r\n\v\f\x1c\x85\u2028id:evnt daretyclos1k3f9-,: "), max_size=60))
@settings(max_examples=400, deadline=None)
def test_no_text_forges_an_id_or_an_event_on_a_stream(made: dict[str, StreamFormat], text: str) -> None:
    event = Event(room="KQZF", kind="message", at=AT, name="Mallory", text=text, html=render(text))
    event = event.placed(7, "k3f9", AT)
    # The last is data that nothing has rendered or escaped before: the encoder must hold by itself.
    for wire in (made["sse"].event(event), made["html"].event(event), sse(text, id="k3f9-7")):
        frame = wire.decode()
        # As the specification reads it: a line ends with CRLF, LF or CR, and with nothing else.
        lines = frame.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert lines[-2:] == ["", ""]
        assert [line for line in lines[:-2] if not line.startswith("data: ")] == ["id: k3f9-7"]
