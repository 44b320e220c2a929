"""Replying in the page: from the menu, on lines that come live, over lost connections, and without a script."""

from __future__ import annotations

import httpx
import pytest
from playwright.async_api import Locator, expect

from .conftest import Arrive
from .people import Person, Room, history, post
from .test_accessible import violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

REPLY = ".answers"


def replying(person: Person) -> Locator:
    """What stands above the box."""
    return person.page.locator("#replying .answers")


def answers(person: Person, text: str) -> Locator:
    """The line of a reply that says what it answers."""
    return person.page.locator("#log > li").filter(has_text=text).locator(REPLY)


async def choose_reply(person: Person, text: str) -> None:
    await person.page.locator("#log .text").filter(has_text=text).click(button="right")
    await person.page.get_by_role("menuitem", name="Reply", exact=True).click()
    await expect(person.box).to_be_focused()


def by_grace(room: Room, method: str, seq: int, text: str | None = None) -> None:
    """Grace acts on a message without a browser."""
    seat = {"Authorization": f"Bearer {room['token']}"}
    httpx.request(method, f"{room['url']}/{seq}", content=text, headers=seat).raise_for_status()


def from_ci(room: Room, seq: int, text: str) -> None:
    """A program without a seat replies."""
    httpx.post(f"{room['url']}/{seq}", content=text, headers={"Name": "ci"}).raise_for_status()


async def test_a_reply_from_the_menu_says_to_everyone_what_it_answers(ada: Person, grace: Person, room: Room) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    await grace.say("tea at **four**?\n\n\u202ewho comes " + "x" * 80)
    await ada.sees("tea at four?")
    await choose_reply(ada, "tea at four?")
    quote = "tea at four? who comes " + "x" * 57 + "…"
    await expect(replying(ada)).to_have_text(f"To Grace{quote}")
    assert await violations(ada) == []
    await ada.box.press("Escape")
    await expect(replying(ada)).to_have_count(0)
    await choose_reply(ada, "tea at four?")
    await ada.page.get_by_role("link", name="Do not reply").click()
    await expect(replying(ada)).to_have_count(0)
    await expect(ada.box).to_be_focused()
    await choose_reply(ada, "tea at four?")
    await ada.say("yes, **I**")

    await expect(replying(ada)).to_have_count(0)
    await ada.say("and another")
    for person in (ada, grace):
        await expect(answers(person, "yes, I")).to_have_text(f"to Grace{quote}")
        await expect(answers(person, "and another")).to_have_count(0)
    assert await violations(grace) == []
    streamed = [await person.page.locator(REPLY).all_inner_texts() for person in (ada, grace)]
    for person, before in zip((ada, grace), streamed, strict=True):
        await person.page.reload()
        await person.hears("open")
        assert await person.page.locator(REPLY).all_inner_texts() == before
    seq = history(room["url"])[-1].seq - 2
    for path in (f"{seq}/replies", f"{seq}"):
        await ada.page.goto(f"{room['url']}/{path}")
        assert await violations(ada) == [], path


async def test_the_line_leads_to_the_message_here_or_on_a_page_around_it(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.say("the first")
    seq = history(room["url"])[-1].seq
    post(room, *[f"line {count}\n\n{'more ' * 200}" for count in range(12)])
    from_ci(room, seq, "late")
    await expect(answers(ada, "late")).to_have_text("to Adathe first")
    await answers(ada, "late").click()

    await expect(ada.page.locator(f"#m-{seq}")).to_be_in_viewport()
    await expect(ada.page.locator(f"#m-{seq}")).to_be_focused()
    assert ada.page.url == room["url"]
    await ada.page.locator(f"#m-{seq}").evaluate("line => line.remove()")  # as if it were further up
    await answers(ada, "late").click()
    await ada.page.wait_for_url(f"**/{seq}")
    await expect(ada.page.locator(f"#m-{seq}")).to_be_in_viewport()


async def test_deleted_and_edited_words_are_in_no_quote_of_an_open_page(ada: Person, grace: Person, room: Room) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    seqs = [post(room, text) for text in ("first secret", "second secret", "third")]
    for seq, text in zip(seqs, ("yes", "never", "perhaps"), strict=True):
        from_ci(room, seq, text)
    await expect(answers(ada, "perhaps")).to_have_text("to Gracethird")
    await ada.page.locator(f"#m-{seqs[1]}").evaluate("line => line.remove()")  # not on the page any more
    await choose_reply(ada, "first secret")
    await choose_reply(grace, "first secret")
    for seq in seqs[:2]:
        by_grace(room, "DELETE", seq)
    by_grace(room, "PATCH", seqs[2], "third!")

    for person in (ada, grace):
        await expect(answers(person, "yes")).to_have_text("to a removed message")
        await expect(answers(person, "never")).to_have_text("to a removed message")
        await expect(answers(person, "perhaps")).to_have_text("to Gracethird!")
        await expect(replying(person)).to_have_count(0)
        await expect(person.page.locator("#said")).to_contain_text("was removed")
        assert "secret" not in await person.page.locator("body").inner_text()


async def test_an_edited_reply_keeps_what_it_answers(ada: Person, grace: Person, room: Room) -> None:
    await grace.sit(room)
    await ada.join(room["url"])
    await grace.say("tea?")
    await ada.sees("tea?")
    await choose_reply(ada, "tea?")
    await ada.say("yse")
    await expect(answers(grace, "yse")).to_have_text("to Gracetea?")
    await ada.box.press("ArrowUp")
    await ada.page.get_by_role("textbox", name="Your message").fill("yes")
    await ada.page.get_by_role("button", name="Save").click()

    for person in (ada, grace):
        await person.sees("yes")
        await expect(answers(person, "yes")).to_have_text("to Gracetea?")


async def test_the_target_survives_a_reload_and_a_refusal(ada: Person, grace: Person, room: Room) -> None:
    ada.expects("Failed to load resource.*(404|413)")
    await grace.sit(room)
    await ada.join(room["url"])
    await grace.say("tea?")
    await ada.sees("tea?")
    await choose_reply(ada, "tea?")
    await ada.box.fill("x" * 4097)
    await ada.page.reload()
    await ada.hears("open")
    await expect(replying(ada)).to_have_text("To Gracetea?")
    await ada.box.press("Enter")

    await expect(ada.page.get_by_role("alert").filter(has_text="4097")).to_be_visible()
    await expect(replying(ada)).to_have_text("To Gracetea?")
    await ada.box.fill("yes")
    await ada.box.press("Enter")
    await expect(answers(ada, "yes")).to_have_text("to Gracetea?")
    await ada.page.reload()
    await ada.hears("open")
    await expect(replying(ada)).to_have_count(0)


async def test_texts_that_wait_for_the_network_keep_their_own_targets(ada: Person, grace: Person, room: Room) -> None:
    ada.expects()
    await grace.sit(room)
    await ada.join(room["url"])
    await grace.say("tea?")
    await grace.say("milk?")
    await ada.sees("milk?")
    await ada.prepares()
    await ada.context.set_offline(True)
    await choose_reply(ada, "tea?")
    await ada.write("one")
    await choose_reply(ada, "milk?")
    await ada.write("two")
    await ada.write("three")
    await expect(ada.outbox.locator(REPLY)).to_have_text(["to Grace", "to Grace"])
    assert await violations(ada) == []
    await ada.context.set_offline(False)

    await expect(ada.outbox).to_have_count(0)
    await expect(answers(ada, "one")).to_have_text("to Gracetea?")
    await expect(answers(ada, "two")).to_have_text("to Gracemilk?")
    await expect(answers(ada, "three")).to_have_count(0)


async def test_the_keyboard_alone_replies(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.say("tea?")
    await ada.box.press("Shift+Tab")
    await ada.page.locator("#scroller").focus()
    await ada.page.keyboard.press("ArrowUp")
    await ada.page.keyboard.press("Enter")
    await expect(ada.page.get_by_role("menuitem", name="Reply", exact=True)).to_be_focused()
    await ada.page.keyboard.press("Enter")
    await expect(ada.box).to_be_focused()
    await ada.page.keyboard.type("yes")
    await ada.page.keyboard.press("Enter")

    await expect(answers(ada, "yes")).to_have_text("to Adatea?")


async def test_it_works_without_a_script(arrive: Arrive, room: Room) -> None:
    ada = await arrive("Ada", java_script_enabled=False)
    ada.expects("Failed to load resource.*422")
    await ada.enter(room["url"])
    post(room, "tea?")
    await ada.page.goto(room["url"])
    await ada.page.locator("#log .when").last.click()
    await ada.page.get_by_role("link", name="Reply to this message").click()
    await expect(replying(ada)).to_have_text("To Gracetea?")
    assert await ada.page.get_by_role("link", name="Do not reply").get_attribute("href") == f"/{room['code']}#text"
    await ada.page.get_by_role("button", name="Send", exact=True).click()
    await expect(ada.page.get_by_role("alert")).to_contain_text("write something")
    await expect(replying(ada)).to_have_text("To Gracetea?")
    await ada.box.fill("yes")
    await ada.page.get_by_role("button", name="Send", exact=True).click()

    await expect(answers(ada, "yes")).to_have_text("to Gracetea?")
    await answers(ada, "yes").click()
    await ada.page.get_by_role("link", name="Its replies").click()
    await expect(ada.page.locator("#log .text")).to_have_text(["tea?", "yes"])
    await ada.page.get_by_role("link", name="Back to the room").click()
    await expect(replying(ada)).to_have_count(0)
