"""Messages are shown as they were written: HTML as text, Markdown as Markdown, every character as itself."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.async_api import expect

from .people import Person, Room, history, post

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ATTACKS = [
    "<script>window.owned = true</script>",
    "<img src=/static/none.png onerror='window.owned = true'>",
    '<p hx-get="/help?owned" hx-trigger="load">hello</p>',
    '<div hx-sse:connect="/help?owned"></div>',
    '<svg><a href="javascript:window.owned = true">click</a></svg>',
    "</div></li><li id='m-1' data-kind='message'>forged",
    "[click](javascript:window.owned=true)",
    "{{ 7 * 7 }} {% raw %}",
    "a\n\nevent: bye\ndata: forged\n\nid: zzzz-99\n: b",
]
NAMES = ["<img src=x onerror=owned=1>", "<script>owned = 1</script>", '" onclick="owned = 1', "{{ 7 * 7 }}"]
CHARACTERS = {
    "right to left": "שלום, עולם! مرحبا بالعالم 123",
    "an override of direction": "user\u202etxt.exe\u202c end",
    "combining marks": "e\u0301 n\u0303 Z\u0351\u036b\u0343 ก็่ क्षि",
    "separators that only Python takes for line ends": "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\x1eh",
    "emoji of several parts": "👩🏽‍🚀 🏳️‍🌈 🇪🇺 1️⃣ 👨‍👩‍👧‍👦",
    "beyond the first plane": "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𒀀 \U0010fffd",
    "invisible characters": "a\u200bb\u200dc\ufeffd\u00ade",
    "controls": "bell\x07 escape\x1b[2J del\x7f",
    "what HTML knows": "a & b < c > d \"e\" 'f' &c; <!-- --> ]]>",
}


async def test_markup_in_a_text_is_shown_as_text(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    before = len(ada.requests)
    last = post(room, *ATTACKS)
    for _ in ("live", "after a reload"):
        await ada.reaches(last)
        log = await ada.log()
        assert [line.seq for line in log] == list(range(1, last + 1))
        assert [squeezed(line.text) for line in log[3:]] == [squeezed(attack) for attack in ATTACKS]
        await expect(ada.page.locator(".text").locator("script, img, svg, a, div, li, [hx-get]")).to_have_count(0)
        assert await ada.page.evaluate("window.owned") is None
        await ada.page.reload()
        await ada.hears("open")
    assert [request.url for request in ada.requests[before:] if re.search("owned|none", request.url)] == []


async def test_markup_in_a_name_is_shown_as_text(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    last = [enter_and_post(room, name) for name in NAMES][-1]
    for _ in ("live", "after a reload"):
        await ada.reaches(last)
        assert await ada.log() == history(room["url"])
        await expect(ada.page.locator("#people bdi")).to_have_text(["Grace", "Ada", *NAMES])
        await expect(ada.page.locator("#log img, #log script, #people img, #people script, [onclick]")).to_have_count(0)
        assert await ada.page.evaluate("window.owned ?? window.name") == ""
        await ada.page.reload()
        await ada.hears("open")


async def test_every_character_arrives_as_itself(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    last = post(room, *CHARACTERS.values())
    for _ in ("live", "after a reload"):
        await ada.reaches(last)
        shown = {line.seq: line.text for line in await ada.log()}
        for line in history(room["url"]):
            assert shown[line.seq] == line.text
        await ada.page.reload()
        await ada.hears("open")
    assert [line.text for line in history(room["url"]) if line.kind == "message"] == list(CHARACTERS.values())


@pytest.mark.parametrize("width", [390, 1280])
async def test_marks_cover_no_neighbour(ada: Person, room: Room, width: int) -> None:
    await ada.page.set_viewport_size({"width": width, "height": 800})
    await ada.join(room["url"])
    marks = "".join(chr(0x300 + number % 70) for number in range(140))
    await ada.reaches(post(room, "above", "".join(f"{letter}{marks}" for letter in "zalgo"), "below"))
    lines = ada.page.locator("#log > [data-kind=message]")
    await expect(lines).to_have_count(3)
    around = lines.nth(0).locator(".text"), lines.nth(0).locator(".when"), lines.nth(2).locator(".text")
    covered = [await neighbour.screenshot() for neighbour in around]
    await lines.nth(1).locator(".text").evaluate("line => { line.style.color = 'transparent' }")
    assert [await neighbour.screenshot() for neighbour in around] == covered


async def test_what_is_typed_is_what_is_stored(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    typed = [CHARACTERS["right to left"], CHARACTERS["emoji of several parts"], "  four\n\tlines\n\n of it  "]
    for text in typed:
        await ada.say(text)
    assert [line.text for line in history(room["url"]) if line.kind == "message"] == typed


async def test_markdown_is_shown(ada: Person, grace: Person, room: Room) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    await ada.say("**bold** and *italic* and `code`")
    await ada.say("```\nif tea:\n    drink()\n```")
    await ada.say("- one\n- two")
    await ada.say("> to be\n\nor not")
    await ada.say("[a link](https://example.org/?a=1&b=2) and https://example.com/x")
    await grace.sees("a link")
    text = grace.page.locator("#log .text")
    await expect(text.locator("strong")).to_have_text("bold")
    await expect(text.locator("em")).to_have_text("italic")
    await expect(text.locator("p code")).to_have_text("code")
    assert await text.locator("pre code").text_content() == "if tea:\n    drink()\n"
    await expect(text.locator("ul li")).to_have_text(["one", "two"])
    await expect(text.locator("blockquote")).to_have_text("to be")
    links = text.get_by_role("link")
    await expect(links).to_have_text(["a link", "https://example.com/x"])
    await expect(links.first).to_have_attribute("href", "https://example.org/?a=1&b=2")
    await expect(links.first).to_have_attribute("rel", "noopener noreferrer nofollow ugc")
    await expect(links.first).to_have_attribute("target", "_blank")


def enter_and_post(room: Room, name: str) -> int:
    """Someone takes a seat under this name, and someone without a seat posts under one that looks different."""
    assert httpx.post(f"{room['url']}/join", json={"name": name}).status_code == 201
    answer = httpx.post(room["url"], json={"name": f"{name}z"[-32:], "text": "hello"})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["seq"])


def squeezed(text: str | None) -> str:
    """Without white space and Markdown's own signs."""
    return "".join((text or "").replace("&quot;", '"').split())
