"""Changes that others make arrive while one is at something else: they take nothing away and say nothing twice."""

from __future__ import annotations

import httpx
import pytest
from playwright.async_api import expect

from .people import Person, Room, post

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# Texts that are added to the log, as a screen reader hears of a live region.
LISTEN = """() => {
  window.added = [];
  const note = node => node.textContent && added.push(node.textContent);
  new MutationObserver(records => records.forEach(({type, target, addedNodes}) => {
    if (target.nodeType === 1 && target.closest('[aria-live=off]')) return;
    if (type === 'characterData') note(target);
    else addedNodes.forEach(note);
  })).observe(document.querySelector('#log'), {childList: true, characterData: true, subtree: true});
}"""
AT_WORK = """() => {
  const box = document.querySelector('#text');
  return [document.activeElement === box, box.value, box.selectionStart, box.selectionEnd,
    document.querySelector('#markdown').open, document.querySelector('#code').open];
}"""


async def act(room: Room, method: str, path: str, text: str | None = None) -> None:
    """Grace acts without a browser."""
    headers = {"Authorization": f"Bearer {room['token']}", "Accept": "application/json"}
    async with httpx.AsyncClient(headers=headers) as client:
        answer = await client.request(method, f"{room['url']}{path}", json=text and {"text": text})
    assert answer.status_code in (200, 201), answer.text


async def test_an_edit_a_reaction_and_a_removal_leave_the_focus_the_draft_and_what_is_open(
    ada: Person, room: Room
) -> None:
    edited, removed = post(room, "tea?"), post(room, "coffee?")
    await ada.join(room["url"])
    await ada.page.locator("#markdown > summary").click()
    await ada.box.fill("half a sentence")
    await ada.box.evaluate("box => box.setSelectionRange(2, 6)")
    before = await ada.page.evaluate(AT_WORK)
    assert before[:4] == [True, "half a sentence", 2, 6]

    await act(room, "PATCH", f"/{edited}", "cocoa?")
    await act(room, "PUT", f"/{edited}/reactions/👍")
    await act(room, "DELETE", f"/{removed}")

    await expect(ada.page.locator(f"#m-{removed}")).to_have_attribute("data-kind", "removed")
    await expect(ada.page.locator(f"#r-{edited} button")).to_have_count(1)
    assert await ada.page.evaluate(AT_WORK) == before


async def test_a_dialog_stays_open_while_others_change_its_message(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    await ada.say("tea?")
    await ada.box.press("ArrowUp")
    form = ada.page.get_by_role("dialog").get_by_label("Your message")
    await form.fill("coffee?")
    mine = await ada.page.locator("#log > .mine[data-kind=message]").get_attribute("id")
    assert mine

    await act(room, "PUT", f"/{mine[2:]}/reactions/👍")

    await expect(ada.page.locator(f"#r-{mine[2:]} button")).to_have_count(1)
    await expect(form).to_have_value("coffee?")
    await expect(form).to_be_focused()


async def test_an_edit_is_said_once_and_a_reaction_not_at_all(ada: Person, room: Room) -> None:
    seq = post(room, "tea?")
    await ada.join(room["url"])
    await ada.page.evaluate(LISTEN)

    await act(room, "PUT", f"/{seq}/reactions/👍")
    await expect(ada.page.locator(f"#r-{seq} button")).to_have_count(1)
    await act(room, "PATCH", f"/{seq}", "coffee at the river?")
    await ada.sees("coffee at the river?")

    added: list[str] = await ada.page.evaluate("added")
    assert [text for text in added if "👍" in text] == []
    assert len([text for text in added if "coffee at the river?" in text]) == 1
