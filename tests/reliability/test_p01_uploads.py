"""P1 for files: a kill between any two steps of an upload loses no file that was answered 201, and leaves no bytes that
no message has.

A fork of this process serves the upload, and kills itself before or after the n-th step, for each n there is.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from chadchat.app import create_app
from chadchat.domain.removed_files import RemovedFiles
from chadchat.log.local import LocalLog
from chadchat.log.writer import Writer
from chadchat.settings import Settings
from chadchat.storage import files
from chadchat.storage.check import check
from chadchat.storage.files import Files, Part

from ..attaching import kept
from .conftest import Proved

CONTENT = b"12:00 all is well\n" * 20_000  # written in more than one piece
ANSWERED = 42  # the status of a process that got as far as the answer


class Steps:
    """Counts the steps of an upload, and ends the process with SIGKILL at one of them."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.done = 0

    def step(self) -> None:
        self.done += 1
        if self.done == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, with a step before and one after it."""

        def stepped(*given: Any, **options: Any) -> Any:
            self.step()
            result = call(*given, **options)
            self.step()
            return result

        return stepped


def settings(data: Path) -> Settings:
    return Settings(data=str(data), limits="off")


async def opened(data: Path) -> dict[str, Any]:
    app = create_app(settings(data))
    async with app.test_app():
        answer = await app.test_client().post("/rooms", json={"name": "Grace"}, headers={"Accept": "*/*"})
        made: dict[str, Any] = await answer.get_json()
        return made


async def upload(data: Path, room: dict[str, Any], steps: Steps) -> int:
    """Send a file; the status of the answer, if the process lives."""
    app = create_app(settings(data))
    async with app.test_app():
        with pytest.MonkeyPatch.context() as patch:
            # Each upload needs a folder that is not there yet, or it has fewer steps than the one before.
            patch.setattr(Files, "begin", lambda files: Part(files, f"{steps.last:02x}{secrets.token_hex(15)}"))
            for owner, name in (
                (Files, "make"),
                (Part, "_flush"),
                (os, "fsync"),
                (Path, "replace"),
                (files, "sync_folder"),
                (Writer, "_commit"),
                (Writer, "_finish"),
            ):
                patch.setattr(owner, name, steps.around(getattr(owner, name)))
            headers = {"Authorization": f"Bearer {room['token']}"}
            answer = await app.test_client().put(f"/{room['code']}/log.txt", data=CONTENT, headers=headers)
        return answer.status_code


async def messages(data: Path, room: dict[str, Any]) -> int:
    """How many messages are there after the next start, which sweeps the files."""
    log = await LocalLog.open(data)
    removed = RemovedFiles(Files(data), log, log.db)
    await removed.start()
    events = await log.tail(room["code"], 100)
    await removed.close()
    await log.close()
    return sum(event.kind == "message" and event.file is not None for event in events)


def forked(work: Coroutine[Any, Any, int]) -> int:
    """Run this in a fork; ANSWERED if it came to a 201, negative if a signal ended it."""
    pid = os.fork()
    if not pid:
        status = 1
        try:
            status = ANSWERED if asyncio.run(work) == 201 else 2
        finally:
            os._exit(status)
    work.close()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_kill_between_any_two_steps_of_an_upload_loses_no_201_and_leaves_no_orphan(
    tmp_path: Path, proved: Proved
) -> None:
    data = tmp_path / "data"
    room = asyncio.run(opened(data))
    kills = acknowledged = stored = orphans = 0
    while True:
        status = forked(upload(data, room, Steps(kills + 1)))
        acknowledged += status == ANSWERED
        orphans += len(kept(data)) > stored
        found = asyncio.run(messages(data, room))
        assert status in (ANSWERED, -signal.SIGKILL)
        assert stored + (status == ANSWERED) <= found <= stored + 1
        assert len(kept(data)) == found
        assert {path.read_bytes() for path in kept(data)} <= {CONTENT}
        stored = found
        if status == ANSWERED:
            break
        kills += 1

    assert check(data).faults == []
    assert kills >= 18
    assert orphans, "nothing was there to be swept"
    assert stored >= 2, "a kill after the commit loses nothing"
    proved("P1", "kill -9 before and after each step of an upload", kills=kills, acknowledged=1, lost=0, orphans=0)
