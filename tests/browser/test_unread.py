"""What was not read yet: the line "New", the counts, the ways to it, and read marks that the tabs of a browser share.

The names of the first seven tests are the faults of other chats (research: fluux-messenger#1161 and #1311,
ShieldBattery#1493, #1536 and #1547, urbit#2797 and #3546, Signal-Desktop#3088).
"""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.async_api import Locator, expect

from .people import Person, Room, history, post
from .test_accessible import violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# The same as `hide`, for a window behind another.
_FOCUS = "has => { document.hasFocus = () => has; window.dispatchEvent(new Event(has ? 'focus' : 'blur')); }"
LONG = "news\n" * 30


def sign(person: Person) -> Locator:
    return person.page.locator("#log > .new")


def below(person: Person) -> Locator:
    """The line under the divider."""
    return person.page.locator("#log > .new ~ [data-kind]").first


async def focus(person: Person, has: bool) -> None:
    await person.page.evaluate(_FOCUS, has)


async def titled(person: Person, count: str, room: Room) -> None:
    start = rf"\({re.escape(count)}\) " if count else ""
    await expect(person.page).to_have_title(re.compile(f"^{start}{room['code']}"))


async def mark_of(person: Person, room: Room) -> str | None:
    mark: str | None = await person.page.evaluate("name => localStorage.getItem(name)", f"read {room['code']}")
    return mark


async def comes_back(person: Person, room: Room) -> None:
    await person.page.goto(room["url"])
    await person.hears("open")


@pytest.fixture
def far(room: Room) -> Room:
    """A room with more lines than the screen has."""
    post(room, *(f"line {number}" for number in range(40)))
    return room


async def test_the_divider_does_not_vanish_because_all_is_on_the_screen(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await expect(sign(ada)).to_have_count(0)
    await ada.page.goto("about:blank")
    first = post(room, "one")
    last = post(room, "two")

    await comes_back(ada, room)

    await expect(sign(ada)).to_have_text("New")
    await expect(below(ada)).to_have_id(f"m-{first}")
    await titled(ada, "", room)
    assert (await mark_of(ada, room) or "").endswith(f"-{last}")
    await expect(sign(ada)).to_be_in_viewport()
    assert await violations(ada) == []


async def test_a_divider_that_was_read_past_moves_when_the_next_messages_come_unseen(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.hide(True)
    first = post(room, "one")
    await ada.reaches(post(room, "two"))
    await expect(below(ada)).to_have_id(f"m-{first}")
    await ada.hide(False)
    await titled(ada, "", room)
    await expect(below(ada)).to_have_id(f"m-{first}")

    await ada.hide(True)
    third = post(room, "three")
    await ada.reaches(third)

    await expect(below(ada)).to_have_id(f"m-{third}")
    await expect(sign(ada)).to_have_count(1)


async def test_a_divider_that_was_not_read_past_stays(ada: Person, far: Room) -> None:
    await ada.join(far["url"])
    await ada.page.locator("#scroller").evaluate("box => box.scrollTop = 0")
    first = post(far, LONG)
    await ada.reaches(post(far, LONG))

    await expect(below(ada)).to_have_id(f"m-{first}")
    await expect(ada.page.get_by_role("button", name="2 new")).to_be_visible()


async def test_the_divider_goes_when_one_has_seen_it_and_is_back_at_the_end(ada: Person, far: Room) -> None:
    await ada.join(far["url"])
    await ada.page.goto("about:blank")
    first = post(far, "first")
    post(far, *(f"news {number}" for number in range(40)))
    await comes_back(ada, far)
    await expect(below(ada)).to_have_id(f"m-{first}")
    await expect(sign(ada)).to_be_in_viewport()
    await expect(ada.page.locator("#log > li").last).not_to_be_in_viewport()

    await ada.page.get_by_role("button", name="Come back to now").click()

    await expect(sign(ada)).to_have_count(0)
    await titled(ada, "", far)


async def test_sending_takes_the_divider_away(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.hide(True)
    await ada.reaches(post(room, "one"))
    await ada.hide(False)
    await expect(sign(ada)).to_have_count(1)

    await ada.say("two")

    await expect(sign(ada)).to_have_count(0)


async def test_messages_that_come_while_one_looks_have_no_divider(ada: Person, far: Room) -> None:
    await ada.join(far["url"])
    for number in range(3):
        await ada.reaches(post(far, f"news {number}"))
        await expect(sign(ada)).to_have_count(0)
    await titled(ada, "", far)


async def test_a_window_that_gets_the_focus_has_read_what_it_shows_and_keeps_the_divider(
    ada: Person, room: Room
) -> None:
    await ada.join(room["url"])
    await focus(ada, False)
    seq = post(room, "one")
    await ada.reaches(seq)
    await titled(ada, "1", room)
    await expect(below(ada)).to_have_id(f"m-{seq}")
    await focus(ada, True)

    await titled(ada, "", room)
    await expect(below(ada)).to_have_id(f"m-{seq}")


async def test_mentions_are_counted_beside_and_the_way_leads_from_one_unread_to_the_next(
    ada: Person, far: Room
) -> None:
    await ada.join(far["url"])
    await ada.page.locator("#scroller").evaluate("box => box.scrollTop = 0")
    first, second = post(far, LONG), post(far, f"@ada {LONG}")
    await ada.reaches(post(far, LONG))

    await titled(ada, "!3", far)
    await ada.page.get_by_role("button", name="3 new, 1 for you").click()
    await expect(ada.page.locator(f"#m-{first} .text")).to_be_in_viewport()
    await expect(ada.page.locator(f"#m-{second} .mention.me")).to_have_text("@ada")
    await ada.page.get_by_role("button", name="new").click()
    await expect(ada.page.locator(f"#m-{second} .mention")).to_be_in_viewport()


async def test_own_messages_joins_edits_and_removals_do_not_count(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.hide(True)
    first = post(room, "one")
    gone = post(room, "two")
    await ada.reaches(gone)
    await titled(ada, "2", room)
    alter(room, first, gone)
    await expect(ada.page.locator("#log > [data-kind=join]", has_text="Mallory")).to_be_attached()

    await titled(ada, "!1", room)
    assert [line.kind for line in history(room["url"])][-1] == "join"


def alter(room: Room, first: int, gone: int) -> None:
    """Grace edits a message and removes another, and Mallory joins."""
    with httpx.Client(headers={"Authorization": f"Bearer {room['token']}"}) as grace:
        grace.patch(f"{room['url']}/{first}", content="@Ada 1").raise_for_status()
        grace.delete(f"{room['url']}/{gone}").raise_for_status()
        httpx.post(f"{room['url']}/join", json={"name": "Mallory"}).raise_for_status()


async def test_two_tabs_share_what_was_read(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.hide(True)
    other = Person("Ada", await ada.context.new_page())
    await comes_back(other, room)
    await other.hide(True)
    await other.reaches(post(room, "news"))
    await titled(other, "1", room)
    await expect(sign(other)).to_have_count(1)
    await titled(ada, "1", room)

    await ada.hide(False)

    await titled(ada, "", room)
    await titled(other, "", room)
    await expect(sign(other)).to_have_count(0)


async def test_a_reader_that_was_away_for_long_starts_where_it_left_and_the_gap_fills(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.page.goto("about:blank")
    first = post(room, *(f"news {number}" for number in range(250)), "@Ada last") - 250
    await comes_back(ada, room)

    await expect(below(ada)).to_have_id(f"m-{first}")
    await expect(sign(ada)).to_be_in_viewport()
    loaded = await ada.page.locator("#log > [data-kind]").count()
    assert loaded < 160, "the beginning and the end, and not all between"
    await expect(ada.page.get_by_role("button", name="99+ new, 1 for you")).to_be_visible()
    await titled(ada, "!99+", room)
    await expect(ada.page.locator("#gap")).to_be_attached()
    await ada.fill_gap()
    await ada.read_back()
    assert await ada.log() == history(room["url"])


async def test_from_far_back_one_comes_to_the_end_at_once(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.page.goto("about:blank")
    last = post(room, *(f"news {number}" for number in range(250)))
    await comes_back(ada, room)
    await expect(ada.page.locator("#gap")).to_be_attached()

    await ada.page.get_by_role("button", name="Come back to now").click()

    await expect(ada.page.locator(f"#m-{last} .text")).to_be_in_viewport()
    await expect(ada.page.locator("#gap")).to_have_count(0)
    await expect(sign(ada)).to_have_count(0)
    await titled(ada, "", room)
    await ada.read_back()
    assert await ada.log() == history(room["url"])


async def test_a_mark_of_another_epoch_marks_nothing(ada: Person, room: Room) -> None:
    await ada.enter(room["url"])
    await ada.page.evaluate("name => localStorage.setItem(name, 'zzzz-1')", f"read {room['code']}")
    last = post(room, "tea?")
    await comes_back(ada, room)

    await expect(sign(ada)).to_have_count(0)
    assert (await mark_of(ada, room) or "").endswith(f"-{last}")
    assert not (await mark_of(ada, room) or "").startswith("zzzz")


async def test_the_home_page_counts_for_each_room(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.page.goto("about:blank")
    post(room, "news", "@Ada")
    await ada.page.goto(room["url"].rsplit("/", 1)[0])

    link = ada.page.locator(f'#seats a[href="/{room["code"]}"]')
    await expect(link.locator(".unread")).to_have_text("2 new, 1 for you")
    await link.click()
    await ada.hears("open")
    await ada.page.goto(room["url"].rsplit("/", 1)[0])
    await expect(link.locator(".unread")).to_have_count(0)


async def test_a_paused_tab_counts_what_it_does_not_show(ada: Person, room: Room) -> None:
    sooner = "const slow = setInterval; window.setInterval = (act, time, ...more) => slow(act, time / 100, ...more);"
    await ada.context.add_init_script(sooner)
    await ada.join(room["url"])
    await ada.hide(True)
    for _ in range(4):
        tab = Person("Ada", await ada.context.new_page())
        await comes_back(tab, room)
    await ada.page.wait_for_function("() => !document.querySelector('#paused').hidden")
    await tab.hide(True)  # or it would read what comes
    for page in ada.context.pages[1:-1]:
        await Person("Ada", page).hide(True)

    seq = post(room, "news", "@Ada news")

    await titled(ada, "!2", room)
    await expect(ada.page.locator(f"#m-{seq}")).to_have_count(0)
