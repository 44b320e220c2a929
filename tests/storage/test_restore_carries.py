"""A restore carries over what was revoked, removed or forbidden since the backup, and nothing that loosens."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chadchat.domain import devices, edits, members, messages, moderation, rooms
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft, Stranger
from chadchat.domain.retention import Keep, sweep
from chadchat.domain.rooms import Room
from chadchat.domain.unused_seats import ONE_DAY
from chadchat.errors import Banned, Muted
from chadchat.events import ADDRESS_KEY, SWEPT, Event, Note, now, timestamp, to_json
from chadchat.kinds import rewritten
from chadchat.log.local import LocalLog
from chadchat.storage.backup import back_up
from chadchat.storage.check import check
from chadchat.storage.db import FILE
from chadchat.storage.restore import Restored, restore

from ..operating import chadchat, damage, within

HOUR = timedelta(hours=1)
SECRET = "elderberry"


def rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / FILE)) as db:
        return db.execute(sql).fetchall()


@pytest.fixture
def back(tmp_path: Path, log: LocalLog) -> Callable[[], Any]:
    async def go_back() -> Restored:
        await log.close()
        restored = restore(tmp_path / "data", tmp_path / "copy")
        assert check(tmp_path / "data").faults == []
        return restored

    return go_back


async def person(log: LocalLog, room: Room, seat: Seat) -> moderation.Person:
    return await moderation.find_person(log.db, room, seat.member.id)


async def act(log: LocalLog, room: Room, seat: Seat, kind: str, changes: Any = None, detail: Any = None) -> None:
    name, id = seat.member.name, seat.member.id
    await log.append(Event(room.code, kind, now(), name, id, changes=changes or {}, detail=detail or {}))


async def test_removed_words_stay_away_and_are_in_no_page_of_the_file(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path, back: Any
) -> None:
    said = (await messages.post(log, room.code, ada.member, Draft(f"{SECRET} " * 300))).event.seq
    back_up(tmp_path / "data", tmp_path / "copy")
    await messages.remove(log, log.db, room, grace.member, said)

    restored = await back()

    assert restored.carried.kinds == {"remove": 1}
    assert SECRET.encode() not in (tmp_path / "data" / FILE).read_bytes()


async def edit(log: LocalLog, room: Room, seat: Seat, seq: int, text: str) -> None:
    await edits.edit(log, log.db, room, seat.member, seq, Draft(text, key=f"{seq}-{len(text)}"), 24)


async def test_words_that_were_edited_away_stay_away(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path, back: Any
) -> None:
    one, two, three, four = [
        (await messages.post(log, room.code, ada.member, Draft(f"{word} " * 300, key=key))).event.seq
        for key, word in (("one", SECRET), ("two", SECRET), ("three", SECRET), ("four", "bread"))
    ]
    await edit(log, room, ada, two, f"{SECRET} again")
    back_up(tmp_path / "data", tmp_path / "copy")
    await edit(log, room, ada, one, f"{SECRET} for a moment")
    await edit(log, room, ada, one, "tea *at five*?")
    await edit(log, room, ada, two, "milk")
    await edit(log, room, ada, three, "tea?")
    await messages.remove(log, log.db, room, grace.member, three)
    await members.give_up_seat(log, room.code, ada.member)  # and none of it needs the seat
    late = (await messages.post(log, room.code, grace.member, Draft("tea?"))).event.seq
    await edit(log, room, grace, late, "not in the backup")
    before = {seq: await messages.one(log.db, room, seq) for seq in (one, two, four)}

    restored = await back()

    assert restored.carried.kinds == {"edit": 2, "remove": 1, "leave": 1}
    assert restored.carried.refused == {}
    again = await LocalLog.open(tmp_path / "data")
    try:
        now_is = await rooms.find(again.db, room.code)
        for seq in (one, two):
            kept = await messages.one(again.db, now_is, seq)
            assert (kept.text, kept.html, kept.edited_at) == (
                before[seq].text,
                before[seq].html,
                before[seq].edited_at,
            )
        assert (await messages.one(again.db, now_is, three)).removed_by == "Grace"
        assert (await messages.one(again.db, now_is, four)).text == before[four].text
        carried = [event for event in await again.tail(room.code, 9) if event.kind == "edit" and event.text]
        assert [(event.changes, event.name, event.text) for event in carried] == [
            ({"target": seq, "edited_at": before[seq].edited_at}, "Ada", before[seq].text) for seq in (one, two)
        ]
        assert all(event.seq > four + 1 for event in carried), "after all that the backup holds"
        line = to_json(rewritten(carried[0]).public())  # type: ignore[union-attr]
        assert line == to_json((await messages.one(again.db, now_is, one)).public()), "the page shows the same"
    finally:
        await again.close()
    for file in (tmp_path / "data").glob(f"{FILE}*"):
        assert SECRET.encode() not in file.read_bytes(), file.name


async def test_words_that_are_carried_over_mention_whom_they_did(
    log: LocalLog, room: Room, ada: Seat, tmp_path: Path, back: Any
) -> None:
    seq = (await messages.post(log, room.code, ada.member, Draft("tea?"))).event.seq
    back_up(tmp_path / "data", tmp_path / "copy")
    await edit(log, room, ada, seq, "@Ada tea?")
    await back()

    again = await LocalLog.open(tmp_path / "data")
    kept = await messages.one(again.db, await rooms.find(again.db, room.code), seq)
    await again.close()
    assert kept.mentions == [ada.member.id]


async def test_edits_are_carried_over_again_and_an_older_one_never_replaces_a_newer(
    log: LocalLog, room: Room, ada: Seat, tmp_path: Path, back: Any
) -> None:
    seq = (await messages.post(log, room.code, ada.member, Draft(SECRET))).event.seq
    back_up(tmp_path / "data", tmp_path / "first")
    await edit(log, room, ada, seq, "tea?")
    back_up(tmp_path / "data", tmp_path / "copy")
    await edit(log, room, ada, seq, "milk?")

    assert (await back()).carried.kinds == {"edit": 1}
    assert restore(tmp_path / "data", tmp_path / "copy").carried.kinds == {"edit": 1}  # type: ignore[union-attr]
    assert restore(tmp_path / "data", tmp_path / "first").carried.kinds == {"edit": 1}  # type: ignore[union-attr]

    newer = tmp_path / "newer"
    back_up(tmp_path / "data", newer)
    opened = await LocalLog.open(tmp_path / "data")
    with closing(sqlite3.connect(tmp_path / "data" / FILE)) as db:
        sql = "SELECT json_extract(event, '$.text') FROM log WHERE seq = ?"
        assert db.execute(sql, (seq,)).fetchall() == [("milk?",)]
    await opened.close()
    assert restore(tmp_path / "data", newer).carried.kinds == {}  # type: ignore[union-attr]
    assert check(tmp_path / "data").faults == []


async def test_an_edit_that_cannot_be_read_in_the_replaced_file_carries_nothing_over(
    log: LocalLog, room: Room, ada: Seat, tmp_path: Path, back: Any
) -> None:
    seq = (await messages.post(log, room.code, ada.member, Draft("tea?"))).event.seq
    back_up(tmp_path / "data", tmp_path / "copy")
    await edit(log, room, ada, seq, "milk?")
    await log.close()
    with closing(sqlite3.connect(tmp_path / "data" / FILE)) as db, db:
        db.execute("UPDATE log SET event = replace(event, '}', '') WHERE seq = ?", (seq,))

    restored = await back()

    assert restored.carried is None
    kept = rows(tmp_path / "data", "SELECT json_extract(event, '$.text') FROM log WHERE kind = 'message'")
    assert kept == [("tea?",)]


async def test_devices_that_were_signed_out_stay_out_and_the_seat_stays(
    log: LocalLog, room: Room, ada: Seat, tmp_path: Path, back: Any
) -> None:
    made = await devices.transfer(log, room.code, ada.member)
    lost = await devices.follow(log, room.code, ada.member, made.path.rsplit("/", 1)[1])
    back_up(tmp_path / "data", tmp_path / "copy")
    kept = await devices.sign_out(log, room.code, ada.member)

    restored = await back()

    assert restored.carried.kinds == {"signout": 1}
    opened = await LocalLog.open(tmp_path / "data")
    assert await members.seated(opened.db, room.code, kept.token) == ada.member
    for token in (ada.token, lost.token):
        assert await members.seated(opened.db, room.code, token) is None
    await opened.close()


async def test_bans_mutes_and_seats_that_ended_hold(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path, back: Any
) -> None:
    mallory = await members.take_seat(log, room.code, "Mallory", address="aa")
    left = await members.take_seat(log, room.code, "Left")
    kicked = await members.take_seat(log, room.code, "Kicked")
    back_up(tmp_path / "data", tmp_path / "copy")
    await moderation.mute(log, room.code, grace.member, await person(log, room, ada), HOUR)
    await moderation.ban(log, room.code, grace.member, await person(log, room, mallory), HOUR)
    await moderation.kick(log, room.code, grace.member, await person(log, room, kicked))
    await members.give_up_seat(log, room.code, left.member)

    restored = await back()

    assert restored.carried.kinds == {"mute": 1, "ban": 1, "kick": 1, "leave": 1}
    data = tmp_path / "data"
    assert rows(data, "SELECT name, address, by FROM bans") == [("Mallory", "aa", "Grace")]
    seated = "SELECT name, muted_until IS NOT NULL FROM members WHERE token IS NOT NULL ORDER BY name"
    assert rows(data, seated) == [("Ada", 1), ("Grace", 0)]


async def test_a_ban_and_a_mute_of_somebody_who_joined_after_the_backup_hold(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path, back: Any
) -> None:
    back_up(tmp_path / "data", tmp_path / "copy")
    mallory = await members.take_seat(log, room.code, "Mallory", address="aa")
    loud = await members.take_seat(log, room.code, "Loud", address="bb")
    gone = await members.take_seat(log, room.code, "Gone", address="cc")
    for seat in (loud, gone):
        await moderation.mute(log, room.code, grace.member, await person(log, room, seat), HOUR)
    await members.give_up_seat(log, room.code, gone.member)
    await moderation.ban(log, room.code, grace.member, await person(log, room, mallory), HOUR)

    restored = await back()

    assert (restored.carried.kinds, restored.carried.unbound) == ({"mute": 2, "ban": 1}, 0)
    again = await LocalLog.open(tmp_path / "data")
    try:
        for address in ("bb", "cc"):
            with pytest.raises(Muted):
                await messages.post(again, room.code, Stranger(address), Draft("tea?", "Other"))
            seat = await members.take_seat(again, room.code, f"Other {address}", address=address)
            with pytest.raises(Muted):
                await messages.post(again, room.code, seat.member, Draft("tea?"))
        for name, address in (("Mallory", "dd"), ("Other", "aa")):
            with pytest.raises(Banned):
                await members.take_seat(again, room.code, name, address=address)
        await messages.post(again, room.code, (await members.take_seat(again, room.code, "Loud")).member, Draft("tea?"))
    finally:
        await again.close()
    assert check(tmp_path / "data").faults == []
    assert restore(tmp_path / "data", tmp_path / "copy").carried.kinds["mute"] == 4  # type: ignore[union-attr]
    assert check(tmp_path / "data").faults == []


async def test_a_mute_that_binds_nobody_any_more_is_counted_and_said(
    log: LocalLog, room: Room, grace: Seat, tmp_path: Path
) -> None:
    back_up(tmp_path / "data", tmp_path / "copy")
    loud = await members.take_seat(log, room.code, "Loud")
    await moderation.mute(log, room.code, grace.member, await person(log, room, loud), HOUR)
    await log.close()

    said = within(tmp_path / "data", "restore", tmp_path / "copy")

    assert (
        "Carried over from the replaced database: nothing."
        " Left out: 1 mute, of members who joined after the backup and whose address is not known.\n"
    ) in said.err
    assert check(tmp_path / "data").faults == []


async def test_the_command_names_what_the_rules_refuse(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path
) -> None:
    back_up(tmp_path / "data", tmp_path / "copy")
    await act(log, room, grace, "owner", {"target": ada.member.id, "whom": "Ada", "owner": True})
    await members.give_up_seat(log, room.code, grace.member)
    await log.close()

    said = within(tmp_path / "data", "restore", tmp_path / "copy")

    assert "nothing. The rules of the restored rooms refused 1 seat that was given up or had ended.\n" in said.err


async def test_links_ownership_locks_and_codes_that_were_taken_back_stay_so(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path, back: Any
) -> None:
    await act(log, room, grace, "link", {"grants": "join"}, {"token": "t"})
    await act(log, room, grace, "owner", {"target": ada.member.id, "whom": "Ada", "owner": True})
    back_up(tmp_path / "data", tmp_path / "copy")
    (link,) = await log.db.one("SELECT id FROM links") or (0,)
    await act(log, room, grace, "unlink", {"target": link})
    await act(log, room, grace, "owner", {"target": ada.member.id, "whom": "Ada", "owner": False})
    await act(log, room, grace, "room", {"lock": "passphrase"}, {"passphrase": "hash"})
    await act(log, room, grace, "room", {"read_only": True})
    code = await rooms.move(log, log.db, room.code, grace.member)
    code = await rooms.move(log, log.db, code, grace.member)
    await log.append(rooms.closing(code))

    restored = await back()

    assert restored.carried.kinds == {"move": 2, "room": 1}  # of a closed room nothing else can be used
    assert rows(tmp_path / "data", "SELECT code, closed IS NOT NULL FROM rooms") == [(code, 1)]


async def test_an_open_room_keeps_its_revocations(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path, back: Any
) -> None:
    await act(log, room, grace, "link", {"grants": "join"}, {"token": "t"})
    await act(log, room, grace, "owner", {"target": ada.member.id, "whom": "Ada", "owner": True})
    back_up(tmp_path / "data", tmp_path / "copy")
    (link,) = await log.db.one("SELECT id FROM links") or (0,)
    await act(log, room, grace, "unlink", {"target": link})
    await act(log, room, grace, "owner", {"target": ada.member.id, "whom": "Ada", "owner": False})
    await act(log, room, grace, "room", {"lock": "passphrase"}, {"passphrase": "hash"})
    await act(log, room, grace, "room", {"read_only": True, "typing": False, "files": False})

    restored = await back()

    assert restored.carried.kinds == {"unlink": 1, "owner": 1, "room": 4}
    assert rows(tmp_path / "data", "SELECT lock, passphrase, read_only, typing, takes_files FROM rooms") == [
        ("passphrase", "hash", 1, 0, 0)
    ]


async def test_nothing_that_loosens_is_carried_over(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path, back: Any
) -> None:
    await moderation.mute(log, room.code, grace.member, await person(log, room, ada), HOUR)
    await act(log, room, grace, "room", {"lock": "approval", "read_only": True, "typing": False})
    back_up(tmp_path / "data", tmp_path / "copy")
    await moderation.unmute(log, room.code, grace.member, await person(log, room, ada))
    await act(log, room, grace, "owner", {"target": ada.member.id, "whom": "Ada", "owner": True})
    await act(log, room, grace, "link", {"grants": "join"}, {"token": "t"})
    await act(log, room, grace, "room", {"lock": None, "read_only": False, "typing": True})

    restored = await back()

    assert not restored.carried.kinds
    assert rows(tmp_path / "data", "SELECT lock, read_only, typing FROM rooms") == [("approval", 1, 0)]


async def test_what_a_rule_refuses_is_counted(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path, back: Any
) -> None:
    back_up(tmp_path / "data", tmp_path / "copy")
    await act(log, room, grace, "owner", {"target": ada.member.id, "whom": "Ada", "owner": True})
    await members.give_up_seat(log, room.code, grace.member)

    restored = await back()

    assert (dict(restored.carried.kinds), dict(restored.carried.refused)) == ({}, {"leave": 1})


async def test_a_pruned_log_and_a_second_restore_still_carry_bans(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path, back: Any
) -> None:
    back_up(tmp_path / "data", tmp_path / "copy")
    await moderation.ban(log, room.code, grace.member, await person(log, room, ada), HOUR)
    for number in range(9):
        await messages.post(log, room.code, grace.member, Draft(str(number)))
    await sweep(log, log.db, Keep(events=2))
    await rooms.create(log, log.db, "Mallory")

    assert (await back()).carried.kinds["ban"] == 1
    assert restore(tmp_path / "data", tmp_path / "copy").carried.kinds["ban"] == 1  # type: ignore[union-attr]
    assert check(tmp_path / "data").faults == []


async def test_a_backup_without_the_key_of_addresses_takes_the_one_of_the_replaced_file(
    log: LocalLog, room: Room, tmp_path: Path, back: Any
) -> None:
    back_up(tmp_path / "data", tmp_path / "copy")
    await log.note(ADDRESS_KEY, "ab" * 32)

    await back()

    assert rows(tmp_path / "data", "SELECT value FROM node WHERE name = 'address_key'") == [("ab" * 32,)]
    assert Note(ADDRESS_KEY, "").name == "address_key"


async def test_a_message_that_was_edited_and_pruned_goes_again_with_the_first_sweep(
    log: LocalLog, machine: Callable[[str], None], tmp_path: Path, back: Any
) -> None:
    begun = timestamp(datetime.now(UTC) - 20 * ONE_DAY)
    machine(begun)
    grace = await rooms.create(log, log.db, "Grace")
    room = await rooms.find(log.db, grace.room)
    said = (await messages.post(log, room.code, grace.member, Draft(f"{SECRET} " * 300))).event
    await log.note(SWEPT, begun)
    back_up(tmp_path / "data", tmp_path / "copy")
    machine(now())
    await edits.edit(log, log.db, room, grace.member, said.seq, Draft("tea?"), 1_000)
    await log.note(SWEPT, now())  # hourly, all these days
    assert await sweep(log, log.db, Keep(days=3)) > 0

    await back()

    assert SECRET.encode() in (tmp_path / "data" / FILE).read_bytes()
    again = await LocalLog.open(tmp_path / "data")
    await sweep(again, again.db, Keep(days=3))  # as a server does when it starts
    assert [event for event in await again.tail(room.code, 20) if event.kind == "message"] == []
    await again.close()
    assert all(
        SECRET.encode() not in file.read_bytes()
        for file in (tmp_path / "data").glob(f"{FILE}*")
        if ".replaced-" not in file.name
    )


async def test_the_command_says_what_it_carries_or_that_it_could_not(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path
) -> None:
    seq = (await messages.post(log, room.code, ada.member, Draft("tea?"))).event.seq
    back_up(tmp_path / "data", tmp_path / "copy")
    await edit(log, room, ada, seq, "milk?")
    await moderation.kick(log, room.code, grace.member, await person(log, room, ada))
    await log.close()

    said = chadchat(tmp_path / "data", "restore", tmp_path / "copy")
    assert "Carried over from the replaced database: 1 edited message, 1 removed member.\n" in said.err
    damage(tmp_path / "data" / FILE, first=1, step=1)
    said = chadchat(tmp_path / "data", "restore", tmp_path / "copy")

    assert said.status == 0
    assert "The replaced database could not be read: bans, removals, edits and revocations" in said.err
    assert check(tmp_path / "data").faults == []
    assert "Carried" not in chadchat(tmp_path / "elsewhere", "restore", tmp_path / "copy").err
