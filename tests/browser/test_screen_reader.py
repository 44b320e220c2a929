"""What a screen reader is told: each message with its author (from Chromium's accessibility tree), and no old lines."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from .people import Person, Room, post

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WATCH = """() => {
    window.busy = [];
    const scroller = document.querySelector('#scroller');
    const many = records => records.some(record => record.addedNodes.length > 9);
    new MutationObserver(records => many(records) && busy.push(scroller.ariaBusy))
        .observe(document.querySelector('#log'), {childList: true});
}"""


async def spoken(person: Person) -> list[str]:
    """The lines of the log as the accessibility tree has them: the texts of each in one string."""
    client = await person.context.new_cdp_session(person.page)
    tree = (await client.send("Accessibility.getFullAXTree"))["nodes"]
    nodes: dict[str, dict[str, Any]] = {node["nodeId"]: node for node in tree}

    def texts(node: dict[str, Any]) -> list[str]:
        if node["role"]["value"] == "StaticText":
            return [node["name"]["value"]]
        return [text for child in node.get("childIds", []) if child in nodes for text in texts(nodes[child])]

    log = next(node for node in tree if node["role"]["value"] == "log")
    found: list[str] = []
    queue = [log]
    while queue:
        node = queue.pop(0)
        if node["role"]["value"] == "listitem":
            found.append(" ".join(texts(node)))
        else:
            queue += [nodes[child] for child in node.get("childIds", []) if child in nodes]
    return found


async def test_every_message_has_its_author_also_in_a_group_and_ones_own(ada: Person, room: Room) -> None:
    await ada.join(room["url"])
    post(room, "one", "two")
    for text in ("three", "four"):
        await ada.say(text)
        await ada.sees(text)
    lines = [line for line in await spoken(ada) if "room" not in line and "Today" not in line]
    assert [(line.split()[0], line.split()[-1]) for line in lines] == [
        ("Grace", "one"),
        ("Grace", "two"),
        ("Ada", "three"),
        ("Ada", "four"),
    ]
    for name in await ada.page.locator("#log .more .who, #log .mine .who").all():
        box = await name.bounding_box()
        assert box
        assert box["width"] <= 1, "it is read out, not shown"


async def test_older_messages_are_not_read_out_when_they_come(ada: Person, room: Room) -> None:
    post(room, *(f"line {number}" for number in range(80)))
    await ada.join(room["url"])
    await ada.page.evaluate(WATCH)
    await ada.read_back()
    assert await ada.page.evaluate("busy") == ["true"]
    await expect(ada.page.locator("#scroller")).not_to_have_attribute("aria-busy", "true")
