"""Edits: an author gives a message other words, and the words before are nowhere any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chadchat.domain import edits, members, messages, moderation, room_settings
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.domain.passphrases import Passphrases
from chadchat.domain.rooms import find
from chadchat.errors import (
    EditsFull,
    EditTooLate,
    KeyReused,
    MessageNotFound,
    Muted,
    NotAuthor,
    RoomReadOnly,
    SettingInvalid,
    SlowDown,
    TextRequired,
)
from chadchat.events import Committed, Event, timestamp, to_json
from chadchat.live.frames import NdJson
from chadchat.live.ring import Ring
from chadchat.log.local import LocalLog
from chadchat.storage.apply.edits import MOST
from chadchat.storage.check import check


@pytest.fixture
async def tea(log: LocalLog, ada: Seat) -> Event:
    """A message of Ada's."""
    return (await messages.post(log, ada.room, ada.member, Draft("tea?", key="k1"))).event


async def change(log: LocalLog, seat: Seat, seq: int, text: str, hours: int = 24, **draft: Any) -> Committed:
    return await edits.edit(log, log.db, await find(log.db, seat.room), seat.member, seq, Draft(text, **draft), hours)


async def now_is(log: LocalLog, seat: Seat, seq: int) -> Event:
    """The message as everybody reads it."""
    return await messages.one(log.db, await find(log.db, seat.room), seq)


async def test_an_edit_is_an_event_and_the_message_has_its_words(log: LocalLog, ada: Seat, tea: Event) -> None:
    edit = (await change(log, ada, tea.seq, "tea at *five*?")).event
    kept = await now_is(log, ada, tea.seq)

    assert edit.public() == {
        "room": ada.room,
        "seq": edit.seq,
        "cursor": edit.cursor,
        "kind": "edit",
        "name": "Ada",
        "member": ada.member.id,
        "text": "tea at *five*?",
        "target": tea.seq,
        "at": edit.at,
    }
    assert (kept.text, kept.html, kept.at) == ("tea at *five*?", "<p>tea at <em>five</em>?</p>", tea.at)
    assert kept.public()["edited_at"] == edit.at


async def test_the_words_before_are_in_no_event_and_no_file(
    log: LocalLog, ada: Seat, tea: Event, tmp_path: Path
) -> None:
    await change(log, ada, tea.seq, "a first secret", key="k2")
    await change(log, ada, tea.seq, "a second secret", key="k3")
    await change(log, ada, tea.seq, "milk")

    kept = await log.tail(ada.room, 20)
    assert [event.text for event in kept if event.kind == "edit"] == [None, None, "milk"]
    assert [event.text for event in kept if event.kind == "message"] == ["milk"]
    assert await log.db.all("SELECT DISTINCT digest FROM keys") == [("",)]
    await log.close()
    found = b"".join(file.read_bytes() for file in (tmp_path / "data").iterdir())
    assert b"milk" in found
    assert b"secret" not in found
    assert check(tmp_path / "data").faults == []


async def test_a_removed_message_takes_its_edits_with_it(log: LocalLog, ada: Seat, tea: Event) -> None:
    await change(log, ada, tea.seq, "a secret")
    await messages.remove(log, log.db, await find(log.db, ada.room), ada.member, tea.seq)

    assert [event.text for event in await log.tail(ada.room, 3) if event.kind in ("message", "edit")] == [None, None]
    with pytest.raises(MessageNotFound):
        await change(log, ada, tea.seq, "back again")


async def test_the_same_words_again_store_nothing(log: LocalLog, ada: Seat, tea: Event) -> None:
    again = await change(log, ada, tea.seq, "tea?")

    assert (again.fresh, again.event) == (False, tea)


async def test_an_edit_reads_nothing_before_it_is_stored(
    log: LocalLog, ada: Seat, tea: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await find(log.db, ada.room)
    monkeypatch.setattr(log.db, "all", None)
    edit = await edits.edit(log, log.db, room, ada.member, tea.seq, Draft("milk"), 24)

    assert (await edits.result(log.db, room, tea.seq, edit)).text == "milk"


async def test_a_retry_with_its_key_stores_nothing_and_other_words_with_it_are_refused(
    log: LocalLog, ada: Seat, tea: Event
) -> None:
    first = await change(log, ada, tea.seq, "milk", key="k2")
    await change(log, ada, tea.seq, "tea?")  # meanwhile it has other words, and what the key was for is not known
    late = await change(log, ada, tea.seq, "milk", key="k2")
    second = await change(log, ada, tea.seq, "coffee", key="k3")

    assert first.event.text == "milk"
    assert (late.fresh, late.event.seq, late.event.text) == (False, first.event.seq, None)
    assert second.fresh
    with pytest.raises(KeyReused):
        await change(log, ada, tea.seq, "cocoa", key="k3")


@pytest.mark.parametrize("text", ["", " \u200b"])
async def test_an_empty_text_is_refused(log: LocalLog, ada: Seat, tea: Event, text: str) -> None:
    with pytest.raises(TextRequired):
        await change(log, ada, tea.seq, text)


async def test_only_its_author_edits_a_message(log: LocalLog, grace: Seat, ada: Seat, tea: Event) -> None:
    with pytest.raises(NotAuthor):
        await change(log, grace, tea.seq, "as the owner")
    loose = (await messages.post(log, ada.room, None, Draft("hi", name="curl"))).event
    with pytest.raises(NotAuthor):
        await change(log, ada, loose.seq, "not mine")

    assert (await now_is(log, ada, tea.seq)).text == "tea?"


async def test_what_is_no_message_cannot_be_edited(log: LocalLog, ada: Seat, tea: Event) -> None:
    for seq in (1, tea.seq - 1, tea.seq + 1, 10**9):
        with pytest.raises(MessageNotFound):
            await change(log, ada, seq, "milk")


async def test_a_message_can_be_edited_for_some_hours(
    log: LocalLog, ada: Seat, tea: Event, machine: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = timestamp(datetime.fromisoformat(tea.at) + timedelta(hours=1, milliseconds=1))
    machine(later)
    monkeypatch.setattr(edits, "now", lambda: later)
    with pytest.raises(EditTooLate, match="for one hour after"):
        await change(log, ada, tea.seq, "milk", hours=1)
    with pytest.raises(EditTooLate, match="cannot be edited here"):
        await change(log, ada, tea.seq, "milk", hours=0)

    assert (await change(log, ada, tea.seq, "milk", hours=2)).fresh


async def test_a_room_says_for_how_long_its_messages_can_be_edited(
    log: LocalLog,
    grace: Seat,
    ada: Seat,
    tea: Event,
    tmp_path: Path,
    machine: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def it_is(later: str) -> None:
        machine(later)
        monkeypatch.setattr(edits, "now", lambda: later)

    async def says(value: str) -> None:
        room = await find(log.db, ada.room)
        assert await room_settings.change(log, Passphrases(), room, grace.member, {"edits": value})

    await says("3")
    await change(log, ada, tea.seq, "milk", hours=0)
    it_is(timestamp(datetime.fromisoformat(tea.at) + timedelta(hours=2, minutes=59)))
    await change(log, ada, tea.seq, "milk and tea", hours=1)
    it_is(timestamp(datetime.fromisoformat(tea.at) + timedelta(hours=3, minutes=1)))
    with pytest.raises(EditTooLate, match="for 3 hours after"):
        await change(log, ada, tea.seq, "cocoa")
    for word in ("off", "never", "0"):
        await says(word)
        with pytest.raises(EditTooLate, match="cannot be edited here"):
            await change(log, ada, tea.seq, "cocoa")
        with pytest.raises(EditTooLate):
            await edits.editable(log.db, await find(log.db, ada.room), ada.member, tea.seq, 24)
        await says("")
        assert (await find(log.db, ada.room)).rules.edits is None
    assert (await change(log, ada, tea.seq, "cocoa")).fresh
    for wrong in ("-1", "1.5", "876001", "1" * 20, "\u0663", "ever"):
        with pytest.raises(SettingInvalid):
            await says(wrong)
    await log.close()
    assert check(tmp_path / "data").faults == [], "a replay knows what the room said at the time"


async def test_a_message_can_be_edited_fifty_times(log: LocalLog, ada: Seat, tea: Event) -> None:
    for number in range(MOST):
        await change(log, ada, tea.seq, f"cup {number}")
    with pytest.raises(EditsFull, match="50 times"):
        await change(log, ada, tea.seq, "one more")

    assert (await now_is(log, ada, tea.seq)).text == "cup 49"


async def test_the_rules_of_posting_hold_for_edits(log: LocalLog, grace: Seat, ada: Seat, tea: Event) -> None:
    room = await find(log.db, ada.room)
    gate = Passphrases()
    await room_settings.change(log, gate, room, grace.member, {"slow": "3600"})
    await messages.post(log, ada.room, ada.member, Draft("first"))
    with pytest.raises(SlowDown):
        await change(log, ada, tea.seq, "milk")
    await room_settings.change(log, gate, await find(log.db, ada.room), grace.member, {"slow": "0", "read_only": "on"})
    with pytest.raises(RoomReadOnly):
        await change(log, ada, tea.seq, "milk")
    await room_settings.change(log, gate, await find(log.db, ada.room), grace.member, {"read_only": "off"})
    person = await moderation.find_person(log.db, room, ada.member.id)
    await moderation.mute(log, ada.room, grace.member, person, timedelta(hours=1))
    with pytest.raises(Muted):
        await change(log, ada, tea.seq, "milk")

    assert (await now_is(log, ada, tea.seq)).text == "tea?"


async def test_an_edit_replays_as_it_was_stored(
    log: LocalLog,
    grace: Seat,
    ada: Seat,
    tea: Event,
    machine: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Also one in slow mode, the first use of a seat in a day, and one of a message that was pruned since."""
    room = await find(log.db, ada.room)
    await room_settings.change(log, Passphrases(), room, grace.member, {"slow": "3600"})
    later = timestamp(datetime.fromisoformat(tea.at) + timedelta(days=2))
    machine(later)
    monkeypatch.setattr(edits, "now", lambda: later)
    edit = (await change(log, ada, tea.seq, "milk", hours=72, key="k2")).event
    used = await log.db.all("SELECT used_at, last_post_at FROM members WHERE id = ?", (ada.member.id,))
    assert used == [(later, later)]
    assert check(tmp_path / "data").faults == []
    await log.append(Event(ada.room, "prune", later, changes={"before": edit.seq}))
    assert not await log.trim(ada.room, later)

    assert check(tmp_path / "data").faults == []


async def test_a_renamed_author_still_edits(log: LocalLog, ada: Seat, tea: Event) -> None:
    await members.rename(log, ada.room, ada.member, "Ada L")
    await change(log, ada, tea.seq, "milk")

    assert (await now_is(log, ada, tea.seq)).text == "milk"


async def test_the_ring_and_the_log_have_the_same(log: LocalLog, ada: Seat, tea: Event) -> None:
    """A reader gets the same from both, wherever its cursor is."""
    ring = Ring()
    for event in await log.tail(ada.room, 20):
        ring.append(event)
    for text in ("milk", "coffee", "cocoa"):
        ring.append((await change(log, ada, tea.seq, text)).event)
    other = (await messages.post(log, ada.room, ada.member, Draft("bread"))).event
    ring.append(other)
    ring.append((await change(log, ada, other.seq, "butter")).event)
    ring.append((await messages.remove(log, log.db, await find(log.db, ada.room), ada.member, tea.seq)).event)

    kept = [to_json(event.public()) for event in await log.tail(ada.room, 20)]
    assert [frame.decode() for frame in ring.frames(ring.tail, NdJson())] == [f"{event}\n" for event in kept]
