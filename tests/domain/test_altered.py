"""A message that was altered but not removed keeps its text in every format."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from quart import Quart
from quart.testing import QuartClient

from chadchat.domain import messages
from chadchat.events import Event

EDITED = {"edited_at": "2026-11-22T12:00:00.123Z"}
PAGE = {"Accept": "text/html"}


@pytest.fixture
async def edited(app: Quart, client: QuartClient, code: str, tmp_path: Path) -> Event:
    """A message of Ada's, which has a seat and asks as a browser, whose stored row says when it was edited."""
    await client.post(f"/{code}/join", form={"name": "Ada"}, headers=PAGE)
    answer = await client.post(f"/{code}", data="tea?", headers={"Accept": "application/json"})
    node = app.extensions["chadchat"]
    event = await messages.one(node.db, await node.room_cache.find(code), (await answer.get_json())["seq"])
    with closing(sqlite3.connect(tmp_path / "data" / "chadchat.sqlite3")) as db, db:
        db.execute(
            "UPDATE log SET event = json_set(event, '$.changes', json(?)) WHERE seq = ?",
            (json.dumps(EDITED), event.seq),
        )
    return event


@pytest.mark.parametrize(
    ("path", "accept", "shown"),
    [
        ("", "text/html", '<div class="text" dir="auto" hx-ignore><p>tea?</p></div>'),
        ("", "*/*", " Ada: tea?\n"),
        ("", "application/json", '"text":"tea?","edited_at":"2026-11-22T12:00:00.123Z"'),
        ("/{seq}", "text/html", "<p>tea?</p>"),
        ("/sse?as=html&since=all&poll=1", "*/*", "<p>tea?</p>"),
        ("/sse?since=all&poll=1", "*/*", '"text":"tea?","edited_at":"2026-11-22T12:00:00.123Z"'),
        ("/json?since=all&poll=1", "*/*", '"text":"tea?","edited_at":"2026-11-22T12:00:00.123Z"'),
        ("/raw?since=all&poll=1", "*/*", " Ada: tea?\n"),
        (".md", "*/*", "> tea?\n"),
        (".txt", "*/*", " Ada: tea?\n"),
        (".html", "*/*", "<p>tea?</p>"),
        (".jsonl", "*/*", '"text":"tea?","edited_at":"2026-11-22T12:00:00.123Z"'),
    ],
)
async def test_an_edited_message_is_shown_and_not_as_removed(
    client: QuartClient, edited: Event, path: str, accept: str, shown: str
) -> None:
    answer = await client.get(f"/{edited.room}{path.format(seq=edited.seq)}", headers={"Accept": accept})
    body = await answer.get_data(as_text=True)

    assert answer.status_code == 200
    assert shown in body
    assert "removed" not in body


async def test_the_author_of_an_edited_message_may_remove_it(client: QuartClient, edited: Event) -> None:
    page = await (await client.get(f"/{edited.room}/{edited.seq}", headers=PAGE)).get_data(as_text=True)
    assert "Remove this message" in page

    answer = await client.delete(f"/{edited.room}/{edited.seq}")

    assert answer.status_code == 200
    removed = await (
        await client.get(f"/{edited.room}/{edited.seq}", headers={"Accept": "application/json"})
    ).get_json()
    assert (removed["text"], removed["removed_by"], "edited_at" in removed) == (None, "Ada", False)
