"""What a reader gets of an edit, by its cursor: before the message, between both, after both; from the ring as from the
database, in every format, and with the bytes that were posted.
"""

from __future__ import annotations

import pytest

from chadchat.app import create_app
from chadchat.domain import edits, messages
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.domain.rooms import find
from chadchat.events import Event
from chadchat.live.frames import Texts, formats
from chadchat.live.ring import EVENTS, Ring
from chadchat.log.local import LocalLog
from chadchat.settings import Settings

NOON = "2026-11-22T12:00:00.000Z"
WORDS = "<hx-partial hx-target='#log'>tea</hx-partial>\rat\u2028five"


@pytest.mark.parametrize("name", ["sse", "html", "ndjson", "text"])
async def test_a_reader_has_the_words_of_now_wherever_it_goes_on(log: LocalLog, ada: Seat, name: str) -> None:
    made = formats(create_app(Settings()).jinja_env.overlay(enable_async=False))
    format = Texts().at("text", "") if name == "text" else made[name]
    ring = Ring()
    said = (await messages.post(log, ada.room, ada.member, Draft("a secret"))).event
    for event in await log.tail(ada.room, 20):
        ring.append(event)
    room = await find(log.db, ada.room)
    edit = (await edits.edit(log, log.db, room, ada.member, said.seq, Draft(WORDS), 24)).event
    ring.append(edit)

    kept = await log.tail(ada.room, 20)
    assert [event.text for event in kept if event.text] == [WORDS, WORDS]
    for cursor, count in ((said.seq - 1, 2), (said.seq, 1), (edit.seq, 0)):
        from_log = [format.event(event) for event in kept if event.seq > cursor]
        assert ring.frames(cursor, format) == from_log
        assert len(from_log) == count
        assert all(b"five" in frame and b"secret" not in frame for frame in from_log)
        if name == "html":
            assert all(b"<hx-partial" not in frame and b"&lt;hx-partial" in frame for frame in from_log)
            assert all(f'id="m-{said.seq}"'.encode() in frame for frame in from_log)
            assert [b'hx-swap-oob="outerMorph"' in frame for frame in from_log] == [False, True][2 - count :]


def test_the_ring_remembers_of_edits_no_more_than_it_holds() -> None:
    ring = Ring()
    for seq in range(1, 2 * EVENTS + 1):
        changes = {"target": seq // 2 + 1}
        ring.append(Event("KQZF", "edit", NOON, "Ada", "ada", "milk", changes=changes, seq=seq, epoch="aaaa"))

    held = ring.events(ring.tail)
    assert len(held) == EVENTS
    assert set(ring._worded.values()) == {edit.seq for edit in held if edit.text is not None}
