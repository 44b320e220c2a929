"""P11: a backup at 200 posts/s restores with integrity ok and holds every message acknowledged before it began."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from chadchat.storage.check import check
from chadchat.storage.db import FILE
from chadchat.storage.named import FOLDER, named
from chadchat.storage.restore import restore

from ..serving import Server
from .conftest import Proved
from .large import fill
from .scale import scale

ROUNDS = scale(2, 20)
RATE = 200.0  # posts a second
FILES = 20  # one of so many posts is a file
BEFORE = scale(20_000, 200_000)  # messages that are there already, so that a backup takes more than a moment


class Posting:
    """Posts at a steady rate, several at once; `acknowledged` are the texts and files that were answered with 201."""

    def __init__(self, client: httpx.AsyncClient, room: dict[str, Any]) -> None:
        self.acknowledged: list[str] = []
        self.enough = asyncio.Event()
        self._client, self._code = client, room["code"]
        self._token = {"Authorization": f"Bearer {room['token']}"}

    async def run(self) -> None:
        start = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as posts:
            number = 0
            while True:
                posts.create_task(self._post(f"text-{number}", is_file=number % FILES == 0))
                number += 1
                await asyncio.sleep(max(0.0, start + number / RATE - asyncio.get_running_loop().time()))

    async def _post(self, text: str, *, is_file: bool) -> None:
        if is_file:
            content = text.encode() * 1000
            answer = await self._client.put(f"/{self._code}/{text}", content=content, headers=self._token)
        else:
            answer = await self._client.post(f"/{self._code}", content=text)
        if answer.status_code == 201:
            self.acknowledged.append(text)
            if len(self.acknowledged) >= RATE / 2:
                self.enough.set()


@pytest.mark.slow
async def test_a_backup_under_load_holds_every_message_acknowledged_before_it_began(
    server: Server, tmp_path: Path, proved: Proved
) -> None:
    room = server.create()
    server.stop()
    fill(server.data, room["code"], BEFORE)
    server.start()
    acknowledged, files, rates = 0, 0, []
    for number in range(ROUNDS):
        copy, elsewhere = tmp_path / f"copy-{number}", tmp_path / f"elsewhere-{number}"
        async with httpx.AsyncClient(base_url=server.url, limits=httpx.Limits(max_connections=20)) as client:
            posting = Posting(client, room)
            running = asyncio.create_task(posting.run())
            await posting.enough.wait()
            before, start = list(posting.acknowledged), time.monotonic()
            await asyncio.to_thread(back_up, server.data, copy)
            rate = (len(posting.acknowledged) - len(before)) / (time.monotonic() - start)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

        restore(elsewhere, copy)

        held = texts(elsewhere / FILE)
        assert len(before) >= RATE / 2
        assert [text for text in before if text not in held] == []
        assert len(posting.acknowledged) > len(before), "nobody posted while it was made"
        with closing(sqlite3.connect(elsewhere / FILE)) as db:
            brought = list(named(db))
        assert [fault for one in brought if (fault := one.fault(elsewhere / FOLDER))] == []
        assert len(brought) >= number + 1
        files = len(brought)
        acknowledged += len(before)
        rates.append(round(rate))
        (elsewhere / FILE).unlink()
    slowest = min(rates)
    proved(
        "P11",
        "backups while people post",
        backups=ROUNDS,
        acknowledged_before=acknowledged,
        files=files,
        missing=0,
        posts_a_second_at_least=slowest,
    )


def test_what_a_backup_restores_to_is_whole_down_to_every_row(server: Server, tmp_path: Path) -> None:
    room = server.create()
    for number in range(50):
        httpx.post(room["url"], content=str(number), headers={"Authorization": f"Bearer {room['token']}"})
    back_up(server.data, tmp_path / "copy")

    restore(tmp_path / "elsewhere", tmp_path / "copy")

    assert check(tmp_path / "elsewhere").faults == []


def back_up(data: Path, copy: Path) -> None:
    """As an operator does, from a process of its own."""
    subprocess.run(
        [sys.executable, "-m", "chadchat", "backup", "--data", str(data), str(copy)], check=True, timeout=120
    )


def texts(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = [json.loads(event) for (event,) in db.execute("SELECT event FROM log WHERE kind = 'message'")]
    return {event["text"] or event["changes"]["file"]["name"] for event in found}
