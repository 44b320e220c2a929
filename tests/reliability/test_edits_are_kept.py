"""P1, P2, P11 and P15 for edits: an acknowledged one outlives a kill, shows once, is in a backup, and has its bytes."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import httpx

from chadchat.storage.check import check
from chadchat.storage.restore import restore

from ..serving import Server
from .client import history
from .test_p11_backups_hold_what_was_acknowledged import back_up, texts

WORDS = "<hx-partial>\rat\u2028five</hx-partial>"


def test_an_acknowledged_edit_outlives_a_kill_and_is_in_a_backup(server: Server, tmp_path: Path) -> None:
    room = server.create()
    headers = {"Authorization": f"Bearer {room['token']}", "Idempotency-Key": "k1", "Content-Type": "text/plain"}
    seq = httpx.post(room["url"], content="tea?", headers=headers).json()["seq"]
    path, headers["Idempotency-Key"] = f"/{room['code']}/{seq}", "k2"
    assert httpx.patch(f"{server.url}{path}", content=WORDS.encode(), headers=headers).json()["text"] == WORDS
    server.stop(signal.SIGKILL)
    server.start()

    again = httpx.patch(f"{server.url}{path}", content=WORDS.encode(), headers=headers)

    events = asyncio.run(history(server.url, room["code"]))
    assert (again.status_code, again.json()["text"]) == (200, WORDS)
    assert [event["text"] for event in events if event["kind"] in ("message", "edit")] == [WORDS, WORDS]
    back_up(server.data, tmp_path / "copy")
    restore(tmp_path / "elsewhere", tmp_path / "copy")
    assert texts(tmp_path / "elsewhere" / "chadchat.sqlite3") == {WORDS}
    assert check(tmp_path / "elsewhere").faults == []
