"""Messages: posting, idempotency keys, removal and history."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chadchat.domain import members, messages
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft, check_text
from chadchat.domain.rooms import Room, find
from chadchat.errors import KeyInvalid, KeyReused, MessageNotFound, SeatRequired, TextInvalid, TextRequired, TextTooLong
from chadchat.log.local import LocalLog


async def say(log: LocalLog, room: Room, text: str, **draft: Any) -> int:
    return (await messages.post(log, room.code, None, Draft(text, **draft))).event.seq


async def fresh(log: LocalLog, room: Room) -> Room:
    return await find(log.db, room.code)


async def test_a_message_is_stored_as_it_came_with_its_rendering(log: LocalLog, ada: Seat) -> None:
    event = (await messages.post(log, ada.room, ada.member, Draft(" **tea**?\r\n"))).event

    assert (event.text, event.html) == (" **tea**?\r\n", "<p><strong>tea</strong>?</p>")
    assert (event.name, event.member) == ("Ada", ada.member.id)


async def test_without_a_name_a_post_is_anonymous(log: LocalLog, room: Room) -> None:
    assert (await messages.post(log, room.code, None, Draft("hi"))).event.name == "anonymous"


@pytest.mark.parametrize(
    "text",
    ["", " ", "\r\n\t", "\u00a0\u3000\u1680", "\u2800", "\u200b", "\ufeff", "\u200d\ufe0f", "\u3164", "\U000e0041",
     "\u202e \u2066", "\x1b\x07", "\u034f\u17b4\u180e", "\u2062\u2800 \n", "\U0001d159", "\U00016fe4"],
)  # fmt: skip
def test_an_empty_message_is_refused(text: str) -> None:
    with pytest.raises(TextRequired):
        check_text(text)


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_that_no_format_can_carry_is_refused(text: str) -> None:
    with pytest.raises(TextInvalid):
        check_text(text)


@pytest.mark.parametrize("text", [".", "\u0301", "👩\u200d💻", "ก็", "\u200bx", "\ufffd", "\u0903", "😀", "\U000f0000"])
def test_what_can_be_seen_is_a_message(text: str) -> None:
    assert check_text(text) == text


@pytest.mark.parametrize("character", ["x", "ä", "漢", "🦆"])
def test_a_message_may_have_4096_characters(character: str) -> None:
    assert check_text(character * 4096)
    with pytest.raises(TextTooLong, match=r"That is 4097 characters; a message may have 4096\."):
        check_text(character * 4097)


async def test_the_same_key_and_text_store_one_message(log: LocalLog, ada: Seat) -> None:
    first = await messages.post(log, ada.room, ada.member, Draft("tea?", key="k1"))
    again = await messages.post(log, ada.room, ada.member, Draft("tea?", key='"k1"'))

    assert (first.fresh, again.fresh) == (True, False)
    assert again.event == first.event
    assert [event.text for event in await log.tail(ada.room, 2)].count("tea?") == 1


async def test_the_same_key_with_another_text_is_refused(log: LocalLog, ada: Seat) -> None:
    await messages.post(log, ada.room, ada.member, Draft("tea?", key="k1"))

    with pytest.raises(KeyReused):
        await messages.post(log, ada.room, ada.member, Draft("coffee?", key="k1"))


async def test_a_key_is_its_authors_own(log: LocalLog, ada: Seat, room: Room) -> None:
    await messages.post(log, ada.room, ada.member, Draft("tea?", key="k1"))

    assert (await messages.post(log, room.code, None, Draft("other", name="Mallory", key="k1"))).fresh


async def test_a_key_is_forgotten_after_a_day(log: LocalLog, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "now", lambda: "2026-11-22T12:00:00.000Z")
    first = await say(log, room, "tea?", key="k")
    monkeypatch.setattr(messages, "now", lambda: "2036-11-23T12:00:00.000Z")

    assert await say(log, room, "tea?", key="k") > first


@pytest.mark.parametrize("key", ["", "x" * 129, "a b", "ä", "\n"])
async def test_a_strange_key_is_refused(log: LocalLog, room: Room, key: str) -> None:
    with pytest.raises(KeyInvalid):
        await messages.post(log, room.code, None, Draft("hi", key=key))


async def test_a_member_whose_seat_is_gone_cannot_post(log: LocalLog, ada: Seat) -> None:
    await members.give_up_seat(log, ada.room, ada.member)

    with pytest.raises(SeatRequired):
        await messages.post(log, ada.room, ada.member, Draft("still me"))


async def test_history_is_read_in_pages_without_gap_or_overlap(log: LocalLog, room: Room) -> None:
    for number in range(20):
        await say(log, room, str(number))
    room = await fresh(log, room)

    seqs: list[int] = []
    page = await messages.before(log.db, room, None, 6)
    assert page.newer is None
    while True:
        seqs = [event.seq for event in page.events] + seqs
        if page.older is None:
            break
        page = await messages.before(log.db, room, page.older, 6)
        assert page.newer is not None

    assert seqs == list(range(1, room.head + 1))


async def test_messages_before_leaves_out_who_came_and_went(log: LocalLog, room: Room) -> None:
    for number in range(3):
        await say(log, room, str(number))
        await members.take_seat(log, room.code, f"Guest {number}")
    room = await fresh(log, room)

    page = await messages.messages_before(log.db, room, None, 2)

    assert [event.text for event in page.events] == ["1", "2"]
    assert [event.text for event in (await messages.messages_before(log.db, room, page.older, 2)).events] == ["0"]


async def test_a_permalink_shows_what_was_said_around_it(log: LocalLog, room: Room) -> None:
    seqs = [await say(log, room, str(number)) for number in range(20)]
    room = await fresh(log, room)

    page = await messages.around(log.db, room, seqs[10], 4)

    assert [event.text for event in page.events] == ["8", "9", "10", "11"]
    assert (page.older, page.newer) == (seqs[8], seqs[12])
    assert (await messages.around(log.db, room, seqs[10], 4, near=11)).newer == seqs[12], "13 lines to the end"
    near = await messages.around(log.db, room, seqs[10], 4, near=12)
    assert ([near.events[0].seq, near.events[-1].seq], near.newer) == ([seqs[8], seqs[19]], None)


async def test_what_is_not_there_is_not_found(log: LocalLog, room: Room) -> None:
    with pytest.raises(MessageNotFound, match="There is no message 999 in"):
        await messages.one(log.db, room, 999)
    with pytest.raises(MessageNotFound):
        await messages.around(log.db, room, 999)
    with pytest.raises(MessageNotFound):
        await messages.one(log.db, room, 1)  # an event, but not a message


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=200))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_text_comes_back_as_posted(log: LocalLog, room: Room, text: str) -> None:
    if messages.is_blank(text):
        return
    await messages.post(log, room.code, None, Draft(text))

    assert (await log.tail(room.code, 1))[0].text == text
