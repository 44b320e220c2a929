"""A new seat that replaces another keeps its ownership and restrictions, and a room always keeps an owner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chadchat.domain import knocks, links, members, messages, moderation, room_settings, rooms
from chadchat.domain.members import Member, Seat
from chadchat.domain.messages import Draft, Stranger
from chadchat.domain.moderation import HOUR
from chadchat.domain.passphrases import Passphrases
from chadchat.domain.retention import Keep, sweep
from chadchat.domain.rooms import Room
from chadchat.errors import (
    AlreadyHere,
    Banned,
    LastOwner,
    Muted,
    NameTaken,
    OperatorRequired,
    RecordNotFound,
    SeatRequired,
    SlowDown,
)
from chadchat.events import Event, now, timestamp
from chadchat.kinds import Ending
from chadchat.live.eviction import Evictions
from chadchat.log.local import LocalLog
from chadchat.storage.check import check

HERE, THERE = "address of ada", "address of mallory"


@pytest.fixture
async def ada(log: LocalLog, grace: Seat) -> Seat:
    return await members.take_seat(log, grace.room, "Ada", address=HERE)


async def mute(log: LocalLog, room: Room, by: Seat, seat: Seat) -> str:
    person = await moderation.find_person(log.db, room, seat.member.id)
    muted = await moderation.mute(log, room.code, by.member, person, HOUR)
    return str(muted.event.changes["until"])


async def say(log: LocalLog, room: Room, author: Member | Stranger, text: str = "tea?") -> int:
    return (await messages.post(log, room.code, author, Draft(text, name=None))).event.seq


async def muted_until(log: LocalLog, room: Room, seat: Seat) -> str | None:
    return (await moderation.find_person(log.db, room, seat.member.id)).member.muted_until


async def owners(log: LocalLog, room: Room) -> list[str]:
    return [owner.name for owner in await moderation.owners(log.db, room)]


async def renamed(log: LocalLog, seat: Seat, name: str, address: str = HERE) -> Seat:
    return await members.take_seat(log, seat.room, name, address=address, replaces=seat.member)


async def whole(log: LocalLog, tmp_path: Path) -> None:
    """The tables are what the log says, pruned or not."""
    await log.close()
    assert check(tmp_path / "data").faults == []


# A room always has an owner.


async def test_the_last_owner_does_not_leave(log: LocalLog, room: Room, grace: Seat, ada: Seat) -> None:
    with pytest.raises(LastOwner, match=f"You are the only owner of {room.code}. Make someone else an owner, or close"):
        await members.give_up_seat(log, room.code, grace.member)

    assert await members.seated(log.db, room.code, grace.token) == grace.member
    await moderation.make_owner(log, room.code, grace.member, await moderation.find_person(log.db, room, ada.member.id))
    await members.give_up_seat(log, room.code, grace.member)
    with pytest.raises(LastOwner):
        await members.give_up_seat(log, room.code, ada.member)
    assert await owners(log, room) == ["Ada"]


async def test_an_owner_whose_seat_has_ended_counts_for_nothing(log: LocalLog, room: Room, grace: Seat) -> None:
    second = await members.take_seat(log, room.code, "Ada", owner=True)
    await members.give_up_seat(log, room.code, second.member)

    with pytest.raises(LastOwner):
        await members.give_up_seat(log, room.code, grace.member)


async def test_the_last_owner_may_go_away_for_a_while_and_may_close_the_room(
    log: LocalLog, room: Room, grace: Seat
) -> None:
    await members.depart(log, room.code, grace.member)
    await members.arrive(log, room.code, grace.member)
    await log.append(rooms.closing(room.code, "Grace", grace.member.id))

    assert await members.seated(log.db, room.code, grace.token) is None


async def test_an_owners_new_seat_is_an_owners_and_both_are_one_event(
    log: LocalLog, room: Room, grace: Seat, tmp_path: Path
) -> None:
    again = await renamed(log, grace, "Grace Hopper")

    assert again.member.owner
    assert await owners(log, room) == ["Grace Hopper"]
    assert await members.seated(log.db, room.code, grace.token) is None
    assert [person.name for person in (await members.here(log.db, room.id)).shown] == ["Grace Hopper"]
    (event,) = await log.tail(room.code, 1)
    assert (event.seq, event.public()["was"]) == (room.head + 1, "Grace")
    with pytest.raises(SeatRequired):
        await say(log, room, grace.member)
    with pytest.raises(SeatRequired):  # the same answer twice makes no second seat
        await renamed(log, grace, "Grace the Second")
    assert (await members.take_seat(log, room.code, "Grace")).member.name == "Grace"
    await whole(log, tmp_path)


async def test_a_name_that_is_taken_leaves_the_old_seat_as_it_was(
    log: LocalLog, room: Room, grace: Seat, ada: Seat
) -> None:
    with pytest.raises(NameTaken):
        await renamed(log, grace, "ADA")

    assert await members.seated(log.db, room.code, grace.token) == grace.member
    assert await owners(log, room) == ["Grace"]


async def test_the_streams_of_the_old_seat_end_as_they_do_when_it_is_given_up(log: LocalLog, ada: Seat) -> None:
    ended: list[object] = []

    class Streams:
        def expel(self, room: str, ending: Ending, reason: str) -> None:
            ended.append((room, reason, [id for id in (ada.member.id, "other") if ending.leaves(id, None, HERE)]))

    class Seats:
        def gave_up(self, room: str, member: Member) -> None:
            ended.append((room, member))

    log.listen(Evictions(Streams(), Seats()).changed)
    await members.take_seat(log, ada.room, "Mallory")
    await renamed(log, ada, "Ada Lovelace")

    assert ended == [(ada.room, "leave", [ada.member.id]), (ada.room, Member(ada.member.id, "Ada"))]


# Mutes.


async def test_a_mute_goes_along_with_the_member(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path
) -> None:
    until = await mute(log, room, grace, ada)

    second = await renamed(log, ada, "Ada2", THERE)
    third = await renamed(log, second, "Ada3", "yet another address")

    assert await muted_until(log, room, third) == until
    with pytest.raises(Muted):
        await say(log, room, third.member)
    assert [member.name for member in await moderation.muted(log.db, room)] == ["Ada3"]
    await moderation.unmute(log, room.code, grace.member, await moderation.find_person(log.db, room, third.member.id))
    assert await say(log, room, third.member)
    assert await say(log, room, Stranger(HERE)), "nothing is left of the mute where it began"
    fourth = await renamed(log, third, "Ada4")
    assert await muted_until(log, room, fourth) is None
    await whole(log, tmp_path)


async def test_a_seat_that_is_taken_from_a_muted_seats_address_is_muted_for_as_long(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path
) -> None:
    before = await members.take_seat(log, room.code, "Mallory", address=HERE)
    until = await mute(log, room, grace, ada)

    after = await members.take_seat(log, room.code, "Ada2", address=HERE)
    elsewhere = await members.take_seat(log, room.code, "Eve", address=THERE)
    nowhere = await members.take_seat(log, room.code, "Bob")

    assert await muted_until(log, room, after) == until
    with pytest.raises(Muted):
        await say(log, room, after.member)
    for seat in (before, elsewhere, nowhere, grace):
        assert await say(log, room, seat.member)
    assert await muted_until(log, room, await renamed(log, before, "Mallory2")) is None
    assert [event.detail.get("muted_until") for event in await log.tail(room.code, 20) if event.name == "Ada2"] == [
        until
    ]
    await sweep(log, log.db, Keep(events=2))
    await whole(log, tmp_path)


async def test_leaving_does_not_end_a_mute_at_that_address(log: LocalLog, room: Room, grace: Seat, ada: Seat) -> None:
    until = await mute(log, room, grace, ada)
    await members.give_up_seat(log, room.code, ada.member)

    again = await members.take_seat(log, room.code, "Ada", address=HERE)

    assert await muted_until(log, room, again) == until


async def test_a_mute_that_is_over_binds_no_new_seat(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, machine: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    await mute(log, room, grace, ada)
    later = timestamp(datetime.now(UTC) + 2 * HOUR)
    machine(later)
    monkeypatch.setattr(members, "now", lambda: later)

    again = await members.take_seat(log, room.code, "Ada2", address=HERE)

    assert await muted_until(log, room, again) is None


async def test_who_is_let_in_at_a_muted_address_is_muted(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path
) -> None:
    until = await mute(log, room, grace, ada)
    await room_settings.change(log, Passphrases(), room, grace.member, {"lock": "approval", "slow": "60"})
    room = await rooms.find(log.db, room.code)

    for name, address, muted in (("Mallory", HERE, until), ("Eve", THERE, None)):
        knock, token = await knocks.knock(log, room.code, name, address)
        await knocks.admit(log, log.db, room, grace.member, knock.id)
        member = await members.seated(log.db, room.code, token)
        assert member
        assert member.muted_until == muted
        with pytest.raises(Muted if muted else SlowDown):
            await say(log, room, member)
    await whole(log, tmp_path)


async def test_a_muted_member_writes_no_lines_by_coming_and_going(
    log: LocalLog, room: Room, grace: Seat, ada: Seat
) -> None:
    await room_settings.change(log, Passphrases(), room, grace.member, {"read_only": "on"})
    until = await mute(log, room, grace, ada)
    await members.depart(log, room.code, ada.member)
    head = (await rooms.find(log.db, room.code)).head

    for _ in range(3):
        with pytest.raises(Muted):
            await members.arrive(log, room.code, ada.member)
        with pytest.raises(AlreadyHere):
            await members.depart(log, room.code, ada.member)

    assert (await rooms.find(log.db, room.code)).head == head
    person = await moderation.find_person(log.db, room, ada.member.id)
    assert person.member.muted_until == until
    await moderation.unmute(log, room.code, grace.member, person)
    await members.arrive(log, room.code, ada.member)


# Slow mode.


async def test_the_last_post_goes_along_with_the_member(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path
) -> None:
    await room_settings.change(log, Passphrases(), room, grace.member, {"slow": "600"})
    await say(log, room, ada.member)

    second = await renamed(log, ada, "Ada2")

    with pytest.raises(SlowDown):
        await say(log, room, second.member)
    await whole(log, tmp_path)


async def test_a_new_seats_first_message_waits_as_long_as_any_other(
    log: LocalLog,
    room: Room,
    grace: Seat,
    ada: Seat,
    machine: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    await room_settings.change(log, Passphrases(), room, grace.member, {"slow": "600"})

    new = await members.take_seat(log, room.code, "Mallory", address=THERE)

    with pytest.raises(SlowDown) as refused:
        await say(log, room, new.member)
    assert 590 < (refused.value.retry_after or 0) <= 600
    assert await say(log, room, ada.member), "who was there before does not wait"
    never_spoke = await renamed(log, new, "Mallory2")
    with pytest.raises(SlowDown):
        await say(log, room, never_spoke.member)
    later = timestamp(datetime.now(UTC) + timedelta(seconds=601))
    machine(later)
    monkeypatch.setattr(messages, "now", lambda: later)
    assert await say(log, room, never_spoke.member)
    await whole(log, tmp_path)


# The operator's link.


async def appointed(log: LocalLog, room: Room, name: str, token: str, **more: object) -> Seat:
    link = await links.held(log.db, room, token)
    assert link
    return await members.take_seat(log, room.code, name, opened=links.opening(link), **more)  # type: ignore[arg-type]


async def link_for(log: LocalLog, room: Room) -> str:
    return (await links.appoint(log, room.code))["path"].rsplit("/", 1)[-1]


async def test_the_operators_link_makes_an_owner_once_whatever_the_lock(
    log: LocalLog, room: Room, grace: Seat, tmp_path: Path
) -> None:
    await room_settings.change(log, Passphrases(), room, grace.member, {"lock": "approval"})
    room = await rooms.find(log.db, room.code)
    token = await link_for(log, room)
    link = await links.held(log.db, room, token)
    assert link
    assert link.kind == "owner"

    seat = await appointed(log, room, "Ada", token)

    assert seat.member.owner
    assert await owners(log, room) == ["Grace", "Ada"]
    assert await links.held(log.db, room, token) is None
    with pytest.raises(RecordNotFound):
        await members.take_seat(log, room.code, "Mallory", opened=links.opening(link))
    await whole(log, tmp_path)


async def test_the_operators_link_makes_an_owner_of_a_seat_that_is_there(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path
) -> None:
    await mute(log, room, grace, ada)

    seat = await appointed(log, room, "Ada", await link_for(log, room), address=HERE, replaces=ada.member)

    assert await owners(log, room) == ["Grace", "Ada"]
    assert await say(log, room, seat.member)
    await whole(log, tmp_path)


async def test_the_operators_link_is_good_for_a_day_and_the_newest_only(
    log: LocalLog, room: Room, machine: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await link_for(log, room)
    token = await link_for(log, room)
    assert await links.held(log.db, room, first) is None
    link = await links.held(log.db, room, token)
    assert link
    later = timestamp(datetime.now(UTC) + timedelta(hours=25))
    machine(later)
    for module in (links, members):
        monkeypatch.setattr(module, "now", lambda: later)

    assert await links.held(log.db, room, token) is None
    assert await links.all_of(log.db, room) == []
    with pytest.raises(RecordNotFound):
        await members.take_seat(log, room.code, "Mallory", opened=links.opening(link))


async def test_an_owner_can_take_the_operators_link_back_and_cannot_make_one(
    log: LocalLog, room: Room, grace: Seat
) -> None:
    token = await link_for(log, room)
    link = await links.held(log.db, room, token)
    assert link
    assert await links.all_of(log.db, room) == [link]
    await links.revoke(log, room.code, grace.member, link.id)
    assert await links.held(log.db, room, token) is None

    changes, detail = {"grants": "owner"}, {"token": "x", "until": "9999-01-01T00:00:00.000Z"}
    forged = Event(room=room.code, kind="link", at=now(), name="Grace", member=grace.member.id, changes=changes)
    with pytest.raises(OperatorRequired):
        await log.append(Event(**{**{f: getattr(forged, f) for f in forged.__slots__}, "detail": detail}))


async def test_a_join_link_appoints_nobody(log: LocalLog, room: Room, grace: Seat) -> None:
    link, _ = await links.make(log, room.code, grace.member, "join")

    with pytest.raises(RecordNotFound):
        await members.take_seat(log, room.code, "Mallory", opened={"link": link.id, "appoints": True})
    seat = await members.take_seat(log, room.code, "Mallory", opened=links.opening(link))
    assert not seat.member.owner


async def test_a_banned_name_gets_in_under_no_pretext(log: LocalLog, room: Room, grace: Seat, ada: Seat) -> None:
    mallory = await members.take_seat(log, room.code, "Mallory", address=THERE)
    person = await moderation.find_person(log.db, room, mallory.member.id)
    await moderation.ban(log, room.code, grace.member, person, HOUR)

    with pytest.raises(Banned):
        await renamed(log, ada, "Mallory")
    assert await members.seated(log.db, room.code, ada.token) is not None
