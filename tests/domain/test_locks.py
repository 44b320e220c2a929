"""Locked rooms: passphrases and knocks admit the right callers and refuse the others."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from argon2 import PasswordHasher

from chadchat.domain import knocks, members, messages, room_settings, rooms
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft, Stranger
from chadchat.domain.passphrases import Passphrases
from chadchat.domain.rooms import Room
from chadchat.errors import KnocksFull, NameTaken, OwnerRequired, RecordNotFound, RoomNotFound, SettingInvalid
from chadchat.log.local import LocalLog

PASSPHRASE = "correct horse"


@pytest.fixture
def gate() -> Passphrases:
    return Passphrases()


async def lock(log: LocalLog, gate: Passphrases, grace: Seat, how: str, passphrase: str = PASSPHRASE) -> Room:
    room = await rooms.find(log.db, grace.room)
    fields = {"lock": how} | ({"passphrase": passphrase} if how != "off" else {})  # with `off` it would lock
    await room_settings.change(log, gate, room, grace.member, fields)
    return await rooms.find(log.db, grace.room)


async def test_the_passphrase_opens_the_room_and_is_stored_only_as_argon2(
    log: LocalLog, gate: Passphrases, grace: Seat
) -> None:
    room = await lock(log, gate, grace, "passphrase")

    opened = await gate.open(room, room.code, PASSPHRASE)
    assert (await members.take_seat(log, room.code, "Ada", opened=opened)).member.name == "Ada"

    assert (room.rules.passphrase or "").startswith("$argon2id$")
    assert not any(PASSPHRASE in str(row) for row in await log.db.all("SELECT event FROM log"))
    assert PASSPHRASE not in str((await log.read(room.code, 0, 100))[-2].public())


@pytest.mark.parametrize("guess", ["", "wrong horse", PASSPHRASE.upper(), PASSPHRASE + " ", "x" * 100_000])
async def test_a_wrong_passphrase_and_a_room_that_is_not_there_are_refused_alike(
    log: LocalLog, gate: Passphrases, grace: Seat, guess: str
) -> None:
    room = await lock(log, gate, grace, "passphrase")

    with pytest.raises(RoomNotFound) as locked:
        await gate.open(room, room.code, guess)
    with pytest.raises(RoomNotFound) as nowhere:
        await gate.open(None, room.code, guess)
    assert locked.value.sentence == nowhere.value.sentence


async def test_nobody_joins_or_posts_past_a_lock_in_the_log_itself(
    log: LocalLog, gate: Passphrases, grace: Seat
) -> None:
    old = await lock(log, gate, grace, "passphrase")
    opened = await gate.open(old, old.code, PASSPHRASE)
    await lock(log, gate, grace, "passphrase", "another one")  # between the check and the join

    for wrong in (None, opened, {"opened": 0}, {"link": 1}):
        with pytest.raises(RoomNotFound):
            await members.take_seat(log, old.code, "Mallory", opened=wrong)
    for stranger in (None, Stranger("there"), Stranger("there", link=1)):
        with pytest.raises(RoomNotFound):
            await messages.post(log, old.code, stranger, Draft("tea?"))


async def test_a_lock_leaves_seats_alone_and_can_be_taken_off(
    log: LocalLog, gate: Passphrases, grace: Seat, ada: Seat
) -> None:
    await lock(log, gate, grace, "passphrase")
    assert await messages.post(log, ada.room, ada.member, Draft("tea?"))

    room = await lock(log, gate, grace, "off")
    assert (room.rules.lock, room.rules.passphrase) == (None, None)
    assert await members.take_seat(log, room.code, "Mallory")


@pytest.mark.parametrize("passphrase", ["", "short", "x" * 129])
async def test_a_passphrase_is_long_enough_to_be_one(
    log: LocalLog, gate: Passphrases, grace: Seat, passphrase: str
) -> None:
    with pytest.raises(SettingInvalid, match="6 to 128"):
        await lock(log, gate, grace, "passphrase", passphrase)
    assert (await rooms.find(log.db, grace.room)).rules.lock is None


async def test_guesses_are_checked_one_at_a_time_and_the_loop_goes_on_meanwhile(
    log: LocalLog, gate: Passphrases, grace: Seat
) -> None:
    room = await lock(log, gate, grace, "passphrase")
    guesses = [asyncio.create_task(gate.open(room, room.code, f"guess {number}")) for number in range(5)]
    turns = 0
    while not all(guess.done() for guess in guesses):
        await asyncio.sleep(0)
        turns += 1

    assert turns > 100
    refused = await asyncio.gather(*guesses, return_exceptions=True)
    assert [type(one) for one in refused] == [RoomNotFound] * 5


async def test_who_is_let_in_sits_on_what_they_knocked_with(log: LocalLog, gate: Passphrases, grace: Seat) -> None:
    room = await lock(log, gate, grace, "approval")
    knock, token = await knocks.knock(log, room.code, "Ada", "here")
    assert await members.seated(log.db, room.code, token) is None
    assert await knocks.waiting(log.db, room) == [knock]

    await knocks.admit(log, log.db, room, grace.member, knock.id)

    seated = await members.seated(log.db, room.code, token)
    assert seated
    assert (seated.name, seated.owner) == ("Ada", False)
    assert await knocks.of(log.db, room.code, token) == replace(knock, state="admitted")
    with pytest.raises(RecordNotFound):
        await knocks.admit(log, log.db, room, grace.member, knock.id)


async def test_who_is_left_outside_stays_there(log: LocalLog, gate: Passphrases, grace: Seat) -> None:
    room = await lock(log, gate, grace, "approval")
    knock, token = await knocks.knock(log, room.code, "Mallory", "there")

    await knocks.deny(log, log.db, room, grace.member, knock.id)

    assert await members.seated(log.db, room.code, token) is None
    assert await knocks.of(log.db, room.code, token) == replace(knock, state="denied")
    assert await knocks.waiting(log.db, room) == []
    assert await knocks.of(log.db, room.code, "cct_of_somebody_else") is None


async def test_only_owners_open_the_door(log: LocalLog, gate: Passphrases, grace: Seat, ada: Seat) -> None:
    room = await lock(log, gate, grace, "approval")
    knock, token = await knocks.knock(log, room.code, "Mallory", "there")
    assert await knocks.of(log.db, room.code, token) == knock  # she is there

    for answer in (knocks.admit, knocks.deny):
        with pytest.raises(OwnerRequired):
            await answer(log, log.db, room, ada.member, knock.id)
    assert [waiting.id for waiting in await knocks.waiting(log.db, room)] == [knock.id]


async def test_a_knock_tells_nobody_who_sits_in_the_room_and_the_owner_hears_that_the_name_is_taken(
    log: LocalLog, gate: Passphrases, grace: Seat, ada: Seat
) -> None:
    room = await lock(log, gate, grace, "approval")
    knock, _ = await knocks.knock(log, room.code, "ADA", "there")

    with pytest.raises(NameTaken):
        await knocks.admit(log, log.db, room, grace.member, knock.id)
    assert await knocks.waiting(log.db, room) == [knock]


async def test_a_flood_of_knocks_ends(log: LocalLog, gate: Passphrases, grace: Seat) -> None:
    room = await lock(log, gate, grace, "approval")
    for number in range(20):
        await knocks.knock(log, room.code, f"Mallory {number}", "there")
    with pytest.raises(KnocksFull):
        await knocks.knock(log, room.code, "Mallory again", "there")
    assert len(await knocks.waiting(log.db, room)) == 20


async def test_there_is_nothing_to_knock_at_where_nobody_opens(log: LocalLog, gate: Passphrases, grace: Seat) -> None:
    for room in (grace.room, "ZZZZ", (await lock(log, gate, grace, "passphrase")).code):
        with pytest.raises(RoomNotFound):
            await knocks.knock(log, room, "Mallory", "there")


async def test_a_right_passphrase_does_not_wait_for_hundreds_of_changes_or_another_visitors_guesses(
    log: LocalLog, gate: Passphrases, grace: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await lock(log, gate, grace, "passphrase")
    done: list[str] = []

    async def noted(what: str, work: Coroutine[Any, Any, Any]) -> None:
        with suppress(RoomNotFound):
            await work
        done.append(what)

    monkeypatch.setattr(gate, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    changes = [noted("change", gate.hashed(f"passphrase {number}", room=1)) for number in range(256)]
    guesses = [noted("guess", gate.open(room, room.code, f"wrong {number}", "mallory")) for number in range(30)]
    waiting = [asyncio.create_task(work) for work in (*changes, *guesses)]
    await asyncio.sleep(0)
    waiting.append(asyncio.create_task(noted("right", gate.open(room, room.code, PASSPHRASE, "ada"))))
    waiting.append(asyncio.create_task(noted("another room", gate.hashed("correct horse", room=2))))
    await asyncio.gather(*waiting)

    assert done.index("right") <= 3  # the one that was being made, and one of mallory's
    assert done[3:31].count("guess") >= 27  # checks go first
    assert done.index("another room") <= 34


async def test_a_check_that_is_given_up_leaves_its_turn_to_the_next(
    log: LocalLog, gate: Passphrases, grace: Seat
) -> None:
    room = await lock(log, gate, grace, "passphrase")
    waiting = [asyncio.create_task(gate.open(room, room.code, PASSPHRASE, f"ada {number}")) for number in range(4)]
    await asyncio.sleep(0)
    for one in waiting[1:3]:
        one.cancel()

    assert await waiting[3] == {"opened": room.rules.locked_at}
    assert await gate.open(room, room.code, PASSPHRASE, "grace")
