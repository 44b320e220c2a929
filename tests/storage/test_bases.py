"""Bases: pruning costs what goes, and not what the room holds."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chadchat.events import Event, Trim
from chadchat.storage.apply import apply
from chadchat.storage.apply.bases import MOST_GONE
from chadchat.storage.apply.retention import STEP, trim
from chadchat.storage.apply.seats import _OUTSIDE, _OUTSIDE_BY_LOOKS
from chadchat.storage.check import check
from chadchat.storage.db import FILE, connect_writer
from chadchat.storage.migrate import migrate

NOON = "2026-11-22T12:00:00.000Z"
SEATS = 30_000
# A step may cost this many times what it does in a small room: the pages of a large one do not all stay in the cache.
SOME = 8


def opened(folder: Path, code: str, seats: int) -> sqlite3.Connection:
    """A room with so many seats, and a few messages of the first."""
    folder.mkdir()
    db = connect_writer(folder / FILE)
    migrate(db)
    db.execute("BEGIN")
    apply(db, Event(room=code, kind="room", at=NOON, title="", detail={"epoch": "aaaa"}))
    for number in range(seats):
        detail = {"token": f"t{number}", "skeleton": f"n{number}", "address": f"a{number}", "owner": number == 0}
        apply(db, Event(room=code, kind="join", at=NOON, name=f"n{number}", member=f"{number:08x}", detail=detail))
    for number in range(6 * STEP):
        detail = {"key": f"k{number}", "digest": "d", "skeleton": "n0"}
        apply(db, Event(room=code, kind="message", at=NOON, name="n0", member=f"{0:08x}", text="tea?", detail=detail))
    db.execute("COMMIT")
    return db


def trimmed(db: sqlite3.Connection, code: str, before: int) -> list[float]:
    """What each step of a prune costs the writer's thread, in seconds of the processor."""
    apply(db, Event(room=code, kind="prune", at=NOON, changes={"before": before}))
    costs, more = list[float](), True
    while more:
        start = time.thread_time()
        db.execute("BEGIN IMMEDIATE")
        more = trim(db, Trim(code, NOON), apply).more
        db.execute("COMMIT")
        costs.append(time.thread_time() - start)
    return costs


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[float]:
    """What the costliest step of a prune costs in a room of 300 seats."""
    with closing(opened(tmp_path_factory.mktemp("small") / "data", "KQZF", 300)) as db:
        yield max(trimmed(db, "KQZF", 301))


def test_no_step_of_a_prune_in_a_room_of_30_000_seats_costs_more_than_in_a_small_one(
    tmp_path: Path, small: float
) -> None:
    with closing(opened(tmp_path / "data", "KQZF", SEATS)) as db:
        joins = trimmed(db, "KQZF", 5 * STEP)
        assert len(joins) == 5
        assert max(joins) < SOME * small, (joins, small)

        start = time.thread_time()
        apply(db, Event(room="KQZF", kind="room", at=NOON, changes={"closed": True}))
        assert time.thread_time() - start < SOME * small
        assert len(db.execute("SELECT 1 FROM members").fetchall()) == SEATS


@pytest.mark.parametrize("question", [_OUTSIDE, _OUTSIDE_BY_LOOKS], ids=["one-look", "more-looks"])
def test_no_join_and_no_post_without_a_seat_reads_every_member(tmp_path: Path, question: str) -> None:
    with closing(opened(tmp_path / "data", "KQZF", 3)) as db:
        values = dict.fromkeys(("room", "skeleton", "folded", "former", "address", "clock", "member"), "x")
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {question}", values)]

    assert len([step for step in plan if "members" in step]) >= 3
    assert [step for step in plan if "members" in step and ("SCAN" in step or step.endswith("(room=?)"))] == []


def test_the_members_of_a_closed_room_go_with_its_log_in_steps_and_what_is_left_replays(tmp_path: Path) -> None:
    seats = 3 * MOST_GONE + 1
    with closing(opened(tmp_path / "data", "KQZF", seats)) as db:
        (head,) = db.execute("SELECT head FROM rooms").fetchone()
        apply(db, Event(room="KQZF", kind="room", at=NOON, changes={"closed": True}))
        assert check(tmp_path / "data").faults == []
        apply(db, Event(room="KQZF", kind="prune", at=NOON, changes={"before": head + 2}))
        left, more = list[int](), True
        while more:
            more = trim(db, Trim("KQZF", NOON), apply).more
            left.append(db.execute("SELECT count(*) FROM members").fetchone()[0])
            if len(left) % 4 == 0:
                assert check(tmp_path / "data").faults == []

        assert {one for one in left if one != seats} == {201, 101, 1, 0}
        assert db.execute("SELECT kind FROM log").fetchall() == [("prune",)]
        assert db.execute("SELECT count(*) FROM base_members").fetchone() == (0,)
    assert check(tmp_path / "data").faults == []


def test_a_base_of_before_is_taken_over_as_it_was(tmp_path: Path) -> None:
    with closing(opened(tmp_path / "data", "KQZF", 3)) as db:
        trimmed(db, "KQZF", 7)
        columns = ("id", "name", "skeleton", "token", "owner", "here", "since", "address", "used_at")
        rows = db.execute(f"SELECT {', '.join(columns)} FROM base_members ORDER BY id").fetchall()  # noqa: S608
        members = f"json_object({', '.join(f'{name!r}, {name}' for name in columns)})"
        db.execute("CREATE TABLE bases (room INTEGER PRIMARY KEY, seq INTEGER NOT NULL, state TEXT NOT NULL)")
        db.execute(
            "INSERT INTO bases SELECT id, tail - 1, json_object("  # noqa: S608 - our own names
            "'rooms', json_array(json_object('code', 'KQZF', 'epoch', epoch, 'title', title, 'head', head,"
            " 'last_at', last_at, 'tail', tail)),"
            f" 'members', (SELECT json_group_array({members}) FROM base_members)) FROM base_rooms"
        )
        for table in ("members", "rooms"):
            db.execute(f"DELETE FROM base_{table}")  # noqa: S608 - our own names

        migrate(db)

        assert db.execute(f"SELECT {', '.join(columns)} FROM base_members ORDER BY id").fetchall() == rows  # noqa: S608
        assert db.execute("SELECT 1 FROM sqlite_master WHERE name = 'bases'").fetchone() is None
    assert check(tmp_path / "data").faults == []


def test_the_tables_of_bases_follow_a_new_column_and_a_new_table_by_themselves(tmp_path: Path) -> None:
    with closing(opened(tmp_path / "data", "KQZF", 3)) as db:
        trimmed(db, "KQZF", 7)
        before = db.execute("SELECT id, name, token FROM base_members").fetchall()
        db.execute("ALTER TABLE members ADD COLUMN hat TEXT")
        db.execute("CREATE TABLE hats (room INTEGER NOT NULL REFERENCES rooms (id), hat TEXT)")

        migrate(db)

        assert db.execute("SELECT id, name, token FROM base_members WHERE hat IS NULL").fetchall() == before
        assert db.execute("SELECT room, hat FROM base_hats").fetchall() == []
    assert check(tmp_path / "data").faults == []
