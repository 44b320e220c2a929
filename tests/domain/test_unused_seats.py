"""Unused seats end after so many days, by a line of their room; what is used, and what an owner has, stays."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from chadchat.domain import members, messages, moderation, rooms, unused_seats
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.domain.retention import Keep, sweep
from chadchat.domain.rooms import Room
from chadchat.domain.unused_seats import end_unused, with_name
from chadchat.errors import MemberNotFound, NameTaken
from chadchat.events import Event, timestamp
from chadchat.log.local import LocalLog
from chadchat.storage.check import check
from chadchat.storage.db import FILE

START = datetime.now(UTC)
Machine = Callable[[str], None]


def after(days: float) -> datetime:
    return START + timedelta(days=days)


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch, machine: Machine) -> Callable[[float], None]:
    """Sets every clock to so many days from the start."""

    def says(days: float) -> None:
        moment = timestamp(after(days))
        machine(moment)
        for module in (members, messages, moderation, unused_seats):
            monkeypatch.setattr(module, "now", lambda: moment)

    return says


async def end(log: LocalLog, day: float) -> int:
    return await end_unused(log, log.db, 180, after(day))


async def seats(log: LocalLog) -> set[str]:
    return {name for (name,) in await log.db.all("SELECT name FROM members WHERE token IS NOT NULL")}


async def test_a_seat_that_nobody_uses_ends_after_180_days_and_an_owners_does_not(
    log: LocalLog, room: Room, ada: Seat, on: Callable[[float], None], tmp_path: Path
) -> None:
    await members.depart(log, room.code, ada.member)
    assert await seats(log) == {"Ada", "Grace"}

    on(179)
    assert await end(log, 179) == 0
    on(181)
    assert await end(log, 181) == 1

    assert await seats(log) == {"Grace"}
    assert await members.seated(log.db, room.code, ada.token) is None
    (last,) = await log.tail(room.code, 1)
    assert (last.kind, last.name, last.changes) == ("leave", "Ada", {"unused_days": 180})
    assert (await members.take_seat(log, room.code, "Ada")).member.name == "Ada"
    assert check(tmp_path / "data").faults == []


@pytest.mark.parametrize("how", ["posts", "comes", "goes", "stays"])
async def test_a_seat_that_is_used_stays(
    log: LocalLog, room: Room, ada: Seat, on: Callable[[float], None], tmp_path: Path, how: str
) -> None:
    if how in ("posts", "comes"):
        await members.depart(log, room.code, ada.member)
    on(170)
    if how == "posts":
        await messages.post(log, room.code, ada.member, Draft("tea?", key="k"))
        await messages.post(log, room.code, ada.member, Draft("tea!"))
    if how == "comes":
        await members.arrive(log, room.code, ada.member)
    if how in ("comes", "goes"):
        await members.depart(log, room.code, ada.member)

    on(349)
    assert await end(log, 349) == 0
    on(351)
    assert await end(log, 351) == (0 if how == "stays" else 1)
    assert check(tmp_path / "data").faults == []


async def test_a_seat_that_is_used_after_the_sweeper_looked_stays(
    log: LocalLog, room: Room, ada: Seat, on: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    await members.depart(log, room.code, ada.member)
    on(181)
    await log.note("seats", timestamp(after(0)))
    append = log.append

    async def late(event: Event) -> object:
        monkeypatch.setattr(log, "append", append)
        await messages.post(log, room.code, ada.member, Draft("tea?"))
        return await append(event)

    monkeypatch.setattr(log, "append", late)

    assert await end(log, 181) == 0
    assert await seats(log) == {"Ada", "Grace"}


async def test_seats_of_before_count_as_used_when_uses_were_first_kept(
    log: LocalLog, room: Room, ada: Seat, on: Callable[[float], None], tmp_path: Path
) -> None:
    await members.depart(log, room.code, ada.member)
    with closing(sqlite3.connect(tmp_path / "data" / FILE)) as db, db:
        db.execute("UPDATE members SET used_at = NULL")
    on(400)

    assert [await end(log, day) for day in (10, 189, 191)] == [0, 0, 1]


async def test_a_sweep_ends_them_and_0_days_keep_all(
    log: LocalLog, room: Room, ada: Seat, on: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    await members.depart(log, room.code, ada.member)
    assert await end_unused(log, log.db, 0, after(10_000)) == 0
    on(200)
    await log.note("swept", timestamp(after(200)))
    monkeypatch.setattr(
        "chadchat.domain.retention.datetime", type("Later", (datetime,), {"now": lambda tz: after(200)})
    )

    await sweep(log, log.db, Keep(seats=180))

    assert await seats(log) == {"Grace"}


async def test_seats_of_a_closed_room_make_no_lines(
    log: LocalLog, room: Room, ada: Seat, on: Callable[[float], None]
) -> None:
    await members.depart(log, room.code, ada.member)
    await log.append(rooms.closing(room.code))
    on(400)

    assert await end(log, 400) == 0


# A name whose seat was not used for 30 days.


async def take(log: LocalLog, room: Room, name: str) -> Seat:
    return await with_name(log, log.db, room.code, name, partial(members.take_seat, log, room.code, name))


async def test_a_name_whose_seat_was_unused_for_30_days_can_be_taken_and_the_log_says_whose_it_was(
    log: LocalLog, room: Room, ada: Seat, on: Callable[[float], None], tmp_path: Path
) -> None:
    await members.depart(log, room.code, ada.member)
    on(29)
    with pytest.raises(NameTaken):
        await take(log, room, "ADA")
    assert await members.seated(log.db, room.code, ada.token)

    on(31)
    seat = await take(log, room, "ADA")

    assert await members.seated(log.db, room.code, ada.token) is None
    assert await members.seated(log.db, room.code, seat.token)
    *_, left, joined = (await messages.before(log.db, await rooms.find(log.db, room.code))).events
    assert (left.kind, left.name, left.changes) == ("leave", "Ada", {"unused_days": 30})
    assert (joined.kind, joined.name) == ("join", "ADA")
    await log.close()
    assert check(tmp_path / "data").faults == []


async def test_a_name_that_is_in_use_and_an_owners_cannot(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, on: Callable[[float], None]
) -> None:
    on(20)
    await messages.post(log, room.code, ada.member, Draft("tea?", name=None))
    await members.depart(log, room.code, ada.member)
    await members.depart(log, room.code, grace.member)
    on(45)
    for name in ("Ada", "Grace"):
        with pytest.raises(NameTaken):
            await take(log, room, name)
    on(400)
    with pytest.raises(NameTaken):
        await take(log, room, "Grace")


async def test_a_member_takes_such_a_name_and_an_owner_lets_someone_in_under_it(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, on: Callable[[float], None]
) -> None:
    mallory = await members.take_seat(log, room.code, "Mallory")
    await members.depart(log, room.code, ada.member)
    on(31)
    rename = partial(members.rename, log, room.code, mallory.member, "Ada")

    member, _ = await with_name(log, log.db, room.code, "Ada", rename)

    assert (member.id, member.name) == (mallory.member.id, "Ada")


async def test_a_clock_that_is_ahead_for_a_moment_frees_no_name(
    log: LocalLog, room: Room, ada: Seat, on: Callable[[float], None]
) -> None:
    await members.depart(log, room.code, ada.member)
    await sweep(log, log.db, Keep())
    on(31)
    with pytest.raises(NameTaken):
        await take(log, room, "Ada")


async def test_an_owner_frees_a_name_at_once(log: LocalLog, room: Room, grace: Seat, ada: Seat) -> None:
    await members.depart(log, room.code, ada.member)
    person = await moderation.find_person(log.db, room, "ADA")
    assert person.member.id == ada.member.id

    await moderation.kick(log, room.code, grace.member, person)

    assert (await members.take_seat(log, room.code, "Ada")).member.id != ada.member.id
    with pytest.raises(MemberNotFound):
        await moderation.find_person(log.db, room, "Mallory")
