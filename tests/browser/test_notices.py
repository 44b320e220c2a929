"""Notices on the desktop, knocks that are answered in the room, people whom one hides, and completion of names.

A browser without a window shows no notices, so the page's `Notification` is one that notes what it is asked for.
"""

from __future__ import annotations

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from .conftest import Arrive
from .people import Person, Room, change, post
from .test_accessible import violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_NOTICES = """
window.notices = [];
window.Notification = class extends EventTarget {
  static permission = 'default';
  static async requestPermission() { this.permission = localStorage.getItem('answers') ?? 'granted'; }
  constructor(title, {body, tag}) {
    super();
    if (localStorage.getItem('android')) throw new TypeError('Illegal constructor');
    if (tag !== 'probe') notices.push({title, body, tag, open: true});
    this.note = notices.at(-1);
  }
  close() { if (this.note) this.note.open = false; }
};
"""
# Resolves when the notices that are being collected have been given: its timer runs after theirs.
_NOTICES += "Object.defineProperty(window, 'spoken', {get: () => new Promise(done => setTimeout(done, 1100))});"
_CAME = "count => notices.length >= count"


@pytest_asyncio.fixture(loop_scope="session")
async def watched(ada: Person) -> Person:
    await ada.context.add_init_script(_NOTICES)
    return ada


async def open_settings(person: Person) -> None:
    await person.page.locator(".side-toggle").click()
    await person.page.get_by_role("button", name="Notify me").click()


async def choose(person: Person, words: str) -> Locator:
    """Ask for notices in the dialog, and close it."""
    await open_settings(person)
    dialog = person.page.get_by_role("dialog", name="Notify me of")
    await dialog.get_by_label(words).check()
    return dialog


async def notices(person: Person) -> list[dict[str, object]]:
    found: list[dict[str, object]] = await person.page.evaluate("notices")
    return found


async def texts(person: Person) -> list[str]:
    return [str(notice["body"]) for notice in await notices(person)]


async def ask_for(person: Person, words: str) -> None:
    dialog = await choose(person, words)
    await dialog.get_by_role("button", name="Done").click()
    await person.page.wait_for_function("() => Notification.permission === 'granted'")


async def test_nothing_is_asked_until_a_click_and_mentions_alone_can_be_chosen(watched: Person, room: Room) -> None:
    ada = watched
    await ada.join(room["url"])
    assert await ada.page.evaluate("Notification.permission") == "default"
    await ask_for(ada, "What is for me")
    await ada.reaches(post(room, "@Ada while she looks"))
    await ada.hide(True)
    await ada.reaches(post(room, "for nobody"))
    await ada.reaches(post(room, "**psst** @ada, " + "long " * 100))
    await ada.page.wait_for_function(_CAME, arg=1)

    [notice] = await notices(ada)
    assert notice["title"] == f"Grace in {room['code']}"
    assert str(notice["body"]).startswith("psst @ada, long")
    assert len(str(notice["body"])) == 120
    await ada.hide(False)
    assert not (await notices(ada))[0]["open"]


async def test_a_notice_goes_with_its_message_and_an_edit_tells_whom_it_mentions_newly(
    watched: Person, room: Room
) -> None:
    ada = watched
    await ada.join(room["url"])
    await ask_for(ada, "What is for me")
    await ada.hide(True)
    first, gone = post(room, "tea?"), post(room, "@Ada oops")
    await ada.page.wait_for_function(_CAME, arg=1)
    alter(room, "DELETE", gone)
    await ada.page.wait_for_function("() => !notices[0].open")
    alter(room, "PATCH", first, "@Ada tea?")
    await ada.page.wait_for_function(_CAME, arg=2)
    alter(room, "PATCH", first, "@Ada, tea at five?")
    await ada.page.wait_for_function("() => !notices[1].open")  # the words before are nowhere
    await ada.reaches(post(room, "@Ada last"))
    await ada.page.wait_for_function(_CAME, arg=3)

    assert await texts(ada) == ["@Ada oops", "@Ada tea?", "@Ada last"]


def alter(room: Room, method: str, seq: int, text: str = "") -> None:
    owner = {"Authorization": f"Bearer {room['token']}"}
    httpx.request(method, f"{room['url']}/{seq}", content=text or None, headers=owner).raise_for_status()


async def test_of_two_tabs_one_speaks_and_none_while_the_other_is_looked_at(watched: Person, room: Room) -> None:
    ada = watched
    await ada.join(room["url"])
    await ask_for(ada, "All messages")
    other = Person("Ada", await ada.context.new_page())
    await other.page.goto(room["url"])
    await other.hears("open")
    await ada.hide(True)
    await other.page.evaluate("Notification.permission = 'granted'")
    seen = post(room, "seen in the other")
    await ada.reaches(seen)
    mark = [f"read {room['code']}", f"-{seen}"]
    await ada.page.wait_for_function("([name, end]) => localStorage.getItem(name).endsWith(end)", arg=mark)
    await expect(ada.page).to_have_title(f"{room['code']} · ChadChat")
    await other.hide(True)
    unseen = post(room, "not seen")
    for tab in (ada, other):
        await tab.reaches(unseen)
    for tab in (ada, other):
        await tab.page.evaluate("spoken")

    assert sorted([*(await texts(ada)), *(await texts(other))]) == ["not seen"]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("Object.defineProperty(window, 'isSecureContext', {get: () => false})", "Notices need https"),
        ("delete window.Notification", "has no notices"),
        ("localStorage.setItem('answers', 'denied')", "Allow it beside the address"),
        ("localStorage.setItem('android', '1')", "only installed apps"),
    ],
    ids=["http", "missing", "denied", "android"],
)
async def test_what_stands_in_the_way_is_said(watched: Person, room: Room, script: str, words: str) -> None:
    await watched.context.add_init_script(script)
    await watched.join(room["url"])
    await open_settings(watched)
    dialog = watched.page.get_by_role("dialog", name="Notify me of")
    every = dialog.get_by_label("All messages")
    if await every.is_enabled():
        await every.click()

    await expect(dialog.get_by_role("alert")).to_contain_text(words)
    await expect(dialog.get_by_label("Nothing")).to_be_checked()
    assert await violations(watched) == []


async def test_a_knock_counts_for_its_owner_and_is_answered_in_its_line(grace: Person, ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    change(room, lock="approval")
    await grace.sit(room)
    await grace.hide(True)
    first, second = knock(room, "Mallory"), knock(room, "Mallory again")
    line = grace.page.locator("#log > [data-kind=knock]")
    await expect(line).to_have_count(2)
    await expect(grace.page).to_have_title(f"(!2) {room['code']} · ChadChat")
    await grace.hide(False)
    assert await violations(grace) == []
    await line.first.get_by_role("button", name="Let in: Mallory").click()
    await expect(line.first).to_contain_text("let in")
    await line.last.get_by_role("button", name="Not now: Mallory again").click()
    await expect(line.last).to_contain_text("not now")

    assert (state(room, first), state(room, second)) == ("admitted", "denied")
    await grace.page.reload()
    await grace.hears("open")
    await expect(line.locator("button")).to_have_count(0)
    await expect(line.first).to_contain_text("let in")
    await expect(ada.page.locator("#log > [data-kind=knock]").first).to_contain_text("knocks")
    await expect(ada.page.locator("#log button", has_text="Let in")).to_have_count(0)
    await expect(ada.page).to_have_title(f"{room['code']} · ChadChat")


def knock(room: Room, name: str) -> dict[str, str]:
    """Ask to come in, as a program."""
    answer = httpx.post(f"{room['url']}/join", json={"name": name})
    assert answer.status_code == 202
    found: dict[str, str] = answer.json()
    return found


def state(room: Room, asked: dict[str, str]) -> str:
    token = {"Authorization": f"Bearer {asked['token']}"}
    return str(httpx.get(f"{room['url']}/knocks/{asked['id']}", headers=token).json()["state"])


async def test_a_hidden_person_is_one_word_counts_for_nothing_and_comes_back(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    post(room, "a secret")
    await ada.sees("a secret")
    text = ada.page.locator("#log .text").filter(has_text="a secret")
    await text.click(button="right")
    await ada.page.get_by_role("menuitem", name="About the author").click()
    await ada.page.get_by_role("button", name="Hide for me").click()
    await ada.page.keyboard.press("Escape")
    line = ada.page.locator("#log > .hushed")
    await expect(line).to_have_count(1)
    await expect(text).to_be_hidden()
    await ada.hide(True)
    await ada.reaches(post(room, "@Ada more"))
    await expect(ada.page).to_have_title(f"{room['code']} · ChadChat")
    await ada.hide(False)
    await ada.page.reload()
    await ada.hears("open")
    await expect(line).to_have_count(2)
    assert await violations(ada) == []

    await ada.page.goto(f"{room['url']}/people/Grace")
    await ada.page.get_by_role("button", name="Show again").click()
    await ada.page.goto(room["url"])
    await expect(text).to_be_visible()
    await expect(line).to_have_count(0)


async def test_names_complete_after_an_at_sign(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    post(room, "hello")
    await ada.sees("hello")
    await ada.box.press_sequentially("tea, @gr")
    option = ada.page.get_by_role("option", name="Grace")
    await expect(option).to_be_visible()
    await ada.box.press("Enter")

    await expect(ada.box).to_have_value("tea, @Grace ")
    await ada.box.press_sequentially("?")
    await ada.box.press("Enter")
    await expect(ada.page.locator("#log .mention")).to_have_text("@Grace")


async def test_nothing_of_it_is_there_without_a_script(arrive: Arrive, room: Room) -> None:
    change(room, lock="approval")
    knock(room, "Mallory")
    grace = await arrive("Grace", java_script_enabled=False)
    cookie = {"name": f"chad-{room['code']}", "value": room["token"], "url": room["url"]}
    await grace.context.add_cookies([cookie])  # type: ignore[list-item]
    await grace.page.goto(room["url"])

    for words in ("Notify me", "Come back to now", "Let in", "Hide for me"):
        await expect(grace.page.get_by_role("button", name=words)).to_have_count(0)
    await grace.page.get_by_role("link", name="Open?").click()
    await expect(grace.page).to_have_url(f"{room['url']}/knocks")


async def test_a_notice_of_a_paused_tab_has_the_words_without_their_marks(watched: Person, room: Room) -> None:
    ada = watched
    await ada.join(room["url"])
    await ask_for(ada, "All messages")
    await ada.hide(True)
    text = "**tea _at_ five** for `ada` and ***two***, not 2*3*4 or a_b_c or * this * _"
    heard = {"seq": 1_000_000, "kind": "message", "name": "Grace", "text": text}
    await ada.page.evaluate("detail => document.dispatchEvent(new CustomEvent('news', {detail}))", heard)
    await ada.page.wait_for_function(_CAME, arg=1)

    assert await texts(ada) == ["tea at five for ada and two, not 2*3*4 or a_b_c or * this * _"]
