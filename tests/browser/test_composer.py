"""The composer: whatever fails on the way, a text is either stored once or still in the box."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import parse_qs

import pytest
from playwright.async_api import Route, expect

from ..serving import Server
from .conftest import Arrive
from .people import Person, Room, history
from .proxy import Proxy, refusal

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("proxy"),  # before anyone arrives, for the network has to outlast them
]

NO_ANSWER = re.compile("did not get through. Your text is still here")
OFFLINE = re.compile("You are offline. Your text is still here")


@pytest.fixture
def url(room: Room, proxy: Proxy) -> str:
    """The room, over a network that can fail."""
    return f"{proxy.url}/{room['code']}"


def said(room: Room) -> list[str]:
    """What has been said in a room, as its log has it."""
    return [line.text for line in history(room["url"]) if line.kind == "message"]


def keys(person: Person, room: Room) -> list[str]:
    """The key of every post that a browser has tried."""
    tried = [one for one in person.requests if one.method == "POST" and one.url.endswith(room["code"])]
    return [parse_qs(one.post_data or "")["key"][0] for one in tried]


async def is_kept(person: Person, text: str, sentence: re.Pattern[str] = NO_ANSWER) -> None:
    """The text is still there, and a sentence says why."""
    await expect(person.page.get_by_role("alert")).to_have_text(sentence)
    await expect(person.box).to_have_value(text)


async def is_sent(person: Person, room: Room, *texts: str) -> None:
    """The composer is empty, nothing is wrong, and the room has each text once, in the log and on the page."""
    await expect(person.box).to_have_value("")
    await expect(person.page.locator("#composer-error")).to_be_empty()
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
async def test_a_text_that_did_not_arrive_stays_and_goes_out_with_its_key(
    ada: Person, room: Room, url: str, proxy: Proxy, answer: bytes
) -> None:
    ada.expects()
    await ada.join(url)
    proxy.post_answers.append(answer)
    await ada.write("once")
    await is_kept(ada, "once")
    assert said(room) == []
    await expect(ada.page).to_have_title(re.compile(f"^{room['code']}"))
    await expect(ada.page.get_by_role("button", name="Log in")).to_have_count(0)
    await ada.box.press("Enter")
    await is_sent(ada, room, "once")
    assert len(set(keys(ada, room))) == 1


async def test_a_text_whose_answer_was_lost_is_not_said_twice(ada: Person, room: Room, url: str, proxy: Proxy) -> None:
    ada.expects()
    await ada.join(url)
    proxy.loses_answer = True
    await ada.write("once")
    await is_kept(ada, "once")
    await ada.sees("once")
    await ada.box.press("Enter")
    await is_sent(ada, room, "once")
    assert Counter(keys(ada, room)).most_common(1)[0][1] == 2


async def test_sending_while_offline_says_so_at_once_and_goes_out_by_itself_when_back(
    ada: Person, room: Room, url: str
) -> None:
    ada.expects()
    await ada.join(url)
    await ada.context.set_offline(True)
    await ada.write("from the tunnel")
    await is_kept(ada, "from the tunnel", OFFLINE)
    await expect(ada.page.locator("#status")).to_have_text("You are offline. What you type is kept.")
    await ada.context.set_offline(False)
    await is_sent(ada, room, "from the tunnel")


async def test_what_was_edited_while_offline_does_not_go_out_by_itself(ada: Person, room: Room, url: str) -> None:
    ada.expects()
    await ada.join(url)
    await ada.context.set_offline(True)
    await ada.write("from the tunn")
    await is_kept(ada, "from the tunn", OFFLINE)
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
    await is_kept(ada, "anybody there?")
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
    await is_kept(ada, "slow")
    await ada.box.press("Enter")
    await is_sent(ada, room, "slow")
    assert len(held) == 1


@pytest.mark.parametrize("stored", [True, False], ids=["stored", "not stored"])
async def test_a_text_that_was_on_its_way_when_the_page_was_reloaded_is_said_once(
    ada: Person, room: Room, url: str, proxy: Proxy, stored: bool
) -> None:
    ada.expects()
    await ada.join(url)

    async def hold(route: Route) -> None:
        if stored:
            await route.fetch()

    await ada.page.route(url, hold, times=1)
    async with ada.page.expect_request(url):
        await ada.write("going, going")
    if stored:
        await ada.sees("going, going")
    await ada.page.reload()
    await is_sent(ada, room, "going, going")
    assert len(keys(ada, room)) == 2
    assert len(set(keys(ada, room))) == 1


async def test_a_text_typed_while_another_is_on_its_way_is_not_lost(ada: Person, room: Room, url: str) -> None:
    ada.expects()
    await ada.join(url)
    held: list[Route] = []
    await ada.page.route(url, lambda route: held.append(route), times=1)
    async with ada.page.expect_request(url):
        await ada.write("one")
    await ada.page.keyboard.type("two")
    await ada.box.press("Enter")
    await ada.box.press("Enter")
    [first] = held
    await first.continue_()
    await expect(ada.box).to_have_value("two")
    await ada.box.press("Enter")
    await is_sent(ada, room, "one", "two")


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        ("429 Too Many Requests", "too_many_posts", "Too fast. Wait 3 seconds."),
        ("507 Insufficient Storage", "storage_full", "The server's disk is full, so this was not stored."),
        ("503 Service Unavailable", "stopping", "The server is restarting. Come back in a moment."),
    ],
)
async def test_a_refusal_of_the_server_is_shown_in_its_own_words_and_the_text_stays(
    ada: Person, room: Room, url: str, proxy: Proxy, status: str, code: str, sentence: str
) -> None:
    ada.expects()
    await ada.join(url)
    proxy.post_answers.append(refusal(status, f'<p class="error" data-code="{code}">{sentence}</p>'))
    await ada.write("patience")
    await is_kept(ada, "patience", re.compile(f"^{re.escape(sentence)}$"))
    await ada.page.reload()
    if status.startswith("429"):  # refused for good, so it waits for its author
        await expect(ada.box).to_have_value("patience")
        await ada.hears("open")
        assert said(room) == []
        await ada.box.press("Enter")
    await is_sent(ada, room, "patience")


FORBIDDEN = (
    "Object.defineProperty(window, 'sessionStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
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
    await is_kept(ada, "still here")
    await ada.box.press("Enter")
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
