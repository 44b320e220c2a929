"""Waiting for an answer with real curl: it ends when somebody answers, hangs up, or the server restarts."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ..serving import Server
from ..waiting import PATIENCE, wait_until


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("waiting") / "data", limits="on").start()
    yield server
    server.stop()


@pytest.fixture
def room(running: Server) -> dict[str, str]:
    return running.create()


def curl(address: str, *more: str) -> subprocess.Popen[str]:
    """Ask, as the README does."""
    command = ["curl", "-sS", "--fail-with-body", "--max-time", str(PATIENCE), "-d", "Deploy?", *more, address]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def events(url: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in httpx.get(f"{url}/json?since=all&poll=1").text.splitlines()]


def questions(url: str) -> list[int]:
    return [int(str(event["seq"])) for event in events(url) if "choices" in event or "asks" in event]


def answer(room: dict[str, str], seq: int, text: str = "yes") -> httpx.Response:
    owner = {"Authorization": f"Bearer {room['token']}"}
    return httpx.post(f"{room['url']}/{seq}/answer", content=text, headers=owner)


def test_curl_prints_the_answer_and_ends_with_0_or_with_22(room: dict[str, str]) -> None:
    asking = curl(f"{room['url']}?wait=10m&choices=yes,no")
    wait_until(lambda: bool(questions(room["url"])))
    assert answer(room, questions(room["url"])[0], "Yes").status_code == 201
    assert (*asking.communicate(timeout=PATIENCE), asking.returncode) == ("yes\n", "", 0)
    nobody = curl(f"{room['url']}?wait=1s")
    said, error = nobody.communicate(timeout=PATIENCE)
    assert nobody.returncode == 22
    assert json.loads(said)["code"] == "no_answer"
    assert "404" in error


def test_a_caller_who_hangs_up_frees_its_place(room: dict[str, str]) -> None:
    """A seat has three, and the third is free again as soon as it is given up."""
    seat = ["-H", f"Authorization: Bearer {room['token']}"]
    asking = [curl(f"{room['url']}?wait=10m", *seat) for _ in range(3)]
    wait_until(lambda: len(questions(room["url"])) == 3)
    headers = {"Authorization": f"Bearer {room['token']}"}
    first = questions(room["url"])[0]

    def refused() -> bool:
        return httpx.get(f"{room['url']}/{first}/answer", headers=headers).status_code == 429

    wait_until(refused)
    asking[0].kill()
    asking[0].communicate()
    wait_until(lambda: not refused())
    for one in asking[1:]:
        one.kill()
        one.communicate()


async def test_posts_go_on_while_five_hundred_wait_and_all_get_the_answer(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", limits="on", limit_waits="600", limit_streams="700").start()
    try:
        room = server.create()
        post = f"{room['url']}?choices=yes,no"
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(limits=limits, timeout=PATIENCE) as client:
            seq = (await client.post(post, content="Deploy?")).json()["seq"]
            address = f"{room['url']}/{seq}/answer"
            waits = [asyncio.create_task(client.get(f"{address}?wait=1h")) for _ in range(501)]
            full, held = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            [refused] = [await one for one in full]  # so all the others are held
            assert (refused.status_code, refused.text.split(".")[0]) == (
                429,
                "Too many questions wait for their answers",
            )

            posted = [(await client.post(room["url"], content=str(number))).status_code for number in range(8)]
            assert posted == [201] * 8
            owner = {"Authorization": f"Bearer {room['token']}"}
            assert (await client.post(address, content="no", headers=owner)).status_code == 201
            answers = await asyncio.gather(*held)
            assert {(one.status_code, one.text) for one in answers} == {(200, "no\n")}
    finally:
        server.stop()


def test_a_restart_ends_a_wait_and_the_key_goes_on_with_the_same_question(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", limits="on").start()
    room = server.create()
    key = ["-H", "Idempotency-Key: d42"]
    asking = curl(f"{room['url']}?wait=1h", *key, "-D", str(tmp_path / "head"))
    wait_until(lambda: bool(questions(room["url"])))
    server.restart()
    said, _ = asking.communicate(timeout=PATIENCE)
    assert (json.loads(said)["code"], asking.returncode) == ("stopping", 22)
    assert "retry-after: 2" in (tmp_path / "head").read_text().lower()
    again = curl(f"{room['url']}?wait=50s", *key)
    [seq] = questions(room["url"])
    both = answer(room, seq, "first"), answer(room, seq, "second")
    late = curl(f"{room['url']}?wait=1s", *key)

    assert [one.status_code for one in both] == [201, 409]
    for one in (again, late):
        assert (one.communicate(timeout=PATIENCE)[0], one.returncode) == ("first\n", 0)
    assert questions(room["url"]) == [seq]
    assert [event["text"] for event in events(room["url"]) if event.get("answers")] == ["first"]
    assert server.stop() == 0
