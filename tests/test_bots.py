"""The program in docs/bots.md does what the page says, also when the server and the program itself are killed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from .serving import Server
from .test_house import ROOT
from .waiting import wait_until

PROGRAM = re.search(r"```python\n(.*?)```", (ROOT / "docs/bots.md").read_text(), re.S)


class Bot:
    """The program, in a process of its own. Its cursor stays in the folder."""

    def __init__(self, folder: Path, room: str, token: str) -> None:
        assert PROGRAM
        (folder / "deploy.py").write_text(PROGRAM[1])
        self._folder = folder
        self._environment = os.environ | {"ROOM": room, "TOKEN": token}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "deploy.py"]
        self._process = subprocess.Popen(command, cwd=self._folder, env=self._environment, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        assert self._process
        self._process.kill()
        self._process.wait()

    def listens(self) -> None:
        """Wait until it has a cursor: what is said from now on is for it."""
        cursor = self._folder / "deploy.cursor"
        wait_until(lambda: cursor.exists() and cursor.read_text() != "")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path / "data").start()
    yield started
    started.stop()


def follow(room: str, since: str = "all") -> Iterator[dict[str, Any]]:
    """The room's events, from a stream."""
    with httpx.stream("GET", f"{room}/json", params={"since": since}, timeout=60) as lines:
        for line in lines.iter_lines():
            yield json.loads(line)


def test_the_program_of_the_page_asks_works_and_survives_its_own_end_and_the_servers(
    server: Server, tmp_path: Path
) -> None:
    room = server.create()
    url, owner = room["url"], {"Authorization": f"Bearer {room['token']}"}
    seat = httpx.post(f"{url}/join", json={"name": "ci"}).json()
    bot = Bot(tmp_path, url, seat["token"])
    bot.start()
    try:
        bot.listens()
        order = httpx.post(url, json={"text": "!deploy"}, headers=owner).json()["seq"]
        question = next(event for event in follow(url) if event.get("text") == "Deploy to prod?")
        bot.kill()
        server.stop(signal.SIGKILL)
        server.start()
        httpx.post(f"{url}/{question['seq']}", json={"text": "yes"}, headers=owner).raise_for_status()
        bot.start()
        next(event for event in follow(url) if event["kind"] == "edit")
        bot.kill()  # in the middle of its work, mostly
        bot.start()
        done = next(event for event in follow(url) if event["kind"] == "react" and "✅" in event["all"])
    finally:
        bot.kill()
    events = [
        json.loads(line) for line in httpx.get(f"{url}/json", params={"since": "all", "poll": "1"}).text.splitlines()
    ]
    said = [
        (event["text"], event.get("reply_to"))
        for event in events
        if event["kind"] == "message" and event["name"] == "ci"
    ]
    assert said == [("Deploy to prod?", None), ("Deploying: 100 %", order)]
    assert done["all"] == {"👀": [seat["member"]], "✅": [seat["member"]]}
