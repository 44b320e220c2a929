"""Reactions: an emoji of a member on a message, the same in the row, in the event, and for every cursor."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chadchat.domain import edits, members, messages, moderation, reactions, room_settings
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.domain.passphrases import Passphrases
from chadchat.domain.reactions import ReactionInvalid, Wish, check_emoji
from chadchat.domain.rooms import find
from chadchat.errors import KeyReused, MessageNotFound, Muted, SeatRequired
from chadchat.events import Event, now, to_json
from chadchat.live.frames import NdJson, Text
from chadchat.live.ring import Ring
from chadchat.log.local import LocalLog
from chadchat.storage.apply.reactions import MOST, MOST_EMOJI, ReactionsFull
from chadchat.storage.check import check

THUMB, HEART = "👍", "❤️"


@pytest.fixture
async def tea(log: LocalLog, ada: Seat) -> Event:
    """A message of Ada's."""
    return (await messages.post(log, ada.room, ada.member, Draft("tea?"))).event


async def react(
    log: LocalLog, seat: Seat, seq: int, emoji: str, on: bool | None = None, key: str | None = None
) -> dict[str, Any]:
    return await reactions.react(log, seat.room, seat.member, seq, Wish(emoji, on, key))


async def now_on(log: LocalLog, seat: Seat, seq: int) -> dict[str, list[str]]:
    """The reactions of a message as everybody reads it."""
    return (await messages.one(log.db, await find(log.db, seat.room), seq)).reactions


async def reacts(log: LocalLog, seat: Seat) -> list[Event]:
    return [event for event in await log.tail(seat.room, 1000) if event.kind == "react"]


ONE = [
    "👍",
    "❤",
    "❤️",
    "☺︎",
    "✅",
    "🎉",
    "👍🏽",
    "👨‍👩‍👧‍👦",
    "👩🏽‍❤️‍💋‍👨🏽",
    "⛹🏽‍♂️",
    "🏳️‍🌈",
    "🧑‍🦰",
    "🐦‍🔥",
    "🇩🇪",
    "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "1️⃣",
    "*⃣",
    "#️⃣",
    "‼️",
    "ℹ️",
    "©️",
    "↔️",
    "㊗️",
    "🫨",
]
NOT_ONE = [
    "",
    " ",
    "a",
    "中",
    "é",
    "1",
    "#",
    "+1",
    ":+1:",
    "👍👍",
    "👍 👍",
    "👍a",
    "a👍",
    "👍\n👍",
    "\u202e👍",  # an override, which would turn what follows round
    "\u2066👍\u2069",
    "\u200d",
    "👍\u200d",
    "\u200d👍",
    "👍" + "\u200d👍" * 8,  # 17 code points
    "👍" + "\u0301" * 1000,
    "👍\0",
    "\ud83d",
    "🇩",
    "🇩🇪🇫",
    "🏽",  # nothing would be left of it to count
    "👍🏽🏽",
    "\ufe0f",
    "a\u20e3",
    "🏴\U000e0067",
    "\u2800",  # a symbol, and blank
    "\ufffc",
    "👍\u200b",
    "<b>👍</b>",
]


@pytest.mark.parametrize("emoji", ONE)
def test_it_is_an_emoji(emoji: str) -> None:
    assert check_emoji(f" {emoji}\n") == emoji


@pytest.mark.parametrize("given", NOT_ONE)
def test_what_is_not_one_emoji_is_refused(given: str) -> None:
    with pytest.raises(ReactionInvalid):
        check_emoji(given)


async def test_a_reaction_is_an_event_with_all_reactions_and_the_message_has_them(
    log: LocalLog, grace: Seat, ada: Seat, tea: Event
) -> None:
    await react(log, ada, tea.seq, HEART, on=True)
    done = await react(log, grace, tea.seq, THUMB, on=True)
    await react(log, ada, tea.seq, THUMB, on=True)
    event = (await reacts(log, ada))[-1]

    assert done == {
        "target": tea.seq,
        "emoji": THUMB,
        "on": True,
        "all": {HEART: [ada.member.id], THUMB: [grace.member.id]},
    }
    everyone = {HEART: [ada.member.id], THUMB: [grace.member.id, ada.member.id]}
    assert event.public() == {
        "room": ada.room,
        "seq": event.seq,
        "cursor": event.cursor,
        "kind": "react",
        "name": "Ada",
        "member": ada.member.id,
        "target": tea.seq,
        "emoji": THUMB,
        "on": True,
        "all": everyone,
        "at": event.at,
    }
    assert await now_on(log, ada, tea.seq) == everyone


async def test_without_on_it_is_the_other_of_what_it_was(log: LocalLog, ada: Seat, tea: Event) -> None:
    assert [(await react(log, ada, tea.seq, THUMB))["on"] for _ in range(3)] == [True, False, True]
    await react(log, ada, tea.seq, THUMB)

    message = await messages.one(log.db, await find(log.db, ada.room), tea.seq)
    assert "reactions" not in message.public()


async def test_what_is_so_already_stores_nothing(log: LocalLog, ada: Seat, tea: Event) -> None:
    await react(log, ada, tea.seq, THUMB, on=False)
    for _ in range(3):
        assert (await react(log, ada, tea.seq, THUMB, on=True))["all"] == {THUMB: [ada.member.id]}

    assert len(await reacts(log, ada)) == 1


@pytest.mark.parametrize(("first", "second"), [("❤", "❤️"), ("❤️", "❤"), ("👍", "👍🏽"), ("👍🏿", "👍🏻"), ("☺︎", "☺️")])
async def test_two_that_look_alike_count_as_one_and_show_as_the_first(
    log: LocalLog, grace: Seat, ada: Seat, tea: Event, first: str, second: str
) -> None:
    await react(log, ada, tea.seq, first, on=True)
    done = await react(log, grace, tea.seq, second, on=True)

    assert (done["emoji"], done["all"]) == (first, {first: [ada.member.id, grace.member.id]})
    assert (await react(log, ada, tea.seq, second))["on"] is False


async def test_a_family_is_not_its_members(log: LocalLog, ada: Seat, tea: Event) -> None:
    for emoji in ("👨‍👩‍👧‍👦", "👨"):
        await react(log, ada, tea.seq, emoji, on=True)

    assert list(await now_on(log, ada, tea.seq)) == ["👨‍👩‍👧‍👦", "👨"]


async def test_a_retry_with_its_key_does_not_toggle_again(log: LocalLog, ada: Seat, tea: Event, tmp_path: Path) -> None:
    for _ in range(2):
        assert (await react(log, ada, tea.seq, THUMB, key="k1"))["on"] is True
    with pytest.raises(KeyReused):
        await react(log, ada, tea.seq, HEART, key="k1")

    assert len(await reacts(log, ada)) == 1
    assert check(tmp_path / "data").faults == []


async def test_a_message_has_room_for_twenty_emoji(log: LocalLog, ada: Seat, tea: Event) -> None:
    for number in range(MOST_EMOJI):
        await react(log, ada, tea.seq, chr(0x1F400 + number), on=True)
    with pytest.raises(ReactionsFull, match="20 different emoji"):
        await react(log, ada, tea.seq, THUMB, on=True)
    await react(log, ada, tea.seq, "\U0001f400", on=False)

    assert (await react(log, ada, tea.seq, THUMB, on=True))["on"] is True


async def test_a_message_has_room_for_a_thousand_reactions(log: LocalLog, grace: Seat, ada: Seat, tea: Event) -> None:
    many = {"🐀": [f"x{number}" for number in range(MOST)]}
    full = Event(grace.room, "message", tea.at, "Zoe", text="!", html="!", changes={"reactions": many}, detail={})
    seq = (await log.append(Event(**{**_parts(full), "detail": {"skeleton": "zoe"}}))).event.seq
    with pytest.raises(ReactionsFull, match="1000 reactions"):
        await react(log, ada, seq, "🐀", on=True)

    assert await now_on(log, ada, seq) == many


def _parts(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in ("room", "kind", "at", "name", "text", "html", "changes")}


async def test_what_is_no_message_takes_none(log: LocalLog, grace: Seat, ada: Seat, tea: Event) -> None:
    other = await members.take_seat(log, ada.room, "Zoe")
    for seq in (1, tea.seq - 1, tea.seq + 1, 10**9):
        with pytest.raises(MessageNotFound):
            await react(log, ada, seq, THUMB)
    await messages.remove(log, log.db, await find(log.db, ada.room), ada.member, tea.seq)
    with pytest.raises(MessageNotFound):
        await react(log, other, tea.seq, THUMB)

    assert await reacts(log, grace) == []


async def test_members_react_in_a_read_only_room_too_and_the_muted_do_not(
    log: LocalLog, grace: Seat, ada: Seat, tea: Event
) -> None:
    room = await find(log.db, ada.room)
    await room_settings.change(log, Passphrases(), room, grace.member, {"read_only": "on", "slow": "3600"})
    assert (await react(log, ada, tea.seq, THUMB))["on"] is True
    assert (await react(log, ada, tea.seq, HEART))["on"] is True
    person = await moderation.find_person(log.db, room, ada.member.id)
    await moderation.mute(log, ada.room, grace.member, person, timedelta(hours=1))
    with pytest.raises(Muted):
        await react(log, ada, tea.seq, "🎉")

    assert list(await now_on(log, ada, tea.seq)) == [THUMB, HEART]


async def test_the_reactions_of_who_was_kicked_stay_with_the_name(
    log: LocalLog, grace: Seat, ada: Seat, tea: Event
) -> None:
    await react(log, ada, tea.seq, THUMB)
    await members.rename(log, ada.room, ada.member, "Ada L")
    room = await find(log.db, ada.room)
    await moderation.kick(log, ada.room, grace.member, await moderation.find_person(log.db, room, ada.member.id))
    with pytest.raises(SeatRequired):
        await react(log, ada, tea.seq, HEART)

    message = await messages.one(log.db, room, tea.seq)
    assert message.reactions == {THUMB: [ada.member.id]}
    assert await reactions.names_of(log.db, room, message) == {ada.member.id: "Ada L"}


async def test_an_edit_keeps_them_and_a_removal_does_not(log: LocalLog, ada: Seat, tea: Event, tmp_path: Path) -> None:
    await react(log, ada, tea.seq, THUMB)
    room = await find(log.db, ada.room)
    edit = await edits.edit(log, log.db, room, ada.member, tea.seq, Draft("milk"), 24)
    assert await now_on(log, ada, tea.seq) == {THUMB: [ada.member.id]}
    assert "reactions" not in edit.event.public()
    await messages.remove(log, log.db, room, ada.member, tea.seq)

    message = await messages.one(log.db, room, tea.seq)
    assert message.public()["removed_by"] == "Ada"
    assert "reactions" not in message.public()
    assert check(tmp_path / "data").faults == []


async def test_a_prune_takes_them_with_the_message_and_the_log_still_replays(
    log: LocalLog, ada: Seat, tea: Event, tmp_path: Path
) -> None:
    await react(log, ada, tea.seq, THUMB, key="k1")
    kept = (await messages.post(log, ada.room, ada.member, Draft("bread"))).event
    await react(log, ada, tea.seq, HEART, key="k2")  # of a message that is pruned, and not pruned itself
    await react(log, ada, kept.seq, HEART)
    await log.append(Event(ada.room, "prune", now(), changes={"before": kept.seq}))
    assert not await log.trim(ada.room, now())
    with pytest.raises(MessageNotFound):
        await react(log, ada, tea.seq, THUMB)

    assert await now_on(log, ada, kept.seq) == {HEART: [ada.member.id]}
    assert check(tmp_path / "data").faults == []


async def test_the_first_reaction_of_a_day_counts_as_a_use_of_the_seat_in_a_replay_too(
    log: LocalLog,
    ada: Seat,
    tea: Event,
    machine: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    later = "2126-01-02T12:00:00.000Z"
    machine(later)
    monkeypatch.setattr(reactions, "now", lambda: later)
    await react(log, ada, tea.seq, THUMB)

    assert await log.db.all("SELECT used_at FROM members WHERE id = ?", (ada.member.id,)) == [(later,)]
    assert check(tmp_path / "data").faults == []


async def test_two_hundred_at_once_end_in_what_the_last_events_say(log: LocalLog, grace: Seat, tea: Event) -> None:
    """From twenty seats, each now this, now that. The row, and each event, has all that there is."""
    chance = random.Random(128)  # noqa: S311 - no secret
    seats = [await members.take_seat(log, grace.room, f"Person {number}") for number in range(20)]
    wishes = [(chance.choice(seats), chance.choice([THUMB, HEART, "🎉"])) for _ in range(200)]
    await asyncio.gather(*(react(log, seat, tea.seq, emoji) for seat, emoji in wishes))

    events, state = await reacts(log, grace), dict[str, list[str]]()
    assert len(events) == 200
    for event in events:
        now = [one for one in state.get(event.changes["emoji"], []) if one != event.member]
        state[event.changes["emoji"]] = [*now, event.member or ""] if event.changes["on"] else now
        assert event.changes["all"] == {emoji: by for emoji, by in state.items() if by}
    assert await now_on(log, grace, tea.seq) == events[-1].changes["all"]
    odd = {(seat.member.id, emoji) for seat, emoji in wishes if wishes.count((seat, emoji)) % 2}
    assert {(one, emoji) for emoji, by in events[-1].changes["all"].items() for one in by} == odd


async def test_the_ring_and_the_log_have_the_same(log: LocalLog, grace: Seat, ada: Seat, tea: Event) -> None:
    """A reader gets the same from both, wherever its cursor is."""
    room, ring = await find(log.db, ada.room), Ring()
    for event in await log.tail(ada.room, 20):
        ring.append(event)
    other = (await messages.post(log, ada.room, ada.member, Draft("bread"))).event
    for seat, seq, emoji in (
        (ada, tea.seq, THUMB),
        (grace, tea.seq, HEART),
        (ada, tea.seq, THUMB),
        (ada, other.seq, THUMB),
    ):
        await react(log, seat, seq, emoji)
    await edits.edit(log, log.db, room, ada.member, tea.seq, Draft("milk"), 24)
    await react(log, grace, tea.seq, HEART)
    await react(log, grace, tea.seq, HEART)
    await messages.remove(log, log.db, room, ada.member, other.seq)
    for event in await log.tail(ada.room, 12):
        ring.append(event)

    kept = [to_json(event.public()) for event in await log.tail(ada.room, 30)]
    assert [frame.decode() for frame in ring.frames(ring.tail, NdJson())] == [f"{event}\n" for event in kept]
    filled = Ring()
    for event in await log.tail(ada.room, 30):
        filled.append(event)
    assert filled.frames(filled.tail, NdJson()) == ring.frames(ring.tail, NdJson())
    assert [Text().event(event) for event in await reacts(log, ada)] == [b""] * 6
