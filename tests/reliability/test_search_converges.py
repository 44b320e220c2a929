"""The search's file after kill -9, at whatever point: it has each message that was acknowledged, and no other words."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import httpx

from ..serving import Server
from ..waiting import wait_until
from .scale import scale

KILLS = scale(3, 50)
JSON = {"Accept": "application/json"}


def test_the_search_finds_what_was_acknowledged_however_often_the_server_is_killed(tmp_path: Path) -> None:
    server, said, gone = Server(tmp_path / "data").start(), set[int](), set[int]()
    random_ = random.Random(19)  # noqa: S311 - the same acts in each run
    opened = httpx.post(f"{server.url}/rooms", json={"name": "Ada"}, headers=JSON).json()
    room, seat = opened["code"], JSON | {"Authorization": f"Bearer {opened['token']}"}

    def found(word: str) -> set[int]:
        seqs, address = set[int](), f"{server.url}/{room}/search?q={word}&limit=500"
        while address:
            answer = httpx.get(address, headers=JSON).json()
            seqs |= {message["seq"] for message in answer["messages"]}
            address = answer["older"]
        return seqs

    for _ in range(KILLS):
        with httpx.Client(base_url=server.url, headers=seat) as client:
            for _ in range(random_.randint(5, 40)):
                said.add(client.post(f"/{room}", json={"text": "tea word"}).json()["seq"])
                if random_.random() < 0.3:
                    seq = random_.choice(sorted(said - gone))
                    assert client.delete(f"/{room}/{seq}").status_code == 200
                    gone.add(seq)
        server.stop(signal.SIGKILL)
        server.start()

    wait_until(lambda: found("tea") == said - gone)
    assert found("-tea word") == set()
    server.stop()
