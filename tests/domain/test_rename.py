"""A change of name: the member stays, with everything that it owns, owes and has written; only the name is another."""

from __future__ import annotations

from pathlib import Path

import pytest

from chadchat.domain import members, messages, moderation, room_settings, rooms
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft, Stranger
from chadchat.domain.moderation import HOUR
from chadchat.domain.passphrases import Passphrases
from chadchat.domain.rooms import Room
from chadchat.errors import Banned, NameInvalid, NameRequired, NameTaken, SeatRequired, SlowDown
from chadchat.log.local import LocalLog
from chadchat.storage.check import check


async def names(log: LocalLog, room: Room) -> list[str]:
    return [member.name for member in (await members.here(log.db, room.id)).shown]


async def test_the_seat_stays_and_the_log_says_who_is_who(log: LocalLog, room: Room, grace: Seat, ada: Seat) -> None:
    member, cursor = await members.rename(log, room.code, ada.member, " Ada  L ")

    assert (member.id, member.name) == (ada.member.id, "Ada L")
    assert await members.seated(log.db, room.code, ada.token) == member
    assert await names(log, room) == ["Grace", "Ada L"]
    event = (await messages.before(log.db, await rooms.find(log.db, room.code))).events[-1]
    assert event.cursor == cursor
    assert (event.kind, event.name, event.member, event.public()["was"]) == ("rename", "Ada L", ada.member.id, "Ada")


async def test_an_owner_stays_one_and_a_mute_and_slow_mode_go_with_the_name(
    log: LocalLog, room: Room, grace: Seat, ada: Seat
) -> None:
    owner, _ = await members.rename(log, room.code, grace.member, "Grace H")
    assert [one.name for one in await moderation.owners(log.db, room)] == ["Grace H"]
    person = await moderation.find_person(log.db, room, ada.member.id)
    await moderation.mute(log, room.code, owner, person, HOUR)
    await room_settings.change(log, Passphrases(), room, owner, {"slow": "60"})
    before = (await moderation.find_person(log.db, room, ada.member.id)).member.muted_until

    muted, _ = await members.rename(log, room.code, ada.member, "Mallory")

    assert before
    assert (await moderation.find_person(log.db, room, muted.id)).member.muted_until == before


async def test_slow_mode_counts_from_the_last_message_under_any_name(
    log: LocalLog, room: Room, grace: Seat, ada: Seat
) -> None:
    await room_settings.change(log, Passphrases(), room, grace.member, {"slow": "600"})
    await messages.post(log, room.code, ada.member, Draft("tea?", name=None))
    member, _ = await members.rename(log, room.code, ada.member, "Ada L")

    with pytest.raises(SlowDown):
        await messages.post(log, room.code, member, Draft("tea!", name=None))


async def test_a_name_is_free_once_it_was_changed_and_not_before(
    log: LocalLog, room: Room, grace: Seat, ada: Seat
) -> None:
    with pytest.raises(NameTaken):
        await members.rename(log, room.code, ada.member, "GRACE")
    await members.rename(log, room.code, grace.member, "Grace H")
    await members.rename(log, room.code, ada.member, "GRACE")
    await messages.post(log, room.code, Stranger(), Draft("tea?", name="Ada"))

    assert await names(log, room) == ["Grace H", "GRACE"]


async def test_the_same_name_may_be_written_in_another_way(log: LocalLog, room: Room, grace: Seat, ada: Seat) -> None:
    member, _ = await members.rename(log, room.code, ada.member, "ADA")

    assert member.name == "ADA"
    with pytest.raises(NameTaken):
        await members.take_seat(log, room.code, "Ada")


async def test_a_banned_name_is_not_taken_even_where_a_lock_hides_the_room(
    log: LocalLog, room: Room, grace: Seat, ada: Seat
) -> None:
    person = await moderation.find_person(log.db, room, ada.member.id)
    await moderation.ban(log, room.code, grace.member, person, HOUR)
    mallory = await members.take_seat(log, room.code, "Mallory")
    await room_settings.change(log, Passphrases(), room, grace.member, {"lock": "approval"})

    with pytest.raises(Banned):
        await members.rename(log, room.code, mallory.member, "Ada")


async def test_what_is_no_name_or_no_seat_is_refused(log: LocalLog, room: Room, grace: Seat, ada: Seat) -> None:
    for name, error in (("", NameRequired), ("x" * 33, NameInvalid), ("anonymous", NameInvalid)):
        with pytest.raises(error):
            await members.rename(log, room.code, ada.member, name)
    await members.give_up_seat(log, room.code, ada.member)
    with pytest.raises(SeatRequired):
        await members.rename(log, room.code, ada.member, "Ada L")


async def test_messages_under_both_names_are_of_one_member_and_the_tables_are_what_the_log_says(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path
) -> None:
    first = await messages.post(log, room.code, ada.member, Draft("tea?", name=None))
    member, _ = await members.rename(log, room.code, ada.member, "Ada L")
    second = await messages.post(log, room.code, member, Draft("tea!", name=None))

    assert first.event.member == second.event.member
    await log.close()
    assert check(tmp_path / "data").faults == []
