"""Files in the page: chosen, pasted and dropped, seen before they are sent, on their way, and in the log."""

from __future__ import annotations

import json
import re
import struct
import zlib
from typing import Any

import httpx
import pytest
from playwright.async_api import FilePayload, expect

from .conftest import Arrive
from .people import Person, Room, history, post
from .proxy import Proxy, refusal

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.usefixtures("proxy")]

LONG_NAME = "a log file of the server that never sleeps, as it is named.tar.gz"
LINES = [f"line {number} of a log" for number in range(400)]
# Dispatches what a browser does when something is pasted into the box, or dragged over and dropped on the page.
_GIVE = """
({type, files, text}) => {
    const data = new DataTransfer();
    for (const {name, media, body} of files) data.items.add(new File([body], name, {type: media}));
    if (text) data.setData('text/plain', text);
    const about = {bubbles: true, cancelable: true}, box = document.querySelector('#text');
    if (type === 'paste') return box.dispatchEvent(new ClipboardEvent(type, {...about, clipboardData: data}));
    return box.dispatchEvent(new DragEvent(type, {...about, dataTransfer: data}));
}
"""

_DRAG = """
() => {
    const data = new DataTransfer(), about = {bubbles: true, cancelable: true, dataTransfer: data};
    data.items.add(new File(['b'], 'b.txt'));
    document.querySelector('#text').dispatchEvent(new DragEvent('dragover', about));
    const target = document.querySelector('.dropping');
    return target?.checkVisibility() && target.textContent === 'Drop files here';
}
"""


def file(name: str, body: bytes, media: str = "text/plain") -> FilePayload:
    return {"name": name, "mimeType": media, "buffer": body}


def png(width: int, height: int) -> bytes:
    """A black picture, of a bit a pixel."""
    rows, packed = zlib.compressobj(9), b""
    for _ in range(height):
        packed += rows.compress(bytes(1 + (width + 7) // 8))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)),
        (b"IDAT", packed + rows.flush()),
        (b"IEND", b""),
    )
    sealed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(sealed)


async def choose(person: Person, *files: FilePayload) -> None:
    await person.page.get_by_label("Choose files").set_input_files(list(files))


async def give(person: Person, type: str, *files: tuple[str, str], text: str = "") -> bool:
    """Paste or drag files (name, content) or a text. Whether the browser goes on as without the page."""
    given = [{"name": name, "media": "text/plain", "body": body} for name, body in files]
    return bool(await person.page.evaluate(_GIVE, {"type": type, "files": given, "text": text}))


def tray(person: Person) -> Any:
    return person.page.get_by_role("list", name="Files to send").get_by_role("listitem")


async def send(person: Person) -> None:
    await person.page.get_by_role("button", name="Send", exact=True).click()


def stored(room: Room) -> list[tuple[str, str | None, int | None]]:
    """Text, name of the file and target of each message, as the log has them."""
    answer = httpx.get(f"{room['url']}/json", params={"since": "all", "poll": "1", "kinds": "message"})
    found = [json.loads(line) for line in answer.text.split("\n") if line]
    return [(event["text"], (event.get("file") or {}).get("name"), event.get("reply_to")) for event in found]


async def has_sent(person: Person, room: Room, *messages: tuple[str, str | None, int | None]) -> None:
    """The composer is empty, and these are the newest messages, once each."""
    await expect(person.outbox).to_have_count(0)
    await expect(tray(person)).to_have_count(0)
    await expect(person.box).to_have_value("")
    assert stored(room)[-len(messages) :] == list(messages)


async def test_several_files_are_seen_before_they_go_out_with_the_text_and_the_reply_on_the_first(
    ada: Person, room: Room
) -> None:
    asked = post(room, "where is the log?")
    await ada.enter(room["url"])
    await ada.page.goto(f"{room['url']}?reply={asked}")
    await ada.hears("open")
    await ada.box.fill("here")
    await choose(ada, file(LONG_NAME, b"\x1f\x8b\x08" + b"x" * 8120), file("notes.txt", b"one\ntwo"))
    await choose(ada, file("third.bin", b"\0\1\2"))
    await expect(tray(ada)).to_have_count(3)
    await expect(tray(ada).first).to_contain_text("8 KB")
    await expect(ada.box).to_be_focused()
    await ada.page.get_by_role("button", name="Remove third.bin").click()
    await expect(tray(ada)).to_have_count(2)
    await ada.box.press("Enter")
    await expect(ada.page.locator("#log .file")).to_have_count(2)
    await has_sent(ada, room, ("here", LONG_NAME, asked), ("", "notes.txt", None))
    name = ada.page.locator("#log .file bdi").first
    assert await name.text_content() == LONG_NAME
    assert await name.evaluate("name => name.lastElementChild.getBoundingClientRect().width > 0"), "its end is in view"
    async with ada.page.expect_download() as download:
        await ada.page.get_by_role("link", name="notes.txt").click()
    assert (await download.value).suggested_filename == "notes.txt"


async def test_a_long_text_that_is_pasted_becomes_a_file_unless_its_author_wants_the_text(
    ada: Person, room: Room
) -> None:
    await ada.join(room["url"])
    assert await give(ada, "paste", text="x" * 4096), "the browser pastes it"
    assert not await give(ada, "paste", text="\n".join(LINES))
    await expect(tray(ada)).to_contain_text(re.compile("paste.txt.*line 0 of a log.*line 3 of a log", re.DOTALL))
    await ada.page.get_by_role("button", name="Put the text into the box").click()
    await expect(ada.box).to_have_value("\n".join(LINES))
    await expect(tray(ada)).to_have_count(0)
    await ada.box.fill("")
    await give(ada, "paste", text="\n".join(LINES))
    await expect(tray(ada)).to_have_count(1)
    await send(ada)
    excerpt = ada.page.locator("#log .excerpt")
    await expect(excerpt).to_have_text("\n".join(LINES[:20]))
    await has_sent(ada, room, ("", "paste.txt", None))
    await ada.page.get_by_role("button", name="Show all of it").click()
    await expect(excerpt).to_have_text("\n".join(LINES))


async def test_files_are_pasted_and_dropped_and_what_is_dragged_has_a_target(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.prepares()
    await give(ada, "paste", ("a.txt", "a"))
    await ada.page.wait_for_function(_DRAG)  # for as long as it is dragged
    assert not await give(ada, "drop", ("b.txt", "b")), "the browser does not leave the page for the file"
    await expect(ada.page.get_by_text("Drop files here")).to_be_hidden()
    await expect(tray(ada)).to_have_count(2)
    await send(ada)
    await expect(ada.page.locator("#log .file")).to_have_count(2)
    await has_sent(ada, room, ("", "a.txt", None), ("", "b.txt", None))


async def test_what_is_refused_comes_back_whole_and_the_rest_goes_out_without_it(ada: Person, room: Room) -> None:
    ada.expects("status of 4(13|22)")
    asked = post(room, "where is the log?")
    await ada.enter(room["url"])
    await ada.page.goto(f"{room['url']}?reply={asked}")
    await ada.hears("open")
    await ada.box.fill("here")
    await choose(ada, file("empty.txt", b""))
    await send(ada)
    await expect(ada.page.get_by_role("alert")).to_contain_text("That file is empty, so nothing was sent.")
    await expect(ada.box).to_have_value("here")
    await expect(tray(ada)).to_contain_text("empty.txt")
    await expect(ada.page.locator("#replying")).to_contain_text("where is the log?")
    await ada.page.get_by_role("button", name="Remove empty.txt").click()
    await choose(ada, file("large.bin", bytes(11 * 1024 * 1024)))
    await expect(ada.page.get_by_role("alert")).to_have_text(
        "large.bin: That file is too large; a file may have 10 MiB."
    )
    await expect(tray(ada)).to_have_count(0)
    await ada.box.fill("x" * 4097)
    await choose(ada, file("log.txt", b"all is well"))
    await send(ada)
    await expect(ada.page.get_by_role("alert")).to_contain_text("4096")
    await expect(tray(ada)).to_contain_text("log.txt")
    await ada.box.fill("here")
    await send(ada)
    await ada.sees("here")
    await has_sent(ada, room, ("here", "log.txt", asked))


async def test_an_upload_shows_how_far_it_is_lets_texts_pass_and_can_be_cancelled(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    network = await ada.context.new_cdp_session(ada.page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000}
    await ada.box.fill("the film")
    await choose(ada, file("film.mp4", bytes(9_000_000)))
    await expect(tray(ada)).to_have_count(1)
    await network.send("Network.emulateNetworkConditions", slow)
    await send(ada)
    bar = ada.page.get_by_role("progressbar", name="Sending film.mp4")
    await expect(bar).not_to_have_js_property("value", 0)
    await ada.write("it takes a while")
    await ada.sees("it takes a while")
    await ada.outbox.get_by_role("button", name="Cancel").click()
    await expect(ada.outbox).to_have_count(0)
    await expect(ada.box).to_have_value("the film")
    assert stored(room) == [("it takes a while", None, None)]


async def test_a_file_waits_for_the_network_and_is_sent_once_and_a_reload_says_which_was_not(
    ada: Person, room: Room, proxy: Proxy
) -> None:
    ada.expects()
    await ada.join(f"{proxy.url}/{room['code']}")
    await ada.prepares()
    proxy.post_answers.append(refusal("503 Service Unavailable", "<p>away</p>"))
    await ada.page.clock.install()
    await choose(ada, file("log.txt", b"all is well"))
    await send(ada)
    await expect(ada.outbox).to_contain_text("Not sent yet. This goes out when the server is back.")
    proxy.loses_answer = True
    await ada.page.clock.fast_forward(2_000)
    await expect(ada.page.locator("#log .file")).to_have_count(1)
    await ada.page.clock.fast_forward(20_000)
    await has_sent(ada, room, ("", "log.txt", None))
    assert len(stored(room)) == 1
    await ada.context.set_offline(True)
    await choose(ada, file("second.txt", b"still well"))
    await send(ada)
    await expect(ada.outbox).to_contain_text("You are offline. This goes out when you are back.")
    await ada.context.set_offline(False)
    await expect(ada.outbox).to_have_count(0)
    proxy.refuses = True
    await choose(ada, file("third.txt", b"what now"))
    await send(ada)
    await expect(ada.outbox).to_contain_text("Not sent yet.")
    proxy.refuses = False
    await ada.page.route("**/*", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    await ada.page.reload()
    await expect(ada.outbox).to_contain_text("third.txt")
    await expect(ada.outbox).to_contain_text("Not sent: the page was closed before. Choose the file again.")
    await ada.outbox.get_by_role("button", name="Discard").click()
    await expect(ada.outbox).to_have_count(0)


async def test_a_picture_has_its_place_before_it_is_loaded_and_opens_large_and_back(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.prepares()
    await ada.page.route("**/*size=*", lambda route: route.abort())
    ada.expects()
    await choose(ada, file("one.png", png(90, 60), "image/png"), file("two.png", png(60, 90), "image/png"))
    await ada.page.get_by_label("What it shows").first.fill("A cat")
    await send(ada)
    pictures = ada.page.locator("#log .picture")
    await expect(pictures).to_have_count(2)
    await has_sent(ada, room, ("", "one.webp", None), ("", "two.webp", None))
    box = await pictures.first.locator("img").bounding_box()
    assert box
    assert (box["width"], box["height"]) == (90, 60), "of a picture that is not there"
    await ada.page.unroute("**/*size=*")
    first = ada.page.get_by_role("link", name="A cat")
    await first.click()
    dialog = ada.page.get_by_role("dialog", name="A cat")
    await expect(dialog.get_by_role("img", name="A cat")).to_have_js_property("naturalWidth", 90)
    await ada.page.keyboard.press("ArrowRight")
    await expect(ada.page.get_by_role("dialog", name="two.webp")).to_be_visible()
    await expect(ada.page.get_by_role("button", name="The picture after")).to_be_disabled()
    await ada.page.keyboard.press("Escape")
    await expect(ada.page.locator(".viewer")).to_be_hidden()
    await expect(pictures.last).to_be_focused()
    await expect(pictures.last).to_have_attribute("href", re.compile(r"\?size=2560$"))


async def test_a_picture_that_is_too_large_is_refused_and_can_be_sent_as_a_file(ada: Person, room: Room) -> None:
    ada.expects("status of 422")
    await ada.join(room["url"])
    await ada.box.fill("look")
    await choose(ada, file("bomb.png", png(20_000, 20_000), "image/png"))
    await send(ada)
    await expect(ada.page.get_by_role("alert")).to_contain_text(
        "A picture may have 50 megapixels, so nothing was sent."
    )
    await expect(ada.box).to_have_value("look")
    await ada.page.get_by_label("As a file").check()
    await send(ada)
    await expect(ada.page.locator("#log .file")).to_have_count(1)
    await has_sent(ada, room, ("look", "bomb.png", None))


async def test_without_a_script_a_form_sends_a_file_with_the_text(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", java_script_enabled=False)
    ada.expects("status of 422")
    await ada.enter(room["url"])
    await ada.box.fill("here")
    await choose(ada, file("empty.txt", b""))
    await send(ada)
    await expect(ada.page.get_by_role("alert")).to_contain_text("That file is empty, so nothing was sent.")
    await expect(ada.box).to_have_value("here")
    await choose(ada, file("log.txt", b"all is well"))
    await send(ada)
    await ada.sees("here")
    await ada.box.fill("and words alone")
    await send(ada)
    await ada.sees("and words alone")
    assert stored(room) == [("here", "log.txt", None), ("and words alone", None, None)]
    assert len(history(room["url"])) == len(await ada.log())
