"""The composer and its outbox: whatever fails, a text is stored once, waits in view, or is back in the box."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from urllib.parse import parse_qs

import httpx
import pytest
from playwright.async_api import Route, expect

from ..serving import Server
from .conftest import Arrive
from .people import Person, Room, change, history
from .proxy import Proxy, refusal

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("proxy"),  # before anyone arrives, for the network has to outlast them
]

NO_ANSWER = "Not sent yet. This goes out when the server is back."
OFFLINE = "You are offline. This goes out when you are back."


@pytest.fixture
def url(room: Room, proxy: Proxy) -> str:
    """The room, over a network that can fail."""
    return f"{proxy.url}/{room['code']}"


# Counts in each frame the texts that stand in the page, pale or not.
_COUNT = """
window.most = 0;
(function look() {
  most = Math.max(most, document.querySelectorAll('#log .text, #outbox .text').length);
  requestAnimationFrame(look);
})()
"""


def said(room: Room) -> list[str]:
    """What has been said in a room, as its log has it."""
    return [line.text for line in history(room["url"]) if line.kind == "message"]


def keys(person: Person, room: Room) -> list[str]:
    """The key of every post that a browser has tried."""
    tried = [one for one in person.requests if one.method == "POST" and one.url.endswith(room["code"])]
    return [parse_qs(one.post_data or "")["key"][0] for one in tried]


async def waits(person: Person, text: str, sentence: str = NO_ANSWER) -> None:
    """The text waits below the log, the box is free, and a sentence says what happens next."""
    await expect(person.outbox.locator(".text")).to_have_text([text])
    await expect(person.outbox.locator(".state span")).to_have_text([sentence])
    await expect(person.page.locator("#outbox-said")).to_have_text(sentence)
    await expect(person.box).to_have_value("")


async def is_back(person: Person, text: str, sentence: str | re.Pattern[str]) -> None:
    """The text is in the box again, and the server's sentence says why."""
    await expect(person.page.get_by_role("alert")).to_have_text(sentence)
    await expect(person.box).to_have_value(text)
    await expect(person.outbox).to_have_count(0)


async def press(person: Person, button: str) -> None:
    """Press a button of the text that waits first."""
    await person.outbox.first.get_by_role("button", name=button).click()


async def is_sent(person: Person, room: Room, *texts: str) -> None:
    """The composer is empty, nothing is wrong, and the room has each text once, in the log and on the page."""
    await expect(person.box).to_have_value("")
    await expect(person.page.locator("#composer-error")).to_be_empty()
    await expect(person.outbox).to_have_count(0)
    await person.sees(texts[-1])
    assert said(room) == [line.text for line in await person.log() if line.kind == "message"] == list(texts)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        refusal("502 Bad Gateway", "<h1>502</h1>"),
        refusal("503 Service Unavailable", "<p class='sorry'>away</p>"),
        refusal("413 Content Too Large", "<h1>413</h1>"),
        refusal("200 OK", "<title>Wi-Fi</title><form><input name=room><button>Log in</button></form>"),
        b"HTTP/1",
    ],
    ids=["reset", "502", "503", "413 of a proxy", "200 login page", "half a word"],
)
async def test_a_text_that_did_not_arrive_waits_and_goes_out_by_itself_with_its_key(
    ada: Person, room: Room, url: str, proxy: Proxy, answer: bytes
) -> None:
    ada.expects()
    await ada.join(url)
    proxy.post_answers.append(answer)
    await ada.page.clock.install()
    await ada.write("once")
    await waits(ada, "once")
    assert said(room) == []
    await expect(ada.page).to_have_title(re.compile(f"^{room['code']}"))
    await expect(ada.page.get_by_role("button", name="Log in")).to_have_count(0)
    await ada.page.clock.fast_forward(2_000)
    await is_sent(ada, room, "once")
    tried = keys(ada, room)
    assert len(tried) == 2
    assert len(set(tried)) == 1


async def test_a_text_whose_answer_was_lost_is_not_said_twice(ada: Person, room: Room, url: str, proxy: Proxy) -> None:
    ada.expects()
    await ada.join(url)
    proxy.loses_answer = True
    await ada.write("once")
    await is_sent(ada, room, "once")
    await ada.write("and more")
    await is_sent(ada, room, "once", "and more")
    assert Counter(keys(ada, room)).most_common(1)[0][1] == 1


async def test_a_text_never_stands_twice_however_late_its_post_is_answered(ada: Person, room: Room, url: str) -> None:
    await ada.join(url)
    other = await ada.context.new_page()
    await other.goto(url)
    for page in (ada.page, other):
        await page.evaluate(_COUNT)
    answers: list[Route] = []

    async def late(route: Route) -> None:
        answers.append(route)
        stored = await route.fetch()
        await expect(ada.outbox).to_have_count(0)
        await expect(other.locator("#log .text")).to_have_count(len(answers))
        await route.fulfill(response=stored)

    await ada.page.route(url, late)
    for count, text in enumerate(("*one*", "two `2`", "three\nlines"), start=1):
        await ada.write(text)
        await expect(ada.page.locator("#log .text")).to_have_count(count)
    await expect(ada.outbox).to_have_count(0)
    assert said(room) == ["*one*", "two `2`", "three\nlines"]
    await expect(other.locator("#log .text")).to_have_count(3)
    assert await ada.page.evaluate("most") == 3
    assert await other.evaluate("most") == 3
    assert len(answers) == 3


async def test_sending_while_offline_says_so_at_once_and_goes_out_by_itself_when_back(
    ada: Person, room: Room, url: str
) -> None:
    ada.expects()
    await ada.join(url)
    await ada.context.set_offline(True)
    await ada.write("from the tunnel")
    await waits(ada, "from the tunnel", OFFLINE)
    await expect(ada.page.locator("#status")).to_have_text("You are offline. What you type is kept.")
    await ada.context.set_offline(False)
    await is_sent(ada, room, "from the tunnel")


async def test_what_was_edited_while_offline_does_not_go_out_by_itself(ada: Person, room: Room, url: str) -> None:
    ada.expects()
    await ada.join(url)
    await ada.context.set_offline(True)
    await ada.write("from the tunn")
    await waits(ada, "from the tunn", OFFLINE)
    await press(ada, "Edit")
    await expect(ada.box).to_be_focused()
    await ada.page.keyboard.type("el, and")
    await ada.context.set_offline(False)
    await ada.comes_back()
    await expect(ada.box).to_have_value("from the tunnel, and")
    assert said(room) == []
    await ada.page.keyboard.type(" out")
    await ada.box.press("Enter")
    await is_sent(ada, room, "from the tunnel, and out")
    assert len(set(keys(ada, room))) == 2


@pytest.mark.usefixtures("server")
async def test_a_text_sent_while_the_server_is_away_goes_out_by_itself_when_it_is_back(
    server: Server, ada: Person
) -> None:
    ada.expects()
    room = server.create()
    await ada.join(room["url"])
    server.stop()
    await ada.write("anybody there?")
    await waits(ada, "anybody there?")
    server.start()
    await ada.comes_back()
    await is_sent(ada, room, "anybody there?")


async def test_no_answer_in_20_seconds_is_said_and_the_text_goes_out_once(ada: Person, room: Room, url: str) -> None:
    ada.expects()
    held: list[Route] = []
    await ada.page.clock.install()
    await ada.join(url)
    await ada.page.route(url, lambda route: held.append(route), times=1)
    async with ada.page.expect_request(url):
        await ada.write("slow")
    await ada.page.clock.fast_forward(20_000)
    await waits(ada, "slow")
    await press(ada, "Send now")
    await is_sent(ada, room, "slow")
    assert len(held) == 1


@pytest.mark.parametrize("stored", [True, False], ids=["stored", "not stored"])
async def test_a_text_that_was_on_its_way_when_the_page_was_reloaded_is_said_once(
    ada: Person, room: Room, url: str, proxy: Proxy, stored: bool
) -> None:
    ada.expects()
    await ada.join(url)
    proxy.refuses = True  # nor does the stream bring it
    proxy.cut()

    arrived = asyncio.Event()

    async def hold(route: Route) -> None:
        if stored:
            sent = await route.request.all_headers()
            head = {"Cookie": sent["cookie"], "Content-Type": sent["content-type"], "HX-Request": "true"}
            await ada.context.request.post(room["url"], data=route.request.post_data or "", headers=head)
        arrived.set()

    await ada.page.route(url, hold, times=1)
    async with ada.page.expect_request(url):
        await ada.write("going, going")
    await arrived.wait()
    proxy.refuses = False
    await ada.page.reload()
    await is_sent(ada, room, "going, going")
    assert len(keys(ada, room)) == 2
    assert len(set(keys(ada, room))) == 1


async def test_texts_sent_while_one_is_on_its_way_follow_it_in_order_each_with_a_key_of_its_own(
    ada: Person, room: Room, url: str
) -> None:
    await ada.join(url)
    held: list[Route] = []
    await ada.page.route(url, lambda route: held.append(route), times=1)
    async with ada.page.expect_request(url):
        await ada.write("one")
    await expect(ada.box).to_have_value("")
    for text in ("two", "three\nlines"):
        await ada.write(text)
    await expect(ada.outbox.locator(".text")).to_have_text(["one", "two", "three lines"])
    [first] = held
    await first.continue_()
    await is_sent(ada, room, "one", "two", "three\nlines")
    assert len(set(keys(ada, room))) == 3


AWAY = [
    ("507 Insufficient Storage", "storage_full", "The server's disk is full, so this was not stored."),
    ("503 Service Unavailable", "stopping", "The server is restarting. Come back in a moment."),
]


@pytest.mark.parametrize(("status", "code", "sentence"), AWAY)
async def test_a_server_that_cannot_store_says_so_in_its_own_words_and_the_text_goes_out_later(
    ada: Person, room: Room, url: str, proxy: Proxy, status: str, code: str, sentence: str
) -> None:
    ada.expects()
    await ada.join(url)
    proxy.post_answers.append(refusal(status, f'<p class="error" data-code="{code}">{sentence}</p>'))
    await ada.write("patience")
    await waits(ada, "patience", f"{sentence} This goes out by itself.")
    await ada.page.reload()
    await is_sent(ada, room, "patience")


async def test_a_refused_text_is_back_in_the_box_and_is_still_there_after_a_reload(
    ada: Person, room: Room, url: str, proxy: Proxy
) -> None:
    ada.expects()
    await ada.join(url)
    proxy.post_answers.append(refusal("422 Unprocessable", '<p class="error">Please write something first.</p>'))
    await ada.write("\u2800")
    await is_back(ada, "\u2800", "Please write something first.")
    await ada.page.reload()
    await expect(ada.box).to_have_value("\u2800")


async def test_a_refused_text_leaves_the_box_to_what_was_typed_meanwhile(ada: Person, room: Room, url: str) -> None:
    ada.expects("status of 413")
    await ada.join(url)
    held: list[Route] = []
    await ada.page.route(url, lambda route: held.append(route), times=1)
    async with ada.page.expect_request(url):
        await ada.write("x" * 4097)
    await ada.write("after it")
    await ada.box.fill("next")
    [first] = held
    await first.continue_()
    await expect(ada.outbox).to_have_count(2)
    await expect(ada.outbox.first.locator(".state span")).to_have_text(
        "That is 4097 characters; a message may have 4096."
    )
    assert said(room) == [], "what came after it waits, so that the order stays"
    await press(ada, "Edit")
    await expect(ada.box).to_have_value("x" * 4097 + "\nnext")
    await ada.box.fill("")
    await is_sent(ada, room, "after it")


async def test_a_text_that_waits_can_be_discarded(ada: Person, room: Room, url: str) -> None:
    ada.expects()
    await ada.join(url)
    await ada.context.set_offline(True)
    await ada.write("no")
    await waits(ada, "no", OFFLINE)
    await press(ada, "Discard")
    await ada.context.set_offline(False)
    await ada.say("yes")
    await is_sent(ada, room, "yes")


async def test_slow_mode_counts_the_seconds_down_and_the_error_goes_by_itself(ada: Person, room: Room) -> None:
    ada.expects("status of 429")
    change(room, slow="30")
    await ada.page.clock.install()
    await ada.join(room["url"])
    await ada.say("one")
    await ada.write("two")
    await is_back(ada, "two", re.compile(r"^Slow mode: one message every 30 s.*00:(30|2\d)$"))
    await expect(ada.page.locator(".left")).to_have_attribute("aria-hidden", "true")
    await ada.page.clock.fast_forward(31_000)
    await expect(ada.page.locator("#composer-error")).to_be_empty()
    await expect(ada.box).to_have_value("two")


async def test_who_writes_too_fast_for_a_limit_has_each_text_sent_in_its_turn(
    ada: Person, room: Room, url: str, proxy: Proxy
) -> None:
    ada.expects()
    await ada.join(url)
    body = '<p class="error" data-code="too_many_posts">Too fast. Wait 3 seconds.</p>'
    proxy.post_answers.append(refusal("429 Too Many Requests\r\nRetry-After: 3", body))
    await ada.page.clock.install()
    held: list[Route] = []
    await ada.page.route(url, lambda route: held.append(route), times=1)
    async with ada.page.expect_request(url):
        await ada.write("one")
    await ada.write("two")
    [first] = held
    await first.continue_()
    await expect(ada.outbox.first.locator(".state span")).to_have_text("Too fast. Wait 3 seconds.")
    await ada.page.clock.fast_forward(3_000)
    await is_sent(ada, room, "one", "two")


async def test_the_focus_stays_in_the_box_by_pointer_and_by_keyboard(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    send = ada.page.get_by_role("button", name="Send", exact=True)
    await ada.box.fill("by pointer")
    await ada.page.evaluate("void (document.querySelector('#text').onblur = () => { window.blurred = true; })")
    await send.click()
    await ada.sees("by pointer")
    await expect(ada.box).to_be_focused()
    assert await ada.page.evaluate("window.blurred") is None, "a phone's keyboard would have gone"
    await ada.page.keyboard.type("by key")
    await ada.page.keyboard.press("Tab")
    await expect(send).to_be_focused()
    await ada.page.keyboard.press("Enter")
    await ada.sees("by key")
    await expect(ada.box).to_be_focused()


async def test_on_a_touch_screen_enter_breaks_the_line_and_the_button_sends(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    await ada.join(room["url"])
    await expect(ada.box).to_have_attribute("enterkeyhint", "enter")
    await ada.box.tap()
    await ada.page.keyboard.type("milk")
    await ada.page.keyboard.press("Enter")
    await ada.page.keyboard.type("tea")
    await expect(ada.box).to_have_value("milk\ntea")
    await ada.page.get_by_role("button", name="Send", exact=True).tap()
    await is_sent(ada, room, "milk\ntea")
    await expect(ada.box).to_be_focused()


async def test_the_box_grows_where_the_browser_does_not_do_it_by_itself(ada: Person, room: Room) -> None:
    await ada.context.add_init_script(
        "CSS.supports = () => false; document.addEventListener('DOMContentLoaded', () => {"
        " document.querySelector('#text')?.style.setProperty('field-sizing', 'fixed'); });"
    )
    await ada.join(room["url"])
    heights = []
    for lines in (1, 4, 30, 1):
        await ada.box.fill("\n".join("x" * lines))
        heights.append((await ada.box.bounding_box())["height"])
    assert heights[0] == heights[3] < 50 < heights[1] < heights[2] < 200


FORBIDDEN = (
    "for (const name of ['sessionStorage', 'localStorage'])"
    " Object.defineProperty(window, name, {get() { throw new DOMException('no', 'SecurityError'); }})"
)
FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }"
BROKEN = "sessionStorage.getItem('seen') ?? (sessionStorage.seen = 1, Storage.prototype.getItem = () => '[\"half')"


@pytest.mark.parametrize("storage", [FORBIDDEN, FULL, BROKEN], ids=["forbidden", "full", "broken"])
async def test_without_storage_the_text_is_kept_on_the_page_and_everything_works(
    arrive: Arrive, room: Room, url: str, proxy: Proxy, storage: str
) -> None:
    ada = await arrive("Ada")
    ada.expects()
    await ada.context.add_init_script(storage)
    await ada.join(url)
    await expect(ada.page.locator("#log > .day")).to_have_text("Today")
    proxy.post_answers.append(b"")
    await ada.write("still here")
    await waits(ada, "still here")
    await press(ada, "Send now")
    await is_sent(ada, room, "still here")


async def test_two_tabs_have_drafts_of_their_own(ada: Person, room: Room, url: str) -> None:
    await ada.join(url)
    other = await ada.context.new_page()
    await other.goto(url)
    await ada.box.fill("in this one")
    await other.get_by_role("textbox", name="Message").fill("in that one")
    await ada.page.reload()
    await other.reload()
    await expect(ada.box).to_have_value("in this one")
    await expect(other.get_by_role("textbox", name="Message")).to_have_value("in that one")


async def test_a_post_into_a_dead_network_shows_the_lost_connection_before_the_silence_does(
    ada: Person, room: Room, url: str
) -> None:
    ada.expects()
    await ada.page.clock.install()
    await ada.join(url)
    await ada.page.route("**/*", lambda route: None)  # whatever is asked from now on is never answered
    async with ada.page.expect_request(url):
        await ada.write("anybody?")
    async with ada.page.expect_request("**/healthz"):
        await ada.page.clock.fast_forward(3_000)
    await expect(ada.page.locator("#status")).to_have_text("Connection lost. Trying again…", timeout=30_000)
    await ada.page.unroute_all(behavior="ignoreErrors")
    await ada.comes_back()
    await ada.page.clock.fast_forward(20_000)
    await is_sent(ada, room, "anybody?")


async def tab(person: Person, url: str) -> Person:
    """A further tab of the same browser."""
    opened = Person(person.name, await person.context.new_page())
    await opened.page.goto(url)
    await opened.hears("open")
    return opened


async def test_what_a_closed_tab_has_left_waits_in_the_next(ada: Person, room: Room, url: str) -> None:
    ada.expects()
    await ada.join(url)
    closed = await tab(ada, url)
    await ada.page.goto("about:blank")
    await closed.page.route(url, lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    await closed.write("on its way")
    await waits(closed, "on its way")
    await closed.box.fill("half a sent")
    await closed.page.close()

    then = await tab(ada, url)

    await expect(then.box).to_have_value("half a sent")
    await expect(then.outbox).to_contain_text("Not sent: the page was closed before.")
    assert said(room) == []
    await press(then, "Send now")
    await then.sees("on its way")
    await expect(then.box).to_have_value("half a sent")


async def test_a_draft_is_forgotten_after_a_day(ada: Person, room: Room, url: str) -> None:
    await ada.join(url)
    await ada.box.fill("old news")
    aged = 'name => localStorage.setItem(name, localStorage.getItem(name).replace(/"at":/, \'"at":1, "was":\'))'
    await ada.page.evaluate(f"Object.keys(localStorage).filter(name => name.startsWith('draft')).forEach({aged})")
    await ada.page.reload()
    await ada.hears("open")
    await expect(ada.box).to_have_value("")


async def test_a_draft_follows_the_room_to_its_new_code(ada: Person, room: Room) -> None:
    ada.expects(".*")
    await ada.join(room["url"])
    await ada.box.fill("half a sent")
    moved = move(room)
    await ada.page.reload()
    await ada.hears("open")
    assert ada.page.url == moved
    await expect(ada.box).to_have_value("half a sent")


def move(room: Room) -> str:
    """Grace gives the room a new code; its new address."""
    answer = httpx.post(f"{room['url']}/code", headers={"Authorization": f"Bearer {room['token']}"})
    return str(answer.json()["url"])
