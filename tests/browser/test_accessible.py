"""The page is accessible: axe finds no violation, and it works by keyboard, on small and large screens, and light."""

from __future__ import annotations

from base64 import b64decode
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import FilePayload, expect

from ..serving import Server
from .conftest import Arrive
from .people import Person, Room, post

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CONVERSATION = [
    "**bold**, *italic*, `code` and a [link](https://example.org)",
    "```\nif tea:\n    drink()\n```",
    "- one\n- two\n\n1. first\n2. second",
    "> to be\n\nor not",
]
LONG = ["unbreakable" * 30, "`" + "x" * 300 + "`", "```\n" + "y" * 300 + "\n```", "https://example.org/" + "z" * 300]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
WIDE = (
    "width => [...document.querySelectorAll('html, body, #scroller, #side, .text')]"
    ".filter(box => box.scrollWidth > box.clientWidth).map(box => `${width}: ${box.tagName}.${box.className}`)"
)
FOCUS = """() => {
    const {id, textContent, tagName, name} = document.activeElement;
    return id || name || (tagName === 'BODY' ? '' : textContent.trim());
}"""


async def violations(person: Person) -> list[str]:
    """What axe has to say about the page, light and dark, as far as it is sure."""
    found = []
    for scheme in SCHEMES:
        await person.page.emulate_media(color_scheme=scheme)
        results = await Axe().run(person.page)
        for fault in results.response["violations"]:
            found += [f"{scheme}: {fault['id']}: {node['html']}" for node in fault["nodes"]]
    return found


async def test_axe_finds_nothing_on_the_way_in(ada: Person, shared: Server, room: Room) -> None:
    ada.expects("status of 404|status of 422")
    for path in ("", "ZZZZ", room["code"], f"help?room={room['code']}", "no/such/page"):
        await ada.page.goto(f"{shared.url}/{path}")
        assert await violations(ada) == [], path
    await ada.page.goto(shared.url)
    await ada.page.get_by_role("button", name="Join").click()
    await expect(ada.page.get_by_role("alert")).to_have_text("Please enter a name.")
    assert await violations(ada) == []
    await ada.enter(room["url"])
    await ada.page.goto(shared.url)
    await expect(ada.page.get_by_role("region", name="Your rooms")).to_be_visible()
    assert await violations(ada) == []


async def test_axe_finds_nothing_in_a_room(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", viewport={"width": 390, "height": 844})
    await ada.join(room["url"])
    assert await violations(ada) == [], "empty"
    post(room, *CONVERSATION)
    for text in CONVERSATION:
        await ada.say(text)
    await ada.say("anybody?")
    await ada.sees("anybody?")
    assert await violations(ada) == [], "with a conversation"
    await ada.box.press_sequentially(":smi")
    await expect(ada.page.get_by_role("option", name="smile", exact=True)).to_be_visible()
    assert await violations(ada) == [], "with names of emoji"
    await ada.box.fill("")
    await ada.page.get_by_text("Formatting", exact=True).click()
    assert await violations(ada) == [], "with help for writing"
    await ada.page.get_by_text("Formatting", exact=True).click()
    await ada.page.get_by_role("button", name="Emoji", exact=True).click()
    await expect(ada.page.get_by_role("option", name="rocket")).to_be_attached()
    assert await violations(ada) == [], "with all emoji"
    await ada.box.press("Escape")
    await ada.page.get_by_role("button", name="2 here").click()
    await expect(ada.page.get_by_role("link", name="Leave the room")).to_be_visible()
    assert await violations(ada) == [], "with the people open"
    await ada.page.goto(f"{room['url']}/4")
    assert await violations(ada) == [], "around one message"


async def test_axe_finds_nothing_in_files(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.prepares()
    picture: FilePayload = {"name": "cat.png", "mimeType": "image/png", "buffer": PNG}
    text: FilePayload = {"name": "paste.txt", "mimeType": "text/plain", "buffer": b"one line\n" * 700}
    await ada.page.get_by_label("Choose files").set_input_files([picture, text])
    await expect(ada.page.get_by_label("What it shows").first).to_be_visible()
    assert await violations(ada) == [], "above the box"
    await ada.page.get_by_role("button", name="Send", exact=True).click()
    await expect(ada.page.locator("#log .attachment")).to_have_count(2)
    await expect(ada.outbox).to_have_count(0)
    assert await violations(ada) == [], "in the log"
    await ada.page.locator("#log .picture").click()
    await expect(ada.page.get_by_role("dialog")).to_be_visible()
    assert await violations(ada) == [], "a picture as large as the page"


@pytest.mark.usefixtures("server")
async def test_axe_finds_nothing_in_a_room_alone_or_without_a_server(server: Server, grace: Person) -> None:
    grace.expects()
    await grace.sit(server.create())
    assert await violations(grace) == [], "alone"
    await grace.prepares()
    server.stop()
    await grace.write("anybody?")
    await expect(grace.page.get_by_role("status").filter(has_text="goes out when the server is back")).to_be_attached()
    await expect(grace.page.locator("#status")).to_be_visible()
    assert await violations(grace) == []


async def test_one_comes_in_and_talks_with_the_keyboard_alone(arrive: Arrive, shared: Server, room: Room) -> None:
    ada = await arrive("Ada", viewport={"width": 390, "height": 844})
    keyboard = ada.page.keyboard

    async def tabs_to(stop: str) -> None:
        passed: list[str] = []
        while stop not in passed[-1:]:
            await keyboard.press("Tab")
            passed.append(await ada.page.evaluate(FOCUS))
            assert len(passed) < 12, f"{stop} is not among {passed}"

    await ada.page.goto(shared.url)
    await tabs_to("name")
    await keyboard.type("Ada")
    await tabs_to("code")
    await keyboard.type(room["code"])
    await tabs_to("join")
    await keyboard.press("Enter")
    await ada.hears("open")
    await ada.page.evaluate("document.activeElement.blur()")
    await tabs_to("Skip to the content")
    await keyboard.press("Enter")
    await expect(ada.box).to_be_focused()
    await keyboard.type("no mouse here")
    await tabs_to("Send")
    await keyboard.press("Enter")
    await ada.sees("no mouse here")
    await ada.page.reload()
    await ada.hears("open")
    await ada.page.evaluate("document.activeElement.blur()")
    await tabs_to("2 here : people, code and leaving")
    await keyboard.press("Enter")
    await expect(ada.page.get_by_role("heading", name="2 here")).to_be_visible()
    await keyboard.press("Escape")
    await expect(ada.page.get_by_role("heading", name="2 here")).to_be_hidden()
    await expect(ada.page.get_by_role("button", name="2 here")).to_be_focused()
    await tabs_to("scroller")
    await tabs_to("text")


async def test_nothing_has_to_be_scrolled_sideways(arrive: Arrive, shared: Server, room: Room) -> None:
    ada = await arrive("W" * 32)
    ada.expects("status of 404")
    post(room, *CONVERSATION, *LONG)
    for path in ("", "ZZZZ", room["code"], "help", "no/such/page"):
        await ada.page.goto(f"{shared.url}/{path}")
        assert await too_wide(ada) == [], path
    await ada.join(room["url"])
    await ada.say(LONG[0])
    await expect(ada.page.locator("#log .mine .text")).to_have_count(1)
    assert await too_wide(ada) == []
    await ada.page.get_by_role("button", name="2 here").click()
    assert await too_wide(ada) == [], "with the people open"


async def too_wide(person: Person) -> list[str]:
    """What scrolls sideways, or is cut off because it cannot, from the widest screen to the narrowest."""
    found: list[str] = []
    for width in (1280, 390, 320):
        await person.page.set_viewport_size({"width": width, "height": 640})
        found += await person.page.evaluate(WIDE, width)
    return found
