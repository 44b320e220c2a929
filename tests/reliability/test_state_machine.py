"""Random sequences of acts against a model that is a list: after them, the streamed page equals the reloaded page, and
every reader's log equals the model. (The first check is Zulip's.)

The application runs in one process (tests/reliability/inprocess.py) with a ring of a few events, so that readers fall
off it often.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from chadchat.domain.messages import is_blank
from chadchat.live.ring import Ring

from .conftest import Proved
from .inprocess import LineReader, Node, PageReader, Stream
from .scale import scale

T = TypeVar("T")
NAMES = ("Ada", "Grace", "Mallory")
TEXTS = st.one_of(
    st.sampled_from(["tea?", "**bold** and `code`", "- one\n- two\n  1. deep", "> so\n\n```\n</li><li id='m-1'>\n```"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20).filter(
        lambda text: not is_blank(text)
    ),
)
PICK = st.integers(min_value=0, max_value=99)
done: Counter[str] = Counter()


@dataclass
class Model:
    """A room as it should be: (kind, name, text) of each event, in order; who has which token; what a key stored."""

    code: str
    events: list[tuple[str, str, str | None]]
    seats: dict[str, str]
    members: dict[str, str]  # by name, of those with a seat
    owners: set[str]  # names of those with a seat
    muted: set[str] = field(default_factory=set)  # the same
    address_muted: bool = False  # all come from one address: so is everybody who takes a seat after a mute began
    keys: list[tuple[str, str, str, int]] = field(default_factory=list)  # key, text, name, seq

    def add(self, kind: str, name: str, text: str | None = None) -> int:
        self.events.append((kind, name, text))
        return len(self.events)

    def silenced(self, name: str) -> bool:
        """Whether that name may only read; an owner who was muted before may speak no more than another."""
        return name in self.muted if name in self.seats else self.address_muted

    def headers(self, name: str) -> dict[str, str]:
        """What the one with that name shows: a token, or only the name."""
        return {"Authorization": f"Bearer {self.seats[name]}"} if name in self.seats else {"Name": name}


class Rooms(RuleBasedStateMachine):
    """What people do."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="chadchat-"))
        self.runner = asyncio.Runner()
        self.node = Node(self.folder)
        self.rooms: list[Model] = []
        self.readers: list[PageReader | LineReader] = []
        self.awake: list[PageReader | LineReader] = []  # whose stream is open and read
        self.run(self.node.start())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        async def bounded() -> T:
            async with asyncio.timeout(60):
                return await work

        return self.runner.run(bounded())

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
        status, answer = self.run(self.node.ask(method, path, body, **headers))
        return status, json.loads(answer)

    def model(self, pick: int) -> Model:
        return self.rooms[pick % len(self.rooms)]

    # What people do.

    @precondition(lambda self: len(self.rooms) < 2)
    @rule(name=st.sampled_from(NAMES))
    def create(self, name: str) -> None:
        status, made = self.ask("POST", "/rooms", {"name": name})
        assert status == 201
        events: list[tuple[str, str, str | None]] = [("room", name, None), ("join", name, None)]
        self.rooms.append(Model(made["code"], events, {name: made["token"]}, {name: made["member"]}, {name}))

    @precondition(lambda self: self.rooms)
    @rule(pick=PICK, name=st.sampled_from(NAMES))
    def join(self, pick: int, name: str) -> None:
        room = self.model(pick)
        status, seat = self.ask("POST", f"/{room.code}/join", {"name": name})
        assert status == (409 if name in room.seats else 201)
        if status == 201:
            room.seats[name], room.members[name] = seat["token"], seat["member"]
            if room.address_muted:
                room.muted.add(name)
            room.add("join", name)

    @precondition(lambda self: self.rooms)
    @rule(pick=PICK, name=st.sampled_from(NAMES))
    def leave(self, pick: int, name: str) -> None:
        room = self.model(pick)
        if name not in room.seats:
            return
        status, answer = self.ask("POST", f"/{room.code}/leave", **room.headers(name))
        if room.owners == {name}:
            assert (status, answer["code"]) == (409, "last_owner")
            return
        assert status == 200
        self.send_out(room, name)
        room.owners.discard(name)
        room.muted.discard(name)
        room.add("leave", name)

    @precondition(lambda self: self.rooms)
    @rule(pick=PICK, name=st.sampled_from(NAMES), new=st.sampled_from(NAMES))
    def enter_under_another_name(self, pick: int, name: str, new: str) -> None:
        room = self.model(pick)
        if name not in room.seats or name == new:
            return
        status, seat = self.ask("POST", f"/{room.code}/join", {"name": new}, **room.headers(name))
        assert status == (409 if new in room.seats else 201)
        if status == 201:
            assert (seat["token"], seat["member"]) == (room.seats[name], room.members[name])
            room.seats[new], room.members[new] = room.seats.pop(name), room.members.pop(name)
            for group in (room.owners, room.muted):
                if name in group:
                    group.remove(name)
                    group.add(new)
            room.add("rename", new)

    @precondition(lambda self: self.rooms)
    @rule(pick=PICK, which=PICK, name=st.sampled_from(NAMES), owns=st.booleans())
    def share(self, pick: int, which: int, name: str, owns: bool) -> None:
        room = self.model(pick)
        by = sorted(room.owners)[which % len(room.owners)]
        if name not in room.seats:
            return
        method, path = ("POST", "owners") if owns else ("DELETE", f"owners/{room.members[name]}")
        body = {"member": room.members[name]} if owns else None
        status, answer = self.ask(method, f"/{room.code}/{path}", body, **room.headers(by))
        if not owns and room.owners <= {name}:
            assert (status, answer["code"]) == (409, "last_owner")
            return
        assert status in (200, 201)
        (room.owners.add if owns else room.owners.discard)(name)
        room.add("owner", by)

    @precondition(lambda self: self.rooms)
    @rule(pick=PICK, which=PICK, name=st.sampled_from(NAMES))
    def mute(self, pick: int, which: int, name: str) -> None:
        room = self.model(pick)
        if name not in room.seats:
            return
        by = sorted(room.owners)[which % len(room.owners)]
        body = {"member": room.members[name], "for": "1d"}
        status, answer = self.ask("POST", f"/{room.code}/mutes", body, **room.headers(by))
        if name in room.owners:
            assert (status, answer["code"]) == (409, "owner_protected")
            return
        assert status in (200, 201)
        room.muted.add(name)
        room.address_muted = True
        room.add("mute", by)

    def send_out(self, room: Model, name: str) -> None:
        """The seat of that name has ended, and its pages with it."""
        for reader in [one for one in self.readers if isinstance(one, PageReader)]:
            if reader.room == room.code and room.seats[name] in reader.cookie["Cookie"]:
                self.close(reader)
                self.readers.remove(reader)
        del room.seats[name]
        del room.members[name]

    @precondition(lambda self: self.rooms)
    @rule(pick=PICK, name=st.sampled_from(NAMES), text=TEXTS, keyed=st.booleans())
    def post(self, pick: int, name: str, text: str, keyed: bool) -> None:
        room = self.model(pick)
        key = {"Idempotency_Key": f"key-{len(room.events)}"} if keyed else {}
        status, answer = self.ask("POST", f"/{room.code}", {"text": text}, **room.headers(name), **key)
        if room.silenced(name):
            assert (status, answer["code"]) == (403, "muted")
            return
        assert status == 201
        assert answer["seq"] == room.add("message", name, text)
        if keyed:
            room.keys.append((key["Idempotency_Key"], text, name, answer["seq"]))

    @precondition(lambda self: any(room.keys for room in self.rooms))
    @rule(pick=PICK, which=PICK, same=st.booleans())
    def retry(self, pick: int, which: int, same: bool) -> None:
        room = self.model(pick)
        if not room.keys:
            return
        key, text, name, seq = room.keys[which % len(room.keys)]
        body = {"text": text if same else f"not {text}"}
        status, answer = self.ask("POST", f"/{room.code}", body, Idempotency_Key=key, **room.headers(name))
        # A key belongs to a seat, or to a name without one: after a join or a leave it is another's.
        if status == 201 and answer["seq"] == len(room.events) + 1:
            room.keys = [kept for kept in room.keys if kept[0] != key or kept[2] != name]
            room.add("message", name, body["text"])
        elif room.silenced(name) and answer.get("code") == "muted":  # the key is another seat's by now
            return
        else:
            assert (status, answer.get("seq")) == ((201, seq) if same else (422, None))

    @precondition(lambda self: self.rooms and len(self.readers) < 4)
    @rule(pick=PICK, which=PICK, page=st.booleans())
    def follow(self, pick: int, which: int, page: bool) -> None:
        room = self.model(pick)
        if page and room.seats:
            token = list(room.seats.values())[which % len(room.seats)]
            browser = PageReader(room.code, {"Cookie": f"chad-{room.code}={token}"})
            self.run(browser.load(self.node))
            self.open(browser)
        elif not page:
            self.open(LineReader(room.code))

    # What becomes of their connections.

    @precondition(lambda self: self.awake)
    @rule(pick=PICK)
    def cut(self, pick: int) -> None:
        self.close(self.awake[pick % len(self.awake)])

    @precondition(lambda self: self.awake)
    @rule(pick=PICK, more=st.integers(0, 2000))
    def fall_deaf(self, pick: int, more: int) -> None:
        """Hear so many bytes more, and nothing after them, though the server thinks that all is well."""
        reader = self.awake.pop(pick % len(self.awake))
        self.stream(reader).takes = more

    @precondition(lambda self: self.awake)
    @rule(pick=PICK)
    def stall(self, pick: int) -> None:
        self.stream(self.awake.pop(pick % len(self.awake))).flowing.clear()

    @precondition(lambda self: len(self.readers) > len(self.awake))
    @rule(pick=PICK)
    def resume(self, pick: int) -> None:
        away = [reader for reader in self.readers if reader not in self.awake]
        reader = away[pick % len(away)]
        stream = reader.stream
        if stream and not stream.flowing.is_set() and not stream.task.done():
            stream.flowing.set()  # only slow: the same connection goes on
            self.awake.append(reader)
            return
        self.close(reader)
        self.open(reader)

    @precondition(lambda self: self.rooms)
    @rule()
    def restart(self) -> None:
        for reader in self.readers:
            if reader.stream:
                reader.stream.flowing.set()
        self.run(self.node.stop())
        self.awake.clear()
        self.node = Node(self.folder)
        self.run(self.node.start())

    # What must be so, whatever happened.

    @invariant()
    def every_log_is_the_model(self) -> None:
        for room in self.rooms:
            status, lines = self.run(self.node.ask("GET", f"/{room.code}/json?poll=1&since=all"))
            assert status == 200
            self.same([json.loads(line) for line in lines.split("\n")[:-1]], room)
        for reader in self.awake:
            room = next(room for room in self.rooms if room.code == reader.room)
            self.run(self.reaches(reader, len(room.events)))
        for reader in self.readers:
            room = next(room for room in self.rooms if room.code == reader.room)
            if isinstance(reader, LineReader):
                self.same(reader.events, room)
            else:
                fresh, _ = self.run(reader.fresh(self.node))
                assert reader.lines == fresh[: len(reader.lines)]
                assert reader not in self.awake or len(reader.lines) == len(fresh) == len(room.events)

    def same(self, events: list[dict[str, Any]], room: Model) -> None:
        """A reader's log is the model's beginning, without a hole."""
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        got = [(event["kind"], event["name"], event.get("text")) for event in events]
        assert got == room.events[: len(got)]

    async def reaches(self, reader: PageReader | LineReader, head: int) -> None:
        while reader.head < head:
            reader.news.clear()
            await reader.news.wait()

    def stream(self, reader: PageReader | LineReader) -> Stream:
        assert reader.stream
        return reader.stream

    def open(self, reader: PageReader | LineReader) -> None:
        async def connect() -> None:
            reader.connect(self.node)

        self.run(connect())
        if reader not in self.readers:
            self.readers.append(reader)
        self.awake.append(reader)

    def close(self, reader: PageReader | LineReader) -> None:
        if reader in self.awake:
            self.awake.remove(reader)
        if reader.stream and not reader.stream.task.done():
            self.run(reader.stream.cut())

    def teardown(self) -> None:
        for room in self.rooms:
            done["events"] += len(room.events)
        done["runs"] += 1
        for reader in self.readers:
            self.close(reader)
        self.run(self.node.stop())
        self.runner.close()
        shutil.rmtree(self.folder)


@pytest.fixture(autouse=True)
def small_ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Readers fall off the ring after a few events, and catch up in small pages."""
    monkeypatch.setattr("chadchat.live.ring.EVENTS", 3)
    monkeypatch.setattr("chadchat.live.feed.EVENTS", 3)
    monkeypatch.setattr("chadchat.live.feed.PAGE", 2)
    yield
    done.clear()


def play(examples: int, steps: int) -> None:
    machine = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],  # what waits for ever when it is wrong takes too long to shrink
        report_multiple_bugs=False,
    )
    run_state_machine_as_test(Rooms, settings=machine)


@pytest.mark.slow
def test_whatever_people_do_every_reader_has_the_log_and_the_page_is_the_page_after_a_reload(proved: Proved) -> None:
    play(scale(5, 100), scale(25, 40))

    proved("P3", "state machine: create, join, post, retry, cut, resume, restart, leave, rename, share, mute", **done)


def come_back(page: bool) -> None:
    """One reader who was away for two messages."""
    rooms = Rooms()
    try:
        rooms.create("Grace")
        rooms.follow(0, 0, page=page)
        rooms.every_log_is_the_model()
        rooms.cut(0)
        rooms.post(0, "Grace", "one", keyed=False)
        rooms.post(0, "Grace", "two", keyed=False)
        rooms.resume(0)
        rooms.every_log_is_the_model()
    finally:
        rooms.teardown()


@pytest.mark.parametrize("page", [True, False], ids=["page", "program"])
def test_a_feed_that_loses_an_event_is_caught(monkeypatch: pytest.MonkeyPatch, page: bool) -> None:
    frames = Ring.frames

    def careless(ring: Ring, cursor: int, format: Any) -> list[bytes]:
        joined = frames(ring, cursor, format)
        return joined[1:] if len(joined) > 1 else joined

    monkeypatch.setattr(Ring, "frames", careless)
    with pytest.raises(AssertionError):
        come_back(page)
