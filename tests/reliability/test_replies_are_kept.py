"""P1, P2, P4, P11 and P15 for replies: an acknowledged one outlives a kill with its target, a retry stores none, a
reader that was cut off gets it once, and it is in a backup, in bytes.
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

WORDS = "> yes\r\n\u2028<hx-partial>\t\u202e \n\n"


def test_an_acknowledged_reply_outlives_a_kill_and_is_in_a_backup(server: Server, tmp_path: Path) -> None:
    room = server.create()
    with httpx.Client(headers={"Authorization": f"Bearer {room['token']}"}) as client:
        tea = client.post(room["url"], content="tea?").json()

        def reply() -> dict[str, object]:
            path = f"{server.url}/{room['code']}/{tea['seq']}"
            answer = client.post(path, json={"text": WORDS}, headers={"Idempotency-Key": "k1"})
            assert answer.status_code == 201
            said: dict[str, object] = answer.json()
            return said

        first = reply()
        server.stop(signal.SIGKILL)
        server.start()
        assert reply() == first, "a retry is answered, and stores nothing"
        cut = httpx.get(f"{server.url}/{room['code']}/json", params={"poll": "1", "since": tea["cursor"]}).text
        assert cut.count('"kind":"message"') == 1
        back_up(server.data, tmp_path / "copy")
    server.stop()
    restore(server.data, tmp_path / "copy")

    assert check(server.data).faults == []
    server.start()
    events = asyncio.run(history(server.url, room["code"]))
    (kept,) = [event for event in events if "reply_to" in event]
    assert (kept["text"], kept["reply_to"], kept["reply_name"]) == (WORDS, tea["seq"], "Grace")
    listed = httpx.get(f"{server.url}/{room['code']}/{tea['seq']}/replies", headers={"Accept": "application/json"})
    assert [event["seq"] for event in listed.json()["replies"]] == [kept["seq"]]
