"""P1, P2, P4 and P11 for reactions: an acknowledged one outlives a kill, counts once, and is in a backup; one that was
made after the backup is not brought back, and a reader that saw it starts over.
"""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import httpx

from chadchat.storage.check import check
from chadchat.storage.restore import restore

from ..serving import Server
from .client import history
from .test_p11_backups_hold_what_was_acknowledged import back_up


def test_an_acknowledged_reaction_outlives_a_kill_and_is_in_a_backup(server: Server, tmp_path: Path) -> None:
    room = server.create()
    with httpx.Client(headers={"Authorization": f"Bearer {room['token']}"}) as client:
        seq = client.post(room["url"], content="tea?").json()["seq"]

        def toggle(emoji: str, key: str) -> list[str]:
            path = f"{server.url}/{room['code']}/{seq}/reactions"
            answer = client.post(path, json={"emoji": emoji}, headers={"Idempotency-Key": key})
            assert answer.status_code == 200
            return list(answer.json()["all"])

        assert toggle("👍", "k1") == ["👍"]
        server.stop(signal.SIGKILL)
        server.start()
        assert toggle("👍", "k1") == ["👍"], "a retry takes nothing back"
        back_up(server.data, tmp_path / "copy")
        assert toggle("🎉", "k2") == ["👍", "🎉"]
    cursor = asyncio.run(history(server.url, room["code"]))[-1]["cursor"]
    server.stop()

    restore(server.data, tmp_path / "copy")

    assert check(server.data).faults == []
    server.start()
    events = asyncio.run(history(server.url, room["code"]))
    assert [list(event["reactions"]) for event in events if event["kind"] == "message"] == [["👍"]]
    assert [event["emoji"] for event in events if event["kind"] == "react"] == ["👍"]
    behind = httpx.get(f"{server.url}/{room['code']}/json", params={"poll": "1", "since": cursor}).text
    assert '"kind":"reset"' in behind
