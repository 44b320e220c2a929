"""P1 to P5, P11 and P15 for replies, edits, reactions and files: members act at once, each act tried with its key
until it is answered, while readers are cut and the server is killed, restarted and backed up.
"""

from __future__ import annotations

import asyncio
import hashlib
import signal
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from chadchat.log.local import LocalLog
from chadchat.storage.check import check
from chadchat.storage.restore import restore

from ..attaching import kept
from ..serving import Server
from .client import Crowd, history
from .conftest import Proved
from .model import Reactions, as_they_are, reactions_of
from .proxy import FINE, Fault, FaultProxy
from .readers import Reader, follow
from .scale import scale
from .test_p02_retries_show_once import LOST
from .test_p04_nothing_is_missed import KINDS, Network
from .test_p11_backups_hold_what_was_acknowledged import back_up
from .test_p15_bytes_come_back import NASTY

ACTS = scale(30, 1_000)  # between two faults
CUTS = scale(4, 50)  # of each reader
EMOJI = "👍🎉🦊"
Events = list[dict[str, Any]]


@dataclass
class Act:
    """`target` is the message that is changed or replied to; a message itself has the seq that was answered."""

    kind: str
    target: int | None = None
    text: str = ""
    emoji: str = ""
    on: bool = False
    file: bytes = b""
    seq: int = 0

    @property
    def logged(self) -> tuple[Any, ...]:
        """What the log must have of it."""
        return (self.kind, self.target, self.emoji, self.on) if self.kind == "react" else (self.kind, self.target)


@dataclass
class Room:
    """What all members know: the messages so far, the acts that were answered, and the connections that broke."""

    url: str = ""
    said: list[int] = field(default_factory=list)
    answered: int = 0
    broken: int = 0
    number: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False
    lossy: bool = True
    random: Random = field(default_factory=lambda: Random(2))  # noqa: S311

    def plan(self, head: str) -> Fault:
        """A network that loses a fifth of the answers, after the server has heard the requests."""
        return LOST if self.lossy and self.random.random() < 0.2 else FINE

    async def progress(self, count: int) -> None:
        """Wait for so many more answers."""
        enough = self.answered + count
        async with asyncio.timeout(60):
            while self.answered < enough:
                self.news.clear()
                await self.news.wait()


class Person:
    """One member, whose acts follow each other. Only they edit their words, and only they set their reactions."""

    def __init__(self, room: Room, seat: dict[str, str]) -> None:
        self.acts: list[Act] = []
        self.member = seat["member"]
        self._room = room
        self._random = Random(self.member)  # noqa: S311
        self._headers = {"Authorization": f"Bearer {seat['token']}", "Connection": "close"}
        self._own: list[int] = []
        self._on: set[tuple[int, str]] = set()

    async def act(self) -> None:
        """Act until the room is over."""
        async with httpx.AsyncClient(timeout=60) as client:
            while not self._room.over:
                self.acts.append(self._next())
                await self._until_answered(client, self.acts[-1])

    def _next(self) -> Act:
        kinds = ["message", "reply", "edit", "react", "react", "file"]
        kind = self._random.choice(kinds) if self._own else "message"
        self._room.number += 1
        text = f"{self._room.number} {''.join(self._random.choices(NASTY, k=3))}"
        if kind == "react":
            to, emoji = self._random.choice(self._room.said[-5:]), self._random.choice(EMOJI)
            self._on ^= {(to, emoji)}
            return Act(kind, to, emoji=emoji, on=(to, emoji) in self._on)
        if kind == "edit":
            return Act(kind, self._own[-1], text)
        if kind == "file":
            return Act("message", file=text.encode() * self._random.choice([1, 1000, 20_000]))
        return Act("message", self._random.choice(self._room.said) if kind == "reply" else None, text)

    async def _until_answered(self, client: httpx.AsyncClient, act: Act) -> None:
        body = {"emoji": act.emoji, "on": act.on} if act.kind == "react" else {"text": act.text}
        method = "PATCH" if act.kind == "edit" else "POST"
        path = (f"/{act.target}" if act.target else "") + ("/reactions" if act.kind == "react" else "")
        headers = {**self._headers, "Idempotency-Key": f"{self.member}-{len(self.acts)}"}
        sent: dict[str, Any] = {"json": body}
        if act.file:
            method, path, sent = "PUT", "/log.txt", {"content": act.file}
        while True:
            try:
                answer = await client.request(method, f"{self._room.url}{path}", headers=headers, **sent)
                break
            except httpx.TransportError:
                self._room.broken += 1
                await asyncio.sleep(0.02)  # the server is being started
        assert answer.is_success, answer.text
        said = answer.json()
        if act.kind == "react":
            assert (self.member in said["all"].get(act.emoji, [])) == act.on
        else:
            assert said["text"] == act.text
        if act.file:
            assert said["file"]["sha256"] == hashlib.sha256(act.file).hexdigest()
        if act.kind == "message":
            act.seq = said["seq"]
            self._own.append(act.seq)
            self._room.said.append(act.seq)
        self._room.answered += 1
        self._room.news.set()


def logged(events: Events, person: Person) -> list[tuple[Any, ...]]:
    """What a log has of a member's acts, in its order."""
    parts = {"message": ("reply_to",), "edit": ("target",), "react": ("target", "emoji", "on")}
    own = [event for event in events if event["kind"] in parts and event["member"] == person.member]
    return [(event["kind"], *(event.get(part) for part in parts[event["kind"]])) for event in own]


def holds(events: Events, people: list[Person]) -> int:
    """How many acts a log has. Fails unless it has the first so many acts of each member, each once and in their order,
    and each message is as they have left it.
    """
    now = {event["seq"]: event for event in events}
    count = 0
    wanted: dict[int, Reactions] = {}
    for person in people:
        found = logged(events, person)
        done = person.acts[: len(found)]
        assert found == [act.logged for act in done]
        words = {act.seq or act.target: act.text for act in done if act.kind != "react"}
        assert {seq: now[seq]["text"] for seq in words if seq} == words
        for act in done:
            if act.kind == "react" and act.target:
                by = wanted.setdefault(act.target, {}).setdefault(act.emoji, [])
                (by.append if act.on else by.remove)(person.member)
        count += len(found)
    for seq, everyone in wanted.items():
        shown = {emoji: sorted(members) for emoji, members in now[seq].get("reactions", {}).items()}
        assert shown == {emoji: sorted(members) for emoji, members in everyone.items() if members}
    return count


@pytest.mark.slow
async def test_replies_edits_and_reactions_are_kept_once_in_order_and_with_their_bytes(
    tmp_path: Path, proved: Proved
) -> None:
    server = Server(tmp_path / "data", heartbeat="0.15").start()
    opened, room = server.create(), Room()
    async with httpx.AsyncClient(base_url=f"{opened['url']}/") as client:
        join = [(await client.post("join", json={"name": name})).json() for name in ("Ada", "Mallory")]
    people = [Person(room, seat) for seat in (opened, *join)]
    cut = [Network(server.port, CUTS, seed) for seed in range(len(KINDS))]
    for one in cut:
        await one.proxy.__aenter__()
    readers: list[Reader] = [kind(one.proxy.url, opened["code"]) for kind, one in zip(KINDS, cut, strict=True)]
    follows = Crowd(*(follow(reader) for reader in readers))
    async with asyncio.timeout(300), follows, FaultProxy(server.port, room.plan) as network:
        room.url = f"{network.url}/{opened['code']}"
        async with asyncio.TaskGroup() as acting:
            for person in people:
                acting.create_task(person.act())
            for _ in range(scale(2, 10)):
                await room.progress(ACTS)
                await asyncio.to_thread(server.stop, signal.SIGKILL)
                await asyncio.to_thread(server.start)
            room.lossy = False
            await room.progress(ACTS)  # by then each has had an answer since
            broken = room.broken
            await asyncio.to_thread(server.renew)
            await room.progress(ACTS)
            assert room.broken == broken, "a planned restart fails nothing"
            room.lossy = True
            before = room.answered
            await asyncio.to_thread(back_up, server.data, tmp_path / "copy")
            await asyncio.gather(*(one.worn.wait() for one in cut))
            room.over = True
        stored = await history(server.url, opened["code"])
        for reader in readers:
            await reader.reaches(stored[-1]["seq"])
    for one in cut:
        await one.proxy.__aexit__()
    server.stop()
    restore(tmp_path / "elsewhere", tmp_path / "copy")

    assert broken > ACTS / 10
    assert holds(stored, people) == room.answered == sum(len(person.acts) for person in people)
    for reader in readers:
        assert [event["seq"] for event in reader.events] == list(range(1, len(stored) + 1))
        assert (as_they_are(reader.events), reader.resets) == (as_they_are(stored), [])
        assert reactions_of(reader.events) == reactions_of(stored)
    files = [event["file"]["id"] for event in stored if "file" in event]
    assert files
    assert sorted(path.name for path in kept(server.data)) == sorted(files)
    assert check(server.data).faults == check(tmp_path / "elsewhere").faults == []
    log = await LocalLog.open(tmp_path / "elsewhere")
    held = [event.public() for event in await log.tail(opened["code"], len(stored) + 1)]
    await log.close()
    assert before <= holds(held, people) < room.answered
    proved(
        "P1",
        "replies, edits, reactions and files over kills, restarts, cuts and a backup",
        acknowledged=room.answered,
        files=len(files),
        tried_again=room.broken,
        lost=0,
        doubles=0,
    )
