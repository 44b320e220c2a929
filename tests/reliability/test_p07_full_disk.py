"""P7: a full disk refuses posts at once with 507; reads and streams go on; with space again, so do posts."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from chadchat.errors import StorageFull
from chadchat.events import Committed, Event
from chadchat.log.writer import Writer
from chadchat.storage.apply import apply
from chadchat.storage.check import check
from chadchat.storage.db import WRITER
from chadchat.storage.migrate import migrate

from ..attaching import kept
from ..serving import Server
from .client import Client, Crowd, history
from .conftest import Proved
from .inprocess import Node
from .namespaces import can_unshare, small_disk
from .readers import NdjsonReader, follow
from .writing import ROOM, message


async def test_a_database_that_may_not_grow_refuses_and_lets_go_again(tmp_path: Path, proved: Proved) -> None:
    path = tmp_path / "chadchat.sqlite3"
    connections: list[sqlite3.Connection] = []

    def connect() -> sqlite3.Connection:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for name, value in WRITER.items():
            db.execute(f"PRAGMA {name} = {value}")
        migrate(db)
        connections.append(db)
        return db

    heard: list[Event] = []
    failures: list[bool] = []
    writer = Writer(
        connect,
        apply,
        lambda done: heard.extend(one.event for one in done if isinstance(one, Committed)),
        lambda: failures.append(True),
    )
    await writer.append(ROOM)
    acknowledged, refused = [1], 0
    for _ in range(5):
        limit = connections[0].execute("PRAGMA page_count").fetchone()[0] + 40
        connections[0].execute(f"PRAGMA max_page_count = {limit}")
        for _ in range(4):
            posts = [writer.append(message("x" * 4000)) for _ in range(8)]
            for result in await asyncio.gather(*posts, return_exceptions=True):
                if isinstance(result, BaseException):
                    assert isinstance(result, StorageFull)
                    refused += 1
                else:
                    acknowledged.append(result.event.seq)
        connections[0].execute("PRAGMA max_page_count = 1000000")
        acknowledged.append((await writer.append(message("room again"))).event.seq)
    await writer.close()

    db = sqlite3.connect(path)
    stored = [seq for (seq,) in db.execute("SELECT seq FROM log ORDER BY seq")]
    db.close()
    assert stored == acknowledged == [event.seq for event in heard] == list(range(1, len(stored) + 1))
    assert refused > 20
    assert failures == []
    proved("P7", "max_page_count", acknowledged=len(acknowledged), refused_with_507=refused, lost=0)


AMPLE = {"quota_room": "100000", "quota_total": "100000"}  # bytes


@pytest.mark.parametrize("full", ["room", "server", "disk"])
async def test_replies_edits_and_reactions_are_refused_and_leave_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    monkeypatch.setattr("chadchat.log.space.MIB", 1)
    node = Node(tmp_path / "data", **AMPLE)

    async def ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        status, answer = await node.ask(method, f"/{room['code']}{path}", body, Authorization=f"Bearer {room['token']}")
        return status, answer if "poll" in path else json.loads(answer or "null")

    async def again(**settings: str) -> Node:
        await node.stop()
        other = Node(tmp_path / "data", **{**AMPLE, **settings})
        await other.start()
        return other

    await node.start()
    try:
        room = json.loads((await node.ask("POST", "/rooms", {"name": "Grace"}))[1])
        said = (await ask("POST", "", {"text": "tea?"}))[1]["seq"]
        ballast = (await ask("POST", "", {"text": "x" * 4000}))[1]["seq"]
        assert (await ask("POST", f"/{said}/reactions", {"emoji": "👍"}))[0] == 200
        before = await ask("GET", "/json?poll=1&since=all")
        if full == "disk":
            with monkeypatch.context() as patch:
                patch.setitem(WRITER, "max_page_count", "1")  # SQLite takes the size that the file has
                node = await again()
        else:
            node = await again(**({"quota_room": "3000"} if full == "room" else {"quota_total": "3000"}))
        refusal = (413, "room_full") if full == "room" else (507, "storage_full")
        acts: list[tuple[str, str, dict[str, str]]] = [
            ("PATCH", f"/{said}", {"text": "y" * 4000}),
            ("POST", f"/{said}", {"text": "z" * 4000}),
            ("POST", f"/{said}/reactions", {"emoji": "🎉"}),
            ("DELETE", f"/{said}/reactions/👍", {}),
        ]

        for method, path, body in acts[: 2 if full == "disk" else 4]:
            status, answer = await ask(method, path, body)
            assert (status, answer["code"]) == refusal
        assert await ask("GET", "/json?poll=1&since=all") == before
        if full == "disk":
            node = await again()
        else:
            assert (await ask("DELETE", f"/{ballast}"))[0] in (200, 204)
        for method, path, body in acts:
            assert (await ask(method, path, {**body, "text": "tea"} if "text" in body else body or None))[0] in (
                200,
                201,
            )
    finally:
        await node.stop()
    assert check(tmp_path / "data").faults == []


def put(ballast: Path, size: int = 512 * 1024) -> None:
    """Fill so many bytes of a disk, or none."""
    ballast.write_bytes(bytes(size))


async def fill(client: Client, room: str) -> tuple[dict[int, str], float]:
    """Post until the disk is full: what was acknowledged, and how long the longest refusal took."""
    acknowledged: dict[int, str] = {}
    slowest = 0.0
    refused = number = 0
    while refused < 20:
        text = f"{number} {'x' * 4000}"
        start = time.monotonic()
        status, answer = await client.post(f"/{room}", text)
        if status == 201:
            acknowledged[answer["seq"]] = text
        else:
            assert (status, answer["code"]) == (507, "storage_full"), answer
            slowest = max(slowest, time.monotonic() - start)
            refused += 1
        number += 1
        assert number < 5000
    return acknowledged, slowest


async def until_accepted(client: Client, room: str) -> tuple[int, float]:
    """Post until it works again: the seq, and how long it took."""
    start = time.monotonic()
    while True:
        status, answer = await client.post(f"/{room}", "room again")
        if status == 201:
            return answer["seq"], time.monotonic() - start
        assert status == 507
        assert time.monotonic() - start < 5


if can_unshare():

    async def test_files_leave_room_for_posts_and_what_was_refused_is_gone(tmp_path: Path, proved: Proved) -> None:
        data = tmp_path / "data"
        data.mkdir()
        server = Server(data, prefix=small_disk(str(data), "8m"), limits="off").start()
        room = server.create()
        seen = Path(f"/proc/{server.pid}/root{data}")

        def put(content: bytes) -> tuple[int, Any]:
            headers = {"Authorization": f"Bearer {room['token']}"}
            answer = httpx.put(f"{server.url}/{room['code']}/noise.bin", content=content, headers=headers)
            return answer.status_code, answer.json()

        sent, refused = list[str](), 0
        for length in (1 << 20, 9 << 20, 1 << 20, 9 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20):
            status, answer = await asyncio.to_thread(put, b"x" * length)
            if status == 201:
                sent.append(answer["file"]["id"])
            else:
                assert (status, answer["code"]) == (507, "files_full")
                refused += 1
            assert {path.name for path in kept(seen)} == {*sent}, "nothing is left of what was refused"
        with Client(server.url) as client:
            for number in range(20):
                assert (await client.post(f"/{room['code']}", f"{number} {'x' * 4000}"))[0] == 201
        events = await history(server.url, room["code"])
        assert server.stop() == 0

        assert 3 <= len(sent) < 8
        assert refused >= 2
        assert [event["file"]["id"] for event in events if "file" in event] == sent
        proved("P7", "files on a disk of 8 MB", acknowledged=len(sent), refused_with_507=refused, posts_after=20)

    async def test_a_server_on_a_full_disk_lives_on(tmp_path: Path, proved: Proved) -> None:
        data = tmp_path / "data"
        data.mkdir()
        server = Server(data, prefix=small_disk(str(data), "2m"), limits="off", heartbeat="0.2").start()
        room = server.create()["code"]
        reader = NdjsonReader(server.url, room)
        # The process sees its disk at the same place; for us it is under that process's root.
        ballast = Path(f"/proc/{server.pid}/root{data}/ballast")
        put(ballast)

        async with Crowd(follow(reader)), asyncio.timeout(60):
            with Client(server.url) as client:
                acknowledged, slowest = await fill(client, room)
                assert (await asyncio.to_thread(httpx.get, f"{server.url}/readyz")).status_code == 503
                await reader.reaches(max(acknowledged))
                assert len(await history(server.url, room)) == max(acknowledged)
                pid = server.pid
                put(ballast, 0)
                seq, back = await until_accepted(client, room)
                await reader.reaches(seq)
        stored = await history(server.url, room)
        assert server.pid == pid
        assert server.stop() == 0

        assert {event["seq"]: event.get("text") for event in stored}.items() >= acknowledged.items()
        assert [event["seq"] for event in stored] == list(range(1, seq + 1))
        assert reader.events == stored
        assert slowest <= 1
        proved(
            "P7",
            "a disk of 2 MB, a real server",
            acknowledged=len(acknowledged),
            lost=0,
            ms_for_the_slowest_507=round(slowest * 1000),
            ms_until_posts_work_again=round(back * 1000),
        )
