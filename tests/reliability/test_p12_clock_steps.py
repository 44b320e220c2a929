"""P12: a clock that jumps an hour or a day, ahead or back, changes no order, loses no resume, opens no key and no
limit, ends no ban or mute early or late, and removes no young message.

The server's clock is Debian's libfaketime, which reads the offset from a file. Its monotonic clock does not jump, as
with a real step.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx_sse import connect_sse

from ..operating import chadchat
from ..serving import Server
from .conftest import Proved
from .scale import scale

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
STEPS = [1, -1, -1, 1, 0, -1, 2, -2]  # hours from the real time, one after the other


@dataclass
class Clock:
    """The server's clock."""

    file: Path
    steps: int = 0

    def set(self, hours: int) -> None:
        """Jump to so many hours from the real time."""
        self.steps += 1
        new = self.file.with_suffix(".new")
        new.write_text(f"{hours * 3600:+d}\n")
        os.replace(new, self.file)

    def prefix(self) -> list[str]:
        """The start of a command that has this clock."""
        assert LIBRARIES, "these tests need libfaketime: make setup-browser"
        return [
            "env",
            f"LD_PRELOAD={LIBRARIES[0]}",
            f"FAKETIME_TIMESTAMP_FILE={self.file}",
            "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
        ]


@dataclass
class Room:
    """A room on the server with that clock, and what was said in it."""

    url: str
    client: httpx.Client
    said: list[dict[str, Any]] = field(default_factory=list)

    def post(self, text: str, **headers: str) -> httpx.Response:
        return self.client.post(self.url, content=text, headers=headers)

    def say(self, text: str, **headers: str) -> dict[str, Any]:
        answer = self.post(text, **headers)
        assert answer.status_code == 201, answer.text
        self.said.append(answer.json())
        return self.said[-1]


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    made = Clock(tmp_path_factory.mktemp("clock") / "offset")
    made.set(0)
    return made


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("changing") / "data"
    started = Server(data, prefix=clock.prefix(), limits="off", heartbeat="0.3", leave_after="0.3").start()
    yield started
    started.stop()


def distance(moment: str) -> timedelta:
    """How far a stored time is from the real one."""
    return datetime.fromisoformat(moment) - datetime.now(UTC)


def test_the_servers_clock_really_jumps(changing: Server, clock: Clock) -> None:
    for hours in (1, 2, 3):
        clock.set(hours)
        with httpx.Client() as client:
            room = Room(changing.create()["url"], client)
            at = room.say("now")["at"]
        assert abs(distance(at) - timedelta(hours=hours)) < timedelta(minutes=1)


def test_steps_of_an_hour_change_no_order_lose_no_resume_and_open_no_key(
    changing: Server, clock: Clock, proved: Proved
) -> None:
    talking = httpx.Client(timeout=60)
    room = Room(changing.create()["url"], talking)
    first = room.say("first", **{"Idempotency-Key": "k"})
    seen: list[str] = []
    with httpx.Client(timeout=60) as client, connect_sse(client, "GET", f"{room.url}/sse?since=all") as live:
        events = live.iter_sse()
        for number, hours in enumerate(STEPS * scale(1, 25)):
            clock.set(hours)
            said = room.say(f"message {number}")
            while not seen or seen[-1] != said["cursor"]:  # a stream that was open before the step goes on
                event = next(events)
                seen += [event.id] if event.event == "message" and event.data else []  # not a heartbeat
            again = room.post("first", **{"Idempotency-Key": "k"})
            assert again.json() == first, "the key is still the same message's"
            assert room.post("other", **{"Idempotency-Key": "k"}).status_code == 422
            missed = talking.get(f"{room.url}/json?poll=1&since={room.said[-2]['cursor']}").json()
            assert missed == said, "a reader from before the step has missed this, and nothing else"

    stored = [json.loads(line) for line in talking.get(f"{room.url}/json?poll=1").text.split("\n")[:-1]]
    talking.close()
    assert [event["seq"] for event in stored] == list(range(1, len(stored) + 1))
    assert [event for event in stored if event["kind"] == "message"] == room.said
    assert seen == [event["cursor"] for event in stored]
    assert [event["at"] for event in stored] == sorted(event["at"] for event in stored), "shown times never run back"
    proved("P12", "clock steps of an hour and more, ahead and back", steps=len(STEPS) * scale(1, 25), violations=0)


def test_a_step_opens_no_limit(tmp_path: Path, clock: Clock, proved: Proved) -> None:
    server = Server(tmp_path / "limited", prefix=clock.prefix(), limits="on").start()

    def create() -> httpx.Response:
        return httpx.post(f"{server.url}/rooms", json={"name": "Mallory"})

    refused = next(answer for answer in (create() for _ in range(30)) if answer.status_code != 201)
    assert refused.status_code == 429
    for hours in STEPS:
        clock.set(hours)
        again = create()
        assert again.status_code == 429, f"{hours:+d} h"
        assert int(again.headers["Retry-After"]) <= int(refused.headers["Retry-After"])
    server.stop()

    proved("P12", "clock steps against a limit that is used up", steps=len(STEPS), opened=0)


def test_a_step_ends_nobodys_presence_and_keeps_heartbeats_coming(changing: Server, clock: Clock) -> None:
    room = changing.create()
    bearer = {"Authorization": f"Bearer {room['token']}"}
    with httpx.stream("GET", f"{room['url']}/json?since=all", headers=bearer, timeout=60) as stream:
        lines = stream.iter_lines()
        for hours in (1, -1, 0):
            clock.set(hours)
            start = time.monotonic()
            assert any("heartbeat" in line for line in lines)
            assert time.monotonic() - start < 3
        assert httpx.get(f"{room['url']}/people").text == "Grace\n"


AHEAD = [1, 24]  # hours


@dataclass
class Ruled:
    """A room of Grace's on a server with that clock; Ada and Mallory are in it."""

    server: Server
    room: dict[str, str]
    seats: dict[str, dict[str, str]] = field(default_factory=dict)

    def ask(self, who: str, method: str, path: str, **fields: str) -> httpx.Response:
        token = self.room["token"] if who == "Grace" else self.seats[who]["token"]
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return httpx.request(method, f"{self.room['url']}{path}", data=fields or None, headers=headers)

    def join(self, name: str) -> httpx.Response:
        answer = httpx.post(f"{self.room['url']}/join", data={"name": name})
        if answer.status_code == 201:
            self.seats[name] = answer.json()
        return answer

    def say(self, who: str) -> str | int:
        """201, or the code of the refusal."""
        answer = self.ask(who, "POST", "", text="tea?")
        return answer.status_code if answer.status_code == 201 else str(answer.json()["code"])


@pytest.fixture
def ruled(changing: Server, clock: Clock) -> Ruled:
    clock.set(0)
    made = Ruled(changing, changing.create())
    for name in ("Ada", "Mallory"):
        made.join(name)
    return made


def say_from(ruled: Ruled, clock: Clock, hours: int) -> None:
    """Grace says something while the clock is so far ahead, and it is right again."""
    clock.set(hours)
    assert ruled.say("Grace") == 201
    clock.set(0)


@pytest.mark.parametrize("hours", AHEAD)
def test_a_mute_holds_and_ends_whatever_time_the_room_had(ruled: Ruled, clock: Clock, hours: int) -> None:
    say_from(ruled, clock, hours)
    ruled.ask("Grace", "POST", "/mutes", **{"member": ruled.seats["Mallory"]["member"], "for": "30m"})

    for ahead in (0, -hours, 0):
        clock.set(ahead)
        assert ruled.say("Mallory") == "muted"
        assert ruled.say("Ada") == 201
    clock.set(1)
    assert ruled.say("Mallory") == 201, "half an hour is over"
    clock.set(0)
    assert ruled.say("Mallory") == "muted", "and is not, when the clock is right"


@pytest.mark.parametrize("hours", AHEAD)
def test_a_ban_holds_and_ends_whatever_time_the_room_had(ruled: Ruled, clock: Clock, hours: int) -> None:
    say_from(ruled, clock, hours)
    ruled.ask("Grace", "POST", "/bans", **{"member": ruled.seats["Mallory"]["member"], "for": "30m"})

    def posts() -> int:
        return httpx.post(ruled.room["url"], content="hi", headers={"Name": "Mallory"}).status_code

    assert [posts(), ruled.join("Mallory").status_code] == [403, 403]
    clock.set(hours)
    ruled.join("Eve")
    other = ruled.ask("Grace", "POST", "/bans", **{"member": ruled.seats["Ada"]["member"], "for": "30m"})
    assert other.status_code == 201, "which must not forget the ban that seems to be over"
    ruled.ask("Grace", "DELETE", f"/bans/{other.json()['seq']}")
    clock.set(0)
    assert [posts(), ruled.join("Mallory").status_code] == [403, 403]
    clock.set(-hours)
    assert [posts(), ruled.join("Mallory").status_code] == [403, 403]
    clock.set(0)


@pytest.mark.parametrize("hours", AHEAD)
def test_slow_mode_keeps_nobody_waiting_for_a_clock_that_was_ahead(ruled: Ruled, clock: Clock, hours: int) -> None:
    ruled.ask("Grace", "PATCH", "/settings", slow="1800")
    clock.set(hours)
    assert ruled.say("Mallory") == 201
    clock.set(0)

    assert ruled.say("Mallory") == 201, "the last one is not to come"
    assert ruled.say("Mallory") == "slow_mode"
    assert ruled.say("Ada") == 201
    assert ruled.say("Ada") == "slow_mode"
    clock.set(1)
    assert ruled.say("Ada") == 201, "half an hour is over"
    clock.set(0)


@pytest.mark.parametrize("hours", [*AHEAD, -1, -24])
def test_a_key_is_the_same_messages_after_a_step_and_a_step_back(ruled: Ruled, clock: Clock, hours: int) -> None:
    def post(key: str, text: str = "first") -> httpx.Response:
        return httpx.post(ruled.room["url"], content=text, headers={"Idempotency-Key": key})

    first = post("before").json()
    for step in (hours, 0, hours, 0):
        clock.set(step)
        assert post("before").json() == first
        assert post("before", "other").status_code == 422
        assert post(f"at {step}".replace(" ", "-")).status_code == 201
    assert len({post(key).json()["seq"] for key in ("before", f"at-{hours}", "at-0")}) == 3


@pytest.mark.parametrize("hours", [*AHEAD, -1, -24])
def test_an_owners_link_is_good_for_a_day_of_the_clock_that_is_right(ruled: Ruled, clock: Clock, hours: int) -> None:
    code = ruled.room["code"]
    token = chadchat(ruled.server.data, "rooms", "owner", code).out.strip().rsplit("/", 1)[-1]

    def claim() -> httpx.Response:
        return httpx.post(
            f"{ruled.room['url']}/join", data={"name": "Eve"}, headers={"Authorization": f"Bearer {token}"}
        )

    clock.set(25)
    assert claim().status_code == 401, "a day is over"
    clock.set(hours if hours != 24 else 0)
    assert claim().status_code == 201, "and is not, when the clock is right"
    clock.set(0)


@pytest.mark.parametrize("hours", [*AHEAD, -1, -24])
def test_a_step_frees_no_name(ruled: Ruled, clock: Clock, hours: int) -> None:
    ruled.ask("Ada", "POST", "", text="tea?")
    for ahead in (hours, 0, hours):
        clock.set(ahead)
        assert ruled.join("Ada").status_code == 409
        assert ruled.say("Ada") == 201
    clock.set(0)


def test_a_clock_that_was_400_days_ahead_removed_nothing(tmp_path: Path, clock: Clock) -> None:
    clock.set(0)
    server = Server(tmp_path / "kept", prefix=clock.prefix(), limits="off").start()
    room = server.create()
    bearer = {"Authorization": f"Bearer {room['token']}"}
    said = httpx.post(room["url"], content="to be kept", headers=bearer).json()
    ada = httpx.post(f"{room['url']}/join", data={"name": "Ada"}).json()
    clock.set(400 * 24)

    changed = httpx.patch(f"{room['url']}/settings", data={"keep_days": "30"}, headers=bearer)

    assert changed.status_code == 200
    httpx.post(room["url"], content="a year later", headers=bearer)
    server.restart()  # which sweeps at its start
    assert httpx.get(f"{room['url']}/{said['seq']}").text.endswith("Grace: to be kept\n")
    clock.set(0)
    assert httpx.post(room["url"], content="now", headers=bearer).status_code == 201
    seat = {"Authorization": f"Bearer {ada['token']}"}
    assert httpx.post(room["url"], content="my seat is mine", headers=seat).status_code == 201
    assert httpx.get(f"{room['url']}/{said['seq']}").text.endswith("Grace: to be kept\n")
    server.stop()
