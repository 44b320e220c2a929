"""P2: a post that is tried again with the same key shows once, however often its answer is lost on the way."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import pytest

from ..serving import Server
from .client import Broken, Client, Crowd, history, read_until
from .conftest import Proved
from .proxy import FINE, Fault, FaultProxy
from .scale import scale

POSTS = scale(300, 10_000)
POSTERS = 10
LOST = Fault(after=0)  # the request reaches the server, its answer reaches nobody


@dataclass
class Sent:
    """What was tried, and how often an answer was missed."""

    texts: list[str] = field(default_factory=list)
    missed: int = 0

    async def post(self, url: str, room: str, name: int, posts: int, keyed: bool) -> None:
        """One poster's share, each message tried until it is answered."""
        with Client(url) as client:
            for number in range(posts):
                text = f"{name}:{number}"
                self.texts.append(text)
                headers = {"Idempotency_Key": f"key-{text}"} if keyed else {}
                await self._until_answered(client, room, text, headers)

    async def _until_answered(self, client: Client, room: str, text: str, headers: dict[str, str]) -> None:
        while True:
            try:
                status, answer = await client.post(f"/{room}", text, Connection="close", **headers)
            except Broken:
                self.missed += 1
                continue
            client.close()
            assert (status, answer["text"]) == (201, text)
            return


async def retried(server: Server, room: str, posts: int = POSTS, *, keyed: bool) -> tuple[Sent, list[str]]:
    """Post over a network that loses a fifth of the answers; what was sent, and what a live reader saw."""
    random = Random(2)  # noqa: S311
    sent = Sent()
    live = asyncio.create_task(read_until(server.url, f"/{room}/json?since=all", b"that was all"))
    proxy = FaultProxy(server.port, lambda head: LOST if random.random() < 0.2 else FINE)
    async with asyncio.timeout(600), Crowd(live), proxy:
        share = posts // POSTERS
        await asyncio.gather(*(sent.post(proxy.url, room, name, share, keyed) for name in range(POSTERS)))
        with Client(server.url) as client:
            await client.post(f"/{room}", "that was all")
        seen = [json.loads(line) for line in (await live).decode().split("\n")[:-1]]
    return sent, [event["text"] for event in seen if event["kind"] == "message"][:-1]


@pytest.mark.slow
async def test_a_post_whose_answer_is_lost_shows_once_in_the_database_the_stream_and_the_history(
    tmp_path_factory: pytest.TempPathFactory, proved: Proved
) -> None:
    data = tmp_path_factory.mktemp("retries") / "data"
    server = Server(data, limits="off").start()
    room = server.create()["code"]

    sent, seen = await retried(server, room, keyed=True)
    stored = [event["text"] for event in await history(server.url, room) if event["kind"] == "message"][:-1]
    server.stop()
    db = sqlite3.connect(data / "chadchat.sqlite3")
    rows = [json.loads(event)["text"] for (event,) in db.execute("SELECT event FROM log WHERE kind = 'message'")][:-1]
    db.close()

    assert sent.missed > POSTS / 10
    assert Counter(seen) == Counter(sent.texts)
    assert seen == stored == rows
    proved("P2", "posts over a network that loses 20 % of the answers", posts=POSTS, retries=sent.missed, duplicates=0)


async def test_a_client_that_retries_without_a_key_is_caught(standing: Server, proved: Proved) -> None:
    room = standing.create()["code"]

    sent, seen = await retried(standing, room, 60, keyed=False)

    duplicates = len(seen) - len(set(seen))
    assert duplicates == sent.missed > 0
    proved("P2", "the same without a key, which must fail", duplicates=duplicates)
