"""Owners' acts: their effects, and the refusals to everyone else."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chadchat.domain import knocks, links, members, messages, moderation, room_settings, rooms
from chadchat.domain.members import Member, Seat
from chadchat.domain.messages import Draft, Stranger
from chadchat.domain.moderation import HOUR, Person
from chadchat.domain.passphrases import Passphrases
from chadchat.domain.retention import Keep, sweep
from chadchat.domain.rooms import Room
from chadchat.errors import (
    Banned,
    LastOwner,
    MemberNotFound,
    MessageNotFound,
    Muted,
    NameInvalid,
    NameTaken,
    OwnerProtected,
    OwnerRequired,
    RecordNotFound,
    RoomExists,
    RoomReadOnly,
    SeatRequired,
    SettingInvalid,
    SlowDown,
)
from chadchat.events import Event, now, timestamp
from chadchat.log.local import LocalLog
from chadchat.refusal import ChatError
from chadchat.storage.apply import apply
from chadchat.storage.apply.bases import load_base
from chadchat.storage.apply.snapshots import dump, empty_copy, events_for_replay

HERE, THERE = "address of ada", "address of mallory"


@pytest.fixture
async def ada(log: LocalLog, grace: Seat) -> Seat:
    return await members.take_seat(log, grace.room, "Ada", address=HERE)


async def person(log: LocalLog, room: Room, member: Member) -> Person:
    return await moderation.find_person(log.db, room, member.id)


async def say(log: LocalLog, room: Room, author: Member | Stranger | None, text: str = "tea?", **draft: Any) -> int:
    return (await messages.post(log, room.code, author, Draft(text, **draft))).event.seq


async def kinds(log: LocalLog, room: Room) -> list[str]:
    return [event.kind for event in await log.read(room.code, 0, 100)]


Act = Callable[[LocalLog, Room, Member, Person], Awaitable[object]]

ACTS: dict[str, Act] = {
    "owner": lambda log, room, by, on: moderation.make_owner(log, room.code, by, on),
    "kick": lambda log, room, by, on: moderation.kick(log, room.code, by, on),
    "ban": lambda log, room, by, on: moderation.ban(log, room.code, by, on, HOUR),
    "unban": lambda log, room, by, on: log.append(
        Event(room=room.code, kind="unban", at=now(), name=by.name, member=by.id, changes={"target": 1, "whom": "Ada"})
    ),
    "mute": lambda log, room, by, on: moderation.mute(log, room.code, by, on, HOUR),
    "unmute": lambda log, room, by, on: moderation.unmute(log, room.code, by, on),
    "settings": lambda log, room, by, on: room_settings.change(log, Passphrases(), room, by, {"slow": "10"}),
    "link": lambda log, room, by, on: links.make(log, room.code, by, "read"),
    "unlink": lambda log, room, by, on: links.revoke(log, room.code, by, 1),
    "move": lambda log, room, by, on: rooms.move(log, log.db, room.code, by),
}


@pytest.mark.parametrize("act", ACTS)
async def test_what_owners_do_is_refused_to_a_member_and_to_who_has_no_seat(
    log: LocalLog, room: Room, ada: Seat, act: str
) -> None:
    mallory = await members.take_seat(log, room.code, "Mallory")
    assert (await person(log, room, mallory.member)).seated  # she is there, and no owner
    victim = await person(log, room, ada.member)
    before = await kinds(log, room)

    with pytest.raises(OwnerRequired):
        await ACTS[act](log, room, mallory.member, victim)
    with pytest.raises(SeatRequired):
        await ACTS[act](log, room, Member("0000", "Nobody"), victim)

    assert await kinds(log, room) == before


async def test_an_owner_can_share_the_room_and_take_it_back(log: LocalLog, room: Room, grace: Seat, ada: Seat) -> None:
    await moderation.make_owner(log, room.code, grace.member, await person(log, room, ada.member))
    assert [owner.name for owner in await moderation.owners(log.db, room)] == ["Grace", "Ada"]

    await moderation.make_owner(log, room.code, ada.member, await person(log, room, grace.member), owns=False)
    with pytest.raises(OwnerRequired):
        await moderation.kick(log, room.code, grace.member, await person(log, room, ada.member))


async def test_the_last_owner_stays_one(log: LocalLog, room: Room, grace: Seat) -> None:
    with pytest.raises(LastOwner):
        await moderation.make_owner(log, room.code, grace.member, await person(log, room, grace.member), owns=False)

    assert [owner.name for owner in await moderation.owners(log.db, room)] == ["Grace"]


@pytest.mark.parametrize("act", ["kick", "ban", "mute"])
async def test_no_owner_is_removed_by_another_before_being_made_a_member(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, act: str
) -> None:
    await moderation.make_owner(log, room.code, grace.member, await person(log, room, ada.member))

    with pytest.raises(OwnerProtected):
        await ACTS[act](log, room, ada.member, await person(log, room, grace.member))


async def test_a_kick_ends_the_seat_and_frees_the_name(log: LocalLog, room: Room, grace: Seat, ada: Seat) -> None:
    await moderation.kick(log, room.code, grace.member, await person(log, room, ada.member))

    assert await members.seated(log.db, room.code, ada.token) is None
    assert "Ada" not in [member.name for member in (await members.here(log.db, room.id)).shown]
    with pytest.raises(SeatRequired):
        await say(log, room, ada.member)
    with pytest.raises(MemberNotFound):
        await moderation.kick(log, room.code, grace.member, await person(log, room, ada.member))
    assert (await members.take_seat(log, room.code, "Ada", address=HERE)).member.id != ada.member.id


async def test_a_ban_keeps_seat_name_and_address_out_until_it_is_lifted(
    log: LocalLog, room: Room, grace: Seat, ada: Seat
) -> None:
    await moderation.ban(log, room.code, grace.member, await person(log, room, ada.member), HOUR)

    with pytest.raises(SeatRequired):
        await say(log, room, ada.member)
    with pytest.raises(Banned):
        await members.take_seat(log, room.code, "ADA", address=THERE)
    with pytest.raises(Banned):
        await members.take_seat(log, room.code, "Somebody", address=HERE)
    with pytest.raises(Banned):
        await say(log, room, Stranger(HERE), name="somebody")
    room = await rooms.find(log.db, room.code)
    assert await moderation.banned_until(log.db, room, HERE)
    assert await moderation.banned_until(log.db, room, THERE) is None

    (ban,) = await moderation.bans(log.db, room)
    assert (ban.name, ban.by) == ("Ada", "Grace")
    await moderation.unban(log, log.db, room, grace.member, ban.id)
    assert await moderation.bans(log.db, room) == []
    await members.take_seat(log, room.code, "Ada", address=HERE)
    with pytest.raises(RecordNotFound):
        await moderation.unban(log, log.db, room, grace.member, ban.id)


async def test_whoever_posts_without_a_seat_can_be_banned_by_what_they_posted(
    log: LocalLog, room: Room, grace: Seat
) -> None:
    seq = await say(log, room, Stranger(THERE), "spam")

    await moderation.ban_author(log, log.db, room, grace.member, seq, HOUR)

    with pytest.raises(Banned):
        await say(log, room, Stranger(THERE), "more spam", name="other")
    assert await say(log, room, Stranger(HERE), "everybody else is still called anonymous")


async def test_anonymous_is_the_name_of_nobody_whom_a_seat_or_a_ban_could_stand_for(
    log: LocalLog, room: Room, grace: Seat
) -> None:
    """In a room of before there may be such a seat."""
    before = {"token": "hash", "skeleton": "anonymous", "address": HERE}
    await log.append(Event(room=room.code, kind="join", at=now(), name="Anonymous", member="0001", detail=before))
    assert await say(log, room, Stranger(THERE))
    assert await say(log, room, Stranger(THERE), name="ANONYMOUS")
    for take in (members.take_seat, knocks.knock):
        with pytest.raises(NameInvalid):
            await take(log, room.code, "Anonym0us", address=THERE)
    with pytest.raises(NameInvalid):
        await rooms.create(log, log.db, "anonymous")

    seat = await moderation.find_person(log.db, room, "0001")
    await moderation.ban(log, room.code, grace.member, seat, HOUR)
    by_name = {"target": None, "whom": "Anonymous", "until": moderation.until(HOUR)}
    old = Event(room=room.code, kind="ban", at=now(), name="Grace", member=grace.member.id, changes=by_name)
    await log.append(replace(old, detail={"skeleton": "anonymous", "address": None}))

    seq = await say(log, room, Stranger(THERE), "hello")
    assert (await messages.one(log.db, room, seq)).name == "anonymous"
    with pytest.raises(Banned):
        await say(log, room, Stranger(HERE))


async def test_a_ban_and_a_mute_end_by_themselves(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, machine: Callable[[str], None]
) -> None:
    await moderation.mute(log, room.code, grace.member, await person(log, room, ada.member), timedelta(minutes=10))
    with pytest.raises(Muted):
        await say(log, room, ada.member)

    later = Event(
        room=room.code,
        kind="message",
        at=timestamp(datetime.now(UTC) + timedelta(minutes=11)),
        name="Ada",
        member=ada.member.id,
        text="at last",
    )

    with pytest.raises(Muted):  # whatever the event says, the machine says that it is not later yet
        await log.append(later)
    machine(later.at)
    assert (await log.append(later)).fresh


async def test_a_mute_holds_for_the_seat_and_for_its_address_without_one_but_not_for_others(
    log: LocalLog, room: Room, grace: Seat, ada: Seat
) -> None:
    await moderation.mute(log, room.code, grace.member, await person(log, room, ada.member), HOUR)

    with pytest.raises(Muted):
        await say(log, room, ada.member)
    with pytest.raises(Muted):
        await say(log, room, Stranger(HERE), name="not-ada")
    assert await say(log, room, Stranger(THERE))
    assert [member.name for member in await moderation.muted(log.db, room)] == ["Ada"]

    await moderation.unmute(log, room.code, grace.member, await person(log, room, ada.member))
    assert await say(log, room, ada.member)
    with pytest.raises(RecordNotFound):
        await moderation.unmute(log, room.code, grace.member, await person(log, room, ada.member))


@pytest.mark.parametrize("length", [timedelta(0), timedelta(days=-1), timedelta(days=366)])
async def test_a_ban_has_an_end_that_is_not_past(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, length: timedelta
) -> None:
    with pytest.raises(SettingInvalid):
        await moderation.ban(log, room.code, grace.member, await person(log, room, ada.member), length)


async def test_slow_mode_gives_each_seat_one_post_at_a_time_and_owners_as_many_as_they_like(
    log: LocalLog, room: Room, grace: Seat, ada: Seat
) -> None:
    bob = await members.take_seat(log, room.code, "Mallory")
    await room_settings.change(log, Passphrases(), room, grace.member, {"slow": "60"})

    first = await say(log, room, ada.member, "one", key="k")
    with pytest.raises(SlowDown) as refused:
        await say(log, room, ada.member, "two")

    assert 0 < (refused.value.retry_after or 0) <= 60
    assert await say(log, room, ada.member, "one", key="k") == first  # a retry is no second post
    assert await say(log, room, bob.member)
    assert [await say(log, room, grace.member), await say(log, room, grace.member)]
    await say(log, room, Stranger(HERE), name="one")
    with pytest.raises(SlowDown):  # another name costs nothing, so all who have no seat share one turn
        await say(log, room, Stranger(THERE), name="two")


async def test_only_owners_post_in_a_read_only_room(log: LocalLog, room: Room, grace: Seat, ada: Seat) -> None:
    await room_settings.change(log, Passphrases(), room, grace.member, {"read_only": "on"})

    for author in (ada.member, Stranger(HERE), None):
        with pytest.raises(RoomReadOnly):
            await say(log, room, author)
    assert await say(log, room, grace.member)


async def test_settings_are_checked_and_only_what_differs_is_an_event(log: LocalLog, room: Room, grace: Seat) -> None:
    before = len(await kinds(log, room))
    changed = await room_settings.change(log, Passphrases(), room, grace.member, {"title": "Tea room", "slow": "0"})

    assert changed
    assert changed.event.public()["title"] == "Tea room"
    assert (await rooms.find(log.db, room.code)).title == "Tea room"
    room = await rooms.find(log.db, room.code)
    assert await room_settings.change(log, Passphrases(), room, grace.member, {"title": "Tea room"}) is None
    for wrong in ({"slow": "-1"}, {"slow": "3601"}, {"slow": "1e9"}, {"read_only": "maybe"}, {"lock": "key"}):
        with pytest.raises(SettingInvalid):
            await room_settings.change(log, Passphrases(), room, grace.member, wrong)
    assert len(await kinds(log, room)) == before + 1


async def test_a_removed_message_is_gone_from_the_log_and_its_line_says_who_did_it(
    log: LocalLog, room: Room, grace: Seat, ada: Seat
) -> None:
    seq = await say(log, room, ada.member, "the secret is 42", key="k")

    removal = await messages.remove(log, log.db, room, grace.member, seq)

    assert removal.event.public()["target"] == seq
    assert not [row for row in await log.db.all("SELECT event FROM log") if "secret is 42" in row[0]]
    tombstone = (await log.read(room.code, seq - 1, 1))[0].public()
    assert (tombstone["kind"], tombstone["name"], tombstone["text"], tombstone["removed_by"]) == (
        "message",
        "Ada",
        None,
        "Grace",
    )
    assert await log.db.all("SELECT digest FROM keys") == [("",)]
    with pytest.raises(MessageNotFound):
        await messages.remove(log, log.db, room, grace.member, seq)


async def test_authors_remove_their_own_messages_and_nobody_elses(
    log: LocalLog, room: Room, grace: Seat, ada: Seat
) -> None:
    hers, his = await say(log, room, ada.member), await say(log, room, grace.member)

    await messages.remove(log, log.db, room, ada.member, hers)
    with pytest.raises(OwnerRequired):
        await messages.remove(log, log.db, room, ada.member, his)
    with pytest.raises(SeatRequired):
        await messages.remove(log, log.db, room, Member("0000", "Nobody"), his)
    with pytest.raises(MessageNotFound):
        await messages.remove(log, log.db, room, ada.member, 1)  # a line that is no message


async def test_an_owner_says_how_much_the_room_keeps(log: LocalLog, room: Room, grace: Seat) -> None:
    for number in range(5):
        await messages.post(log, room.code, grace.member, Draft(f"message {number}"))
    changed = await room_settings.change(log, Passphrases(), room, grace.member, {"keep_events": "2", "keep_days": ""})
    assert changed
    assert changed.event.public()["keep_events"] == 2
    assert "keep_days" not in changed.event.changes, "empty is what it was: as the server does"

    await sweep(log, log.db, Keep())
    kept = await messages.before(log.db, await rooms.find(log.db, room.code))
    assert [event.kind for event in kept.events if event.kind != "prune"] == ["message", "room"]

    now = await rooms.find(log.db, room.code)
    await room_settings.change(log, Passphrases(), now, grace.member, {"keep_events": ""})
    assert (await rooms.find(log.db, room.code)).rules.keep_events is None
    for wrong in ("-1", "many", "99999999999"):
        with pytest.raises(SettingInvalid, match="whole number"):
            await room_settings.change(log, Passphrases(), now, grace.member, {"keep_days": wrong})


async def test_opening_a_room_on_a_code_that_is_taken_is_no_change_of_its_settings(log: LocalLog, room: Room) -> None:
    opening = Event(room=room.code, kind="room", at=now(), name="Mallory", detail={"epoch": "aaaa"})

    with pytest.raises(RoomExists):
        await log.append(opening)


async def test_a_new_code_takes_the_log_along_and_the_old_one_is_nobodys_for_a_while(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    await say(log, room, ada.member, "before")
    new = await rooms.move(log, log.db, room.code, grace.member)

    assert [event.text for event in await log.read(new, 0, 100) if event.text] == ["before"]
    assert await members.seated(log.db, new, ada.token)
    for refused in (rooms.find(log.db, room.code), say(log, room, ada.member), say(log, room, None)):
        with pytest.raises(ChatError) as refusal:
            await refused
        assert (refusal.value.code, new in refusal.value.sentence) == ("room_moved", False)
    drawn = iter([room.code, new, "QQQQ"])
    monkeypatch.setattr(rooms, "draw_code", lambda taken: next(drawn))
    assert (await rooms.create(log, log.db, "Grace")).room == "QQQQ"


async def test_a_name_someone_took_meanwhile_is_not_given_twice(log: LocalLog, room: Room, ada: Seat) -> None:
    with pytest.raises(NameTaken):
        await say(log, room, Stranger(THERE), name="ada")


async def test_what_owners_did_to_what_was_pruned_since_replays_from_the_base(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path
) -> None:
    said = await say(log, room, ada.member, "old words")
    victim = await person(log, room, ada.member)
    await moderation.kick(log, room.code, grace.member, victim)
    removal = await messages.remove(log, log.db, room, grace.member, said)
    await moderation.ban(log, room.code, grace.member, victim, HOUR)

    cut = {"before": removal.event.seq}
    await log.append(Event(room=room.code, kind="prune", at=now(), name=None, changes=cut))
    await log.trim(room.code, now())

    original = sqlite3.connect(tmp_path / "data" / "chadchat.sqlite3")
    replayed = empty_copy(original)
    start = load_base(original, replayed, room.id)
    assert start == removal.event.seq
    for event in events_for_replay(original, replayed, room.id, start, 100):
        apply(replayed, event)
    assert dump(replayed, 1) == dump(original, room.id)
    original.close()
    replayed.close()
