"""The real writer and rules on a disk that fails; records which posts were acknowledged, published and refused."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from chadchat.events import Committed, Event
from chadchat.log.writer import Writer
from chadchat.refusal import ChatError
from chadchat.storage.apply import apply
from chadchat.storage.db import WRITER
from chadchat.storage.migrate import migrate

from .power import Disk, connect

NOON = "2026-11-22T12:00:00.000Z"
ROOM = Event(room="KQZF", kind="room", at=NOON, name="Grace", detail={"epoch": "k3f9"})

Rule = Callable[[sqlite3.Connection, Event], Committed]


@dataclass
class Outcome:
    """What the outside saw: acknowledged texts by seq, events that readers were sent, refusals in order, and how often
    the process was told to end.
    """

    acknowledged: dict[int, str] = field(default_factory=dict)
    heard: list[Event] = field(default_factory=list)
    refused: list[ChatError] = field(default_factory=list)
    failures: int = 0

    def fail(self) -> None:
        """The disk has failed."""
        self.failures += 1

    def lost(self, left: dict[int, str]) -> dict[int, str]:
        """What was acknowledged and is not there, or is another."""
        return {seq: text for seq, text in self.acknowledged.items() if left.get(seq) != text}

    def ghosts(self, left: dict[int, str]) -> list[int]:
        """What readers saw and is not there."""
        return [event.seq for event in self.heard if left.get(event.seq) != event.text]


def message(text: str) -> Event:
    """A message without a seat."""
    return Event(
        room="KQZF", kind="message", at=NOON, name="anonymous", text=text, html=text, detail={"skeleton": "anonymous"}
    )


@cache
def opened() -> Disk:
    """A disk with a room on it. Copy it."""
    disk = Disk()
    db = connect(disk)
    migrate(db)
    apply(db, ROOM)
    db.close()
    return disk


async def write(
    disk: Disk,
    *,
    posters: int,
    posts: int,
    checkpoint: int = 1000,
    rule: Rule = apply,
    synchronous: str = WRITER["synchronous"],
) -> Outcome:
    """Let so many posters post so often at once, until the disk stops them."""
    outcome = Outcome()
    writer = Writer(
        lambda: connect(disk, checkpoint, synchronous=synchronous),
        rule,
        lambda committed: outcome.heard.extend(one.event for one in committed if isinstance(one, Committed)),
        outcome.fail,
    )

    async def poster(name: int) -> None:
        for number in range(posts):
            text = f"{name}:{number} {'x' * (97 * number % 1500)}"
            try:
                committed = await writer.append(message(text))
            except ChatError as refusal:
                outcome.refused.append(refusal)
                continue
            outcome.acknowledged[committed.event.seq] = text

    async with asyncio.timeout(60):
        await asyncio.gather(*(poster(name) for name in range(posters)))
        await writer.close()
    return outcome


def left(disk: Disk) -> dict[int, str]:
    """The messages that are on a disk, by seq. Fails where SQLite finds damage or the log has a hole."""
    db = connect(disk)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    rows = db.execute("SELECT seq, event FROM log ORDER BY seq").fetchall()
    assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1))
    assert db.execute("SELECT head FROM rooms").fetchone() == (len(rows),)
    db.close()
    return {seq: json.loads(event).get("text", "") for seq, event in rows[1:]}
