"""P1: a message that was answered 201 is never lost, whatever happens to the process or the power."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from random import Random

import pytest

from chadchat.events import Committed, Event
from chadchat.storage.apply import apply
from chadchat.storage.db import WRITER, connect_writer

from .conftest import Proved
from .power import Disk, connect
from .scale import scale
from .writing import Outcome, left, opened, write

CUTS = scale(40, 200)


def cut_at(disk: Disk, call: int) -> None:
    """Cut the power in the middle of the disk's n-th call."""

    def fault(number: int, what: str) -> None:
        disk.off = number >= call

    disk.fault = fault


async def cut(seed: int, synchronous: str = WRITER["synchronous"]) -> tuple[Outcome, dict[int, str]]:
    """A random moment of a random load: what was promised, and what is left of it."""
    random = Random(seed)  # noqa: S311 - a seed that failed can be run again
    disk = opened().copy()
    cut_at(disk, random.randint(20, 400))
    checkpoint = random.choice([4, 20, 1000])
    outcome = await write(disk, posters=random.randint(1, 16), posts=60, checkpoint=checkpoint, synchronous=synchronous)
    return outcome, left(disk.cut(random))


async def test_what_was_acknowledged_outlives_a_cut_of_the_power(proved: Proved) -> None:
    acknowledged = 0
    for seed in range(CUTS):
        outcome, found = await cut(seed)
        assert outcome.lost(found) == {}, f"seed {seed}"
        assert outcome.ghosts(found) == [], f"seed {seed}"
        assert outcome.failures <= 1
        acknowledged += len(outcome.acknowledged)

    assert acknowledged > CUTS * 20
    proved("P1", "power cuts, unsynced writes torn and reordered", cuts=CUTS, acknowledged=acknowledged, lost=0)


async def test_a_log_that_does_not_wait_for_the_disk_is_caught(proved: Proved) -> None:
    lost = 0
    for seed in range(scale(10, 100)):
        outcome, found = await cut(seed, synchronous="NORMAL")
        lost += len(outcome.lost(found))

    assert lost > 0
    proved("P1", "the same with synchronous=NORMAL, which must fail", lost=lost)


async def test_an_event_that_is_published_before_its_commit_is_caught(proved: Proved) -> None:
    ghosts = 0
    for seed in range(scale(20, 100)):
        early: list[Event] = []

        def hasty(db: sqlite3.Connection, event: Event, early: list[Event] = early) -> Committed:
            committed = apply(db, event)
            early.append(committed.event)
            return committed

        random = Random(seed)  # noqa: S311
        disk = opened().copy()
        cut_at(disk, random.randint(20, 400))
        outcome = await write(disk, posters=8, posts=60, rule=hasty)
        outcome.heard = early
        ghosts += len(outcome.ghosts(left(disk.cut(random))))

    assert ghosts > 0
    proved("P1", "the same, published before the commit, which must fail", seen_and_lost=ghosts)


@pytest.mark.parametrize("pragma", ["journal_mode", "synchronous"])
def test_what_is_tested_here_is_what_the_server_sets(pragma: str, tmp_path: Path) -> None:
    server = connect_writer(tmp_path / "db")
    here = connect(opened().copy())
    assert here.execute(f"PRAGMA {pragma}").fetchone() == server.execute(f"PRAGMA {pragma}").fetchone()
    here.close()
    server.close()
