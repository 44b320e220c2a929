"""New rules bind new events only: a data folder from before them opens, checks, replays and is used on.

tests/storage/data/eb9b679.sql is a dump of a folder that commit eb9b679 wrote. It holds each act that is refused since:
a last owner who left, an owner who came back under another name, a name that looks like another's, posts without a seat
under a member's id and with the marks of a line, a muted member's second seat, slow mode evaded, and posts of muted and
banned members after the clock had been an hour ahead.

tests/storage/data/0.1.0.sql is that folder as version 0.1.0 upgraded and used it: two rooms more, one closed, one with
seats that replaced others, keys, a removed message, a mute and a base.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from chadchat.app import create_app, exports
from chadchat.domain import links, members, messages, moderation, rooms
from chadchat.domain.export import export
from chadchat.domain.members import Member
from chadchat.domain.messages import Draft, Stranger
from chadchat.domain.retention import Keep, sweep
from chadchat.log.local import LocalLog
from chadchat.storage.check import check
from chadchat.storage.db import FILE

from ..operating import chadchat

DUMP = Path(__file__).parent / "data" / "eb9b679.sql"
TITLES = {
    "left": "the last owner left",
    "renamed": "an owner under another name",
    "names": "names and keys",
    "clock": "mutes and the clock",
    "pruned": "pruned",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    with closing(sqlite3.connect(made / FILE)) as db:
        db.executescript(DUMP.read_text(encoding="utf-8"))
        assert db.execute("PRAGMA user_version").fetchone() == (3,)
        for title in TITLES.values():
            assert db.execute("SELECT 1 FROM rooms WHERE title = ?", (title,)).fetchone()
    return made


@pytest.fixture
async def old(folder: Path) -> AsyncIterator[LocalLog]:
    log = await LocalLog.open(folder)
    yield log
    await log.close()


async def code_of(log: LocalLog, which: str) -> str:
    row = await log.db.one("SELECT code FROM rooms WHERE title = ?", (TITLES[which],))
    assert row
    return str(row[0])


async def seated(log: LocalLog, code: str, name: str) -> Member:
    row = await log.db.one(
        "SELECT members.id FROM members JOIN rooms ON rooms.id = room WHERE code = ? AND name = ?"
        " AND token IS NOT NULL",
        (code, name),
    )
    assert row
    return (await moderation.find_person(log.db, await rooms.find(log.db, code), row[0])).member


async def test_it_opens_checks_and_replays(folder: Path) -> None:
    await (await LocalLog.open(folder)).close()

    found = check(folder)

    assert (found.rooms, found.faults) == (5, [])
    assert found.events > 40


@pytest.mark.parametrize("kept", [40, 12, 7, 5, 4, 3, 2, 1])
async def test_it_prunes_wherever_the_cut_is_and_goes_on(old: LocalLog, folder: Path, kept: int) -> None:
    await sweep(old, old.db, Keep(events=kept))
    for which in TITLES:
        code = await code_of(old, which)
        if which != "renamed":  # nobody gets in there
            author = (await members.take_seat(old, code, "Newcomer", address="elsewhere")).member
            if which == "clock":  # slow mode is on: a newcomer waits
                author = await seated(old, code, "Grace")
            await messages.post(old, code, author, Draft("new", key="new"))
            await messages.post(old, code, Stranger("elsewhere"), Draft("new", name="Somebody", key="new"))
    await sweep(old, old.db, Keep(events=max(1, kept - 1)))
    await old.close()

    assert check(folder).faults == []


async def test_every_room_exports_as_it_was_said(old: LocalLog) -> None:
    formats = exports(create_app())
    said = ""
    for which in TITLES:
        room = await rooms.find(old.db, await code_of(old, which))
        for format in formats.values():
            said += "".join([part async for _, part in export(old.db, room, format)])

    for words in ("hello?", "forged", "muted, with a second seat", "banned, after the step", "and now?"):
        assert words in said


async def test_a_room_without_an_owner_is_healed_by_the_operators_link(folder: Path) -> None:
    log = await LocalLog.open(folder)
    code = await code_of(log, "renamed")
    room = await rooms.find(log.db, code)
    assert (room.rules.lock, await moderation.owners(log.db, room)) == ("approval", [])
    await log.close()

    said = chadchat(folder, "rooms", "owner", code)

    assert said.status == 0, said.err
    log = await LocalLog.open(folder)
    link = await links.held(log.db, room, said.out.strip().rsplit("/", 1)[-1])
    assert link
    seat = await members.take_seat(log, code, "Ada", opened=links.opening(link))
    assert seat.member.owner
    await log.close()
    assert check(folder).faults == []


async def test_keys_of_seats_and_of_names_are_told_apart(old: LocalLog) -> None:
    rows = await old.db.all(
        "SELECT author, json_extract(event, '$.member') FROM keys"
        " JOIN log ON log.room = keys.room AND log.seq = keys.seq"
    )

    assert {author[:2] for author, _ in rows} == {"m:", "n:"}
    assert all(author == f"m:{member}" if member else author.startswith("n:") for author, member in rows)


async def test_what_the_clock_did_then_is_over(old: LocalLog, folder: Path) -> None:
    """Grace's room had a time an hour ahead once; what is done in it now goes by the clock of now."""
    code = await code_of(old, "clock")
    room = await rooms.find(old.db, code)
    grace, mallory = await seated(old, code, "Grace"), await seated(old, code, "Mallory3")
    person = await moderation.find_person(old.db, room, mallory.id)
    await messages.post(old, code, mallory, Draft("the mute of then is over"))

    await moderation.mute(old, code, grace, person, timedelta(minutes=30))

    second = await members.take_seat(old, code, "Mallory4", address=person.address, replaces=mallory)
    after = await moderation.find_person(old.db, room, second.member.id)
    assert after.member.muted_until
    await old.close()
    assert check(folder).faults == []


async def test_the_owner_who_is_left_is_the_last(old: LocalLog) -> None:
    """Ada's room was left by its owner: the last member may go, as there is no owner to be the last of."""
    code = await code_of(old, "left")
    await members.give_up_seat(old, code, await seated(old, code, "Ada"))


# The last release.


@pytest.fixture
def released(tmp_path: Path) -> Path:
    made = tmp_path / "released"
    made.mkdir()
    with closing(sqlite3.connect(made / FILE)) as db:
        db.executescript((DUMP.parent / "0.1.0.sql").read_text(encoding="utf-8"))
        assert db.execute("PRAGMA user_version").fetchone() == (5,)
    return made


@pytest.mark.parametrize("kept", [40, 12, 5, 2, 1])
async def test_the_last_release_upgrades_prunes_and_goes_on(released: Path, kept: int) -> None:
    log = await LocalLog.open(released)
    (code,) = await log.db.one("SELECT code FROM rooms WHERE title = 'of 0.1.0'") or ("",)
    await sweep(log, log.db, Keep(events=kept))
    ada = await seated(log, code, "Ada L")
    await members.rename(log, code, ada, "Ada")
    await messages.post(log, code, ada, Draft("tea 10", key="k10"))  # stored by 0.1.0, unless it was pruned since
    await members.take_seat(log, code, "Newcomer", address="elsewhere")
    await sweep(log, log.db, Keep(events=max(1, kept - 1), seats=180))
    await log.close()

    found = check(released)
    assert (found.rooms, found.faults) == (7, [])
