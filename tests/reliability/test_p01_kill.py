"""P1: a message that was answered 201 is never lost, even if the process is killed while it works."""

from __future__ import annotations

import asyncio
import itertools
import json
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ..serving import Server
from .client import Client, Crowd, history
from .conftest import Proved
from .scale import scale

KILLS = scale(3, 100)
EACH = 120  # messages acknowledged, at least, between two kills
POSTERS = 8


@dataclass
class Witness:
    """What clients were told: acknowledged texts by seq, everything that was sent, and what a reader saw."""

    room: str
    acknowledged: dict[int, str] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    seen: dict[int, str] = field(default_factory=dict)
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    wanted: int = 0
    numbers: Any = field(default_factory=itertools.count)

    async def post(self, url: str) -> None:
        """Post until the connection breaks. Without a key: nothing is tried twice."""
        with Client(url) as client:
            while True:
                text = f"message {next(self.numbers)}"
                self.sent.add(text)
                status, answer = await client.post(f"/{self.room}", text)
                assert status == 201, answer
                self.acknowledged[answer["seq"]] = text
                if len(self.acknowledged) >= self.wanted:
                    self.enough.set()

    async def read(self, url: str) -> None:
        """Follow until the connection breaks."""
        with Client(url) as client:
            await client.send("GET", f"/{self.room}/json")
            await client.head()
            async for chunk in client.body():
                for line in chunk.decode().split("\n")[:-1]:
                    event = json.loads(line)
                    if event["kind"] == "message":
                        self.seen[event["seq"]] = event["text"]

    async def load(self, server: Server) -> None:
        """Load a server until enough is acknowledged, then kill it while the others are at it."""
        self.wanted = len(self.acknowledged) + EACH
        self.enough.clear()
        work = [self.read(server.url), *(self.post(server.url) for _ in range(POSTERS))]
        async with Crowd(*work):
            async with asyncio.timeout(60):
                await self.enough.wait()
            server.stop(signal.SIGKILL)

    def check(self, events: list[dict[str, Any]]) -> tuple[int, int]:
        """How many acknowledged messages are lost, and how many that a reader saw. Fails where the log is no log."""
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        stored = {event["seq"]: event["text"] for event in events if event["kind"] == "message"}
        assert len(set(stored.values())) == len(stored), "something is there twice"
        assert set(stored.values()) <= self.sent
        lost = [seq for seq, text in self.acknowledged.items() if stored.get(seq) != text]
        return len(lost), len([seq for seq, text in self.seen.items() if stored.get(seq) != text])


@pytest.mark.slow
async def test_what_was_acknowledged_outlives_a_kill_under_load(tmp_path: Path, proved: Proved) -> None:
    server = Server(tmp_path / "data", limits="off").start()
    witness = Witness(server.create()["code"])
    for _ in range(KILLS):
        await witness.load(server)
        server.start()
    events = await history(server.url, witness.room)
    server.stop()

    assert witness.check(events) == (0, 0)
    assert len(witness.acknowledged) >= KILLS * EACH
    assert len(witness.seen) > KILLS
    proved("P1", "kill -9 under load", kills=KILLS, acknowledged=len(witness.acknowledged), lost=0)


async def test_a_log_that_commits_after_it_has_answered_is_caught(tmp_path: Path, proved: Proved) -> None:
    server = Server(tmp_path / "data", module="tests.reliability.broken", limits="off").start()
    witness = Witness(server.create()["code"])
    lost = 0
    for _ in range(5):
        await witness.load(server)
        server.start()
        lost, _ = witness.check(await history(server.url, witness.room))
        if lost:
            break
        witness.acknowledged.clear()  # what is lost leaves its place to what comes later
        witness.seen.clear()
    server.stop()

    assert lost > 0
    proved("P1", "the same with commits after the answers, which must fail", lost=lost)
