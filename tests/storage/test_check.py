"""Check: a replay of the log into an empty database gives the same tables, and any difference is named."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from chadchat.domain import members, messages, moderation, rooms
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.domain.retention import Keep, sweep
from chadchat.errors import MessageNotFound
from chadchat.log.local import LocalLog
from chadchat.storage.check import check
from chadchat.storage.db import FILE

from ..operating import chadchat, damage
from ..serving import Server


@pytest.fixture
async def data(log: LocalLog, grace: Seat, ada: Seat, tmp_path: Path) -> Path:
    """Two rooms that saw everything: posts, keys, departures, seats given up, retention; one of them pruned."""
    for number in range(30):
        await messages.post(log, grace.room, ada.member, Draft(str(number), key=str(number)))
    await members.give_up_seat(log, grace.room, ada.member)
    await log.append(rooms.keeping(grace.room, events=10))
    await sweep(log, log.db, Keep())
    for number in range(30):
        await messages.post(log, grace.room, None, Draft(str(number), key=str(number)))
    other = await rooms.create(log, log.db, "Mallory")
    await messages.post(log, other.room, other.member, Draft("hello?"))
    await log.close()
    return tmp_path / "data"


async def test_a_database_that_is_as_it_should_be_has_no_faults(data: Path) -> None:
    told: list[tuple[int, int]] = []

    found = check(data, lambda done, total: told.append((done, total)))

    assert found.faults == []
    assert (found.rooms, found.events) == (2, 44)
    assert told == [(44, 44)]


@pytest.mark.parametrize("kept", [0, 12, 8, 5, 3, 1], ids=lambda kept: f"keep-{kept}" if kept else "keep-all")
async def test_what_owners_did_replays_and_prunes_wherever_the_cut_is(
    log: LocalLog, grace: Seat, ada: Seat, tmp_path: Path, kept: int
) -> None:
    room = await rooms.find(log.db, grace.room)
    said = (await messages.post(log, room.code, ada.member, Draft("words", key="k"))).event.seq
    mallory = await members.take_seat(log, room.code, "Mallory")
    person = await moderation.find_person(log.db, room, mallory.member.id)
    await moderation.mute(log, room.code, grace.member, person, timedelta(hours=1))
    await moderation.unmute(log, room.code, grace.member, person)
    await messages.remove(log, log.db, room, ada.member, said)
    with pytest.raises(MessageNotFound):
        await messages.remove(log, log.db, room, grace.member, said)
    await members.give_up_seat(log, room.code, mallory.member)
    person = await moderation.find_person(log.db, room, mallory.member.id)
    await moderation.ban(log, room.code, grace.member, person, timedelta(hours=1))
    code = room.code
    for _ in range(2):
        code = await rooms.move(log, log.db, code, grace.member)
        await messages.post(log, code, grace.member, Draft("moved"))

    await sweep(log, log.db, Keep(events=kept))
    await messages.post(log, code, grace.member, Draft("after"))
    await sweep(log, log.db, Keep(events=max(0, kept - 1)))
    await log.close()

    assert check(tmp_path / "data").faults == []


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("UPDATE members SET here = 0", "members has a row the log knows nothing of"),
        ("UPDATE rooms SET title = 'x'", "rooms has a row the log knows nothing of"),
        ("UPDATE rooms SET head = head + 1", "rooms has a row the log knows nothing of"),
        ("DELETE FROM keys", "keys lacks a row that the log makes"),
        ("DELETE FROM log WHERE seq = 35", "event 35 is missing from the log"),
        ("DELETE FROM log", "its log is empty|lacks a row"),
        ("UPDATE log SET event = 'x' WHERE seq = 35", "its log cannot be replayed"),
        ("""UPDATE log SET event = '{"text": "no"}' WHERE seq = 35""", "cannot be replayed|not what its replay gives"),
        ("UPDATE log SET at = '2000-01-01T00:00:00.000Z' WHERE seq = 36", "event 36 of the log is not what"),
        ("DELETE FROM base_rooms", "its log cannot be replayed"),
    ],
)
async def test_any_difference_is_a_fault_in_a_sentence(data: Path, sql: str, fault: str) -> None:
    with closing(sqlite3.connect(data / FILE)) as db, db:
        assert db.execute(sql).rowcount > 0

    said = chadchat(data, "check")

    assert said.status == 1
    assert any(part in said.err for part in fault.split("|")), said.err
    assert "Room " in said.err


async def test_a_damaged_file_is_a_fault(data: Path) -> None:
    damage(data / FILE)

    said = chadchat(data, "check")

    assert said.status == 1
    assert said.err.startswith("SQLite: ")


def test_check_works_beside_a_running_server_and_says_what_it_did(server: Server) -> None:
    httpx.post(server.create()["url"], content="tea?")

    said = chadchat(server.data, "check")

    assert said == (0, "", "The file is whole. 3 events of 1 rooms give the same tables again.\n")
