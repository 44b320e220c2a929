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
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from chadchat.domain import members
from chadchat.domain.expiry import expire_files
from chadchat.domain.members import Member
from chadchat.domain.messages import is_blank
from chadchat.domain.unused_seats import end_unused
from chadchat.live.ring import Ring
from chadchat.storage.apply.retention import trim
from chadchat.storage.check import check

from ..attaching import kept
from .conftest import Proved
from .inprocess import LineReader, Node, PageReader, Stream, seq_of
from .model import Line, Model, as_they_are, reactions_of
from .scale import scale

T = TypeVar("T")
NAMES = ("Ada", "Grace", "Mallory")
MENTION = "@Ada @here"
CONTENT = b"12:00 all is well\n"
TEXTS = st.one_of(
    st.sampled_from(
        ["tea?", "**bold** and `code`", "- one\n- two\n  1. deep", "> so\n\n```\n</li><li id='m-1'>\n```", MENTION]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20).filter(
        lambda text: not is_blank(text)
    ),
)
ON = st.sampled_from([None, True, False])
PICK = st.integers(min_value=0, max_value=99)
_SIZES = "SELECT code, coalesce(sum(length(CAST(event AS BLOB))), 0) FROM rooms LEFT JOIN log ON room = id GROUP BY id"
_LEFT = "SELECT 1 FROM rooms LEFT JOIN base_rooms USING (id) WHERE rooms.tail > coalesce(base_rooms.tail, 1)"
ROOM_BYTES, ALL_BYTES = 4_000, 6_000  # the quota
STEP = 3  # events removed at once
done: Counter[str] = Counter()


class Rooms(RuleBasedStateMachine):
    """What people do."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="chadchat-"))
        self.runner = asyncio.Runner()
        self.node = self.new_node()
        self.rooms: list[Model] = []
        self.readers: list[PageReader | LineReader] = []
        self.awake: list[PageReader | LineReader] = []  # whose stream is open and read
        self.run(self.node.start())

    def new_node(self) -> Node:
        return Node(self.folder, quota_room=str(ROOM_BYTES), quota_total=str(ALL_BYTES))

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

    def full(self, room: Model | None) -> tuple[int, str] | None:
        """The refusal of what needs space: of the bytes in the file, when the server has counted all that went."""
        sizes = self.run(self.counted())
        if sum(sizes.values()) >= ALL_BYTES:
            done["refused_for_space"] += 1
            return 507, "storage_full"
        if room and sizes[room.code] >= ROOM_BYTES:
            done["refused_for_space"] += 1
            return 413, "room_full"
        return None

    async def counted(self) -> dict[str, int]:
        log = self.node.log
        while True:
            sizes: dict[str, int] = dict(await log.db.all(_SIZES))
            if log.space.total == sum(sizes.values()) and not await log.db.one(_LEFT):
                return sizes
            await asyncio.sleep(0)

    # What people do.

    @precondition(lambda self: len(self.rooms) < 2)
    @rule(name=st.sampled_from(NAMES))
    def create(self, name: str) -> None:
        full = self.full(None)
        status, made = self.ask("POST", "/rooms", {"name": name})
        if full:
            assert (status, made["code"]) == full
            return
        assert status == 201
        events: list[Line] = [("room", name, None), ("join", name, None)]
        self.rooms.append(Model(made["code"], events, {name: made["token"]}, {name: made["member"]}, {name}))

    @precondition(lambda self: self.rooms)
    @rule(pick=PICK, name=st.sampled_from(NAMES))
    def join(self, pick: int, name: str) -> None:
        room = self.model(pick)
        full = self.full(room)
        status, seat = self.ask("POST", f"/{room.code}/join", {"name": name})
        if full:
            assert (status, seat["code"]) == full
            return
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
        room.add("leave", name)

    @precondition(lambda self: self.rooms)
    @rule(pick=PICK, name=st.sampled_from(NAMES), new=st.sampled_from(NAMES))
    def enter_under_another_name(self, pick: int, name: str, new: str) -> None:
        room = self.model(pick)
        if name not in room.seats or name == new:
            return
        full = self.full(room)
        status, seat = self.ask("POST", f"/{room.code}/join", {"name": new}, **room.headers(name))
        if full:
            assert (status, seat["code"]) == full
            return
        assert status == (409 if new in room.seats else 201)
        if status == 201:
            assert (seat["token"], seat["member"]) == (room.seats[name], room.members[name])
            room.seats[new], room.members[new] = room.seats.pop(name), room.members.pop(name)
            for group in (room.owners, room.muted, room.away):
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
        room.owners.discard(name)
        room.muted.discard(name)
        room.away.discard(name)

    @precondition(lambda self: self.rooms)
    @rule(pick=PICK, name=st.sampled_from(NAMES), text=TEXTS, keyed=st.booleans())
    def post(self, pick: int, name: str, text: str, keyed: bool) -> None:
        room = self.model(pick)
        key = {"Idempotency_Key": f"key-{len(room.events)}"} if keyed else {}
        full = self.full(room)
        status, answer = self.ask("POST", f"/{room.code}", {"text": text}, **room.headers(name), **key)
        if full:
            assert (status, answer["code"]) == full
            return
        if room.silenced(name):
            assert (status, answer["code"]) == (403, "muted")
            return
        assert status == 201
        assert answer["seq"] == room.add("message", name, text)
        if text == MENTION:
            meant = [room.members[one] for one in ("Ada",) if one in room.seats]
            assert answer.get("mentions", []) == meant + ["here"] * (name in room.owners)
        if keyed:
            room.keys.append((key["Idempotency_Key"], text, name, answer["seq"]))

    @precondition(lambda self: self.rooms)
    @rule(pick=PICK, name=st.sampled_from(NAMES))
    def send_file(self, pick: int, name: str) -> None:
        """A retry stores nothing, and leaves no second copy of the bytes."""
        room = self.model(pick)
        key = {"Idempotency_Key": f"file-{len(room.events)}"}
        for seq in (None, len(room.events) + 1):
            full = self.full(room)
            status, answer = self.ask("PUT", f"/{room.code}/log.txt", CONTENT, **room.headers(name), **key)
            if name not in room.members:
                assert (status, answer["code"]) == (401, "seat_required")
                return
            if room.silenced(name) or (full and seq is None):
                assert (status, answer["code"]) == ((403, "muted") if room.silenced(name) else full)
                return
            seq = seq or room.add("message", name, "")
            assert (status, answer["seq"], answer["file"]["size"]) == (201, seq, len(CONTENT))
            room.files.add(seq)
        done["files"] += 1

    @precondition(lambda self: any(room.files for room in self.rooms))
    @rule()
    def a_month_passes(self) -> None:
        """All files expire."""
        soon = datetime.now(UTC) + timedelta(days=31)
        count = self.run(expire_files(self.node.log, self.node.log.db, 30, soon))
        for room in self.rooms:
            due = {seq for seq in room.files if seq >= room.tail}
            for event in self.run(self.node.log.tail(room.code, len(due))) if due else []:
                assert event.kind == "expire"
                room.expired[event.changes["target"]] = room.add("expire", None)
            assert due <= room.expired.keys()
            room.files.clear()
            count -= len(due)
            done["files_expired"] += len(due)
        assert count == 0

    @precondition(lambda self: any(room.keys for room in self.rooms))
    @rule(pick=PICK, which=PICK, same=st.booleans())
    def retry(self, pick: int, which: int, same: bool) -> None:
        room = self.model(pick)
        if not room.keys:
            return
        key, text, name, seq = room.keys[which % len(room.keys)]
        body = {"text": text if same else f"not {text}"}
        full = self.full(room)
        status, answer = self.ask("POST", f"/{room.code}", body, Idempotency_Key=key, **room.headers(name))
        # A key belongs to a seat, or to a name without one: after a join or a leave it is another's.
        if status == 201 and answer["seq"] == len(room.events) + 1:
            room.keys = [kept for kept in room.keys if kept[0] != key or kept[2] != name]
            room.add("message", name, body["text"])
            assert not full
        elif status in (403, 413, 507):  # the key is another seat's by now, or what it stored was removed
            assert (status, answer["code"]) in (full, (403, "muted") if room.silenced(name) else None)
        else:
            # With the words before an edit went what other words are known by.
            assert (status, answer.get("seq")) == ((201, seq) if same or seq in room.edits else (422, None))
            assert seq >= room.tail, "a key goes with the message that it stored"

    @precondition(lambda self: any(room.authors for room in self.rooms))
    @rule(pick=PICK, which=PICK, name=st.sampled_from(NAMES), text=TEXTS)
    def reply(self, pick: int, which: int, name: str, text: str) -> None:
        """Answer a message, or what is no message any more or was none; a retry stores nothing."""
        room = self.model(pick)
        seq = 1 + which % (len(room.events) + 1)
        key = {"Idempotency_Key": f"reply-{len(room.events)}"}
        full = self.full(room)
        status, answer = self.ask("POST", f"/{room.code}/{seq}", {"text": text}, **room.headers(name), **key)
        there = seq in room.authors and seq >= room.tail
        if full or room.silenced(name) or not there:
            refused = full or ((403, "muted") if room.silenced(name) else (404, "message_not_found"))
            assert (status, answer["code"]) == refused
            return
        assert (status, answer["seq"]) == (201, room.add("message", name, text))
        said = (seq, room.events[seq - 1][1], room.authors[seq])
        assert (answer["reply_to"], answer["reply_name"], answer["reply_member"]) == said
        room.replies.setdefault(seq, []).append(answer["seq"])
        done["replies"] += 1
        if not self.full(room):
            again, kept = self.ask("POST", f"/{room.code}/{seq}", {"text": text}, **room.headers(name), **key)
            assert (again, kept) == (201, answer)

    @precondition(lambda self: self.rooms)
    @rule(pick=PICK, name=st.sampled_from(NAMES))
    def question(self, pick: int, name: str) -> None:
        room = self.model(pick)
        full = self.full(room)
        path = f"/{room.code}?choices=yes,no"
        status, answer = self.ask("POST", path, {"text": "Deploy?"}, **room.headers(name))
        if full or room.silenced(name):
            assert (status, answer["code"]) == (full or (403, "muted"))
            return
        seq = room.add("message", name, "Deploy?")
        assert (status, answer["seq"], answer["choices"]) == (201, seq, ["yes", "no"])
        room.asked[seq] = 0

    @precondition(lambda self: any(room.asked for room in self.rooms))
    @rule(pick=PICK, which=PICK, name=st.sampled_from(NAMES), text=st.sampled_from(["yes", "NO", "maybe"]))
    def answer(self, pick: int, which: int, name: str, text: str) -> None:
        """Of each question one answer counts, and none of a stranger or of who asked."""
        room = self.model(pick)
        asked = [seq for seq in room.asked if seq >= room.tail]
        if not asked:
            return
        seq = asked[which % len(asked)]
        member, full = room.members.get(name), self.full(room)
        path = f"/{room.code}/{seq}/answer"
        status, given = self.ask("POST", path, {"text": text}, **room.headers(name))
        for refused, code in (
            (member is None, (401, "seat_required")),
            (full is not None, full),
            (room.silenced(name), (403, "muted")),
            (room.asked[seq] > 0, (409, "answered")),
            (member == room.authors[seq], (403, "not_allowed")),
            (text == "maybe", (422, "choices_invalid")),
        ):
            if refused:
                assert (status, given["code"]) == code
                return
        assert (status, given["seq"]) == (201, room.add("message", name, text))
        assert (given["answers"], given["choice"]) == (True, text.lower())
        room.asked[seq] = given["seq"]
        room.replies.setdefault(seq, []).append(given["seq"])
        done["answers"] += 1

    @precondition(lambda self: any(room.authors for room in self.rooms))
    @rule(pick=PICK, which=PICK, name=st.sampled_from(NAMES), text=TEXTS, own=st.booleans())
    def edit(self, pick: int, which: int, name: str, text: str, own: bool) -> None:
        """Give a message other words; a retry stores nothing."""
        room = self.model(pick)
        member = room.members.get(name)
        said = [seq for seq, author in room.authors.items() if seq >= room.tail and (not own or author == member)]
        if not said:
            return
        seq = said[which % len(said)]
        key = {"Idempotency_Key": f"edit-{len(room.events)}"}
        again = room.events[seq - 1][2] == text
        full = self.full(room) if member else None
        status, answer = self.ask("PATCH", f"/{room.code}/{seq}", {"text": text}, **room.headers(name), **key)
        if member is None:
            assert (status, answer["code"]) == (401, "seat_required")
        elif room.authors[seq] != member:
            assert (status, answer["code"]) in ((403, "not_author"), full)
        elif (full and not again) or (room.silenced(name) and not again):
            assert (status, answer["code"]) == (full or (403, "muted"))
        elif not again and (room.asked.get(seq) or seq in room.asked.values()):
            assert (status, answer["code"]) == (409, "answered")
        else:
            assert (status, answer["text"]) == (200, text)
            if not again:
                room.edit(seq, name, text)
                done["edits"] += 1
            status, answer = self.ask("PATCH", f"/{room.code}/{seq}", {"text": text}, **room.headers(name), **key)
            assert (status, answer["text"]) == (200, text)

    @precondition(lambda self: any(room.authors for room in self.rooms))
    @rule(pick=PICK, which=PICK, name=st.sampled_from(NAMES), emoji=st.sampled_from("👍🎉"), on=ON)
    def react(self, pick: int, which: int, name: str, emoji: str, on: bool | None) -> None:
        """Set an emoji on a message, take it back, or the other of what it is; a retry stores nothing."""
        room = self.model(pick)
        said = [seq for seq in room.authors if seq >= room.tail]
        if not said:
            return
        seq = said[which % len(said)]
        key = {"Idempotency_Key": f"react-{len(room.events)}"}
        body = {"emoji": emoji} | ({} if on is None else {"on": on})
        full = self.full(room) if name in room.members else None
        for _ in range(2):
            status, answer = self.ask("POST", f"/{room.code}/{seq}/reactions", body, **room.headers(name), **key)
            if name not in room.members:
                assert (status, answer["code"]) == (401, "seat_required")
                return
            if full or room.silenced(name):
                assert (status, answer["code"]) == (full or (403, "muted"))
                return
            done["reactions"] += room.react(seq, name, emoji, on) is not None
            assert (status, answer["all"]) == (200, room.reactions.get(seq, {}))
            on = room.members[name] in room.reactions.get(seq, {}).get(emoji, [])  # what it was the first time

    @precondition(lambda self: self.rooms and len(self.readers) < 4)
    @rule(pick=PICK, which=PICK, page=st.booleans())
    def follow(self, pick: int, which: int, page: bool) -> None:
        room = self.model(pick)
        here = [token for name, token in room.seats.items() if name not in room.away]
        if page and here:
            token = here[which % len(here)]
            browser = PageReader(room.code, {"Cookie": f"chad-{room.code}={token}"})
            self.run(browser.load(self.node))
            self.open(browser)
        elif not page:
            self.open(LineReader(room.code))

    # What months do.

    @precondition(lambda self: self.rooms)
    @rule(pick=PICK, name=st.sampled_from(NAMES))
    def go(self, pick: int, name: str) -> None:
        """Be gone for longer than a reload takes; the seat stays."""
        room = self.model(pick)
        token = room.seats.get(name)
        cookies = [reader.cookie["Cookie"] for reader in self.readers if isinstance(reader, PageReader)]
        if token is None or name in room.away or any(token in cookie for cookie in cookies):
            return
        self.run(members.depart(self.node.log, room.code, Member(room.members[name], name)))
        room.away.add(name)
        room.add("leave", name)

    @precondition(lambda self: any(room.away for room in self.rooms))
    @rule()
    def half_a_year_passes(self) -> None:
        """The seats of those who are away end, owners' never."""
        soon = datetime.now(UTC) + timedelta(days=181)
        ended = self.run(end_unused(self.node.log, self.node.log.db, 180, soon))
        for room in self.rooms:
            gone = room.away - room.owners
            newest = self.run(self.node.log.tail(room.code, len(gone))) if gone else []
            assert {(event.kind, event.name) for event in newest} == {("leave", name) for name in gone}
            for event in newest:
                self.send_out(room, str(event.name))
                room.add("leave", event.name)
            ended -= len(gone)
            done["seats_expired"] += len(gone)
        assert ended == 0

    @precondition(lambda self: self.rooms)
    @rule(pick=PICK, name=st.sampled_from(NAMES), count=st.integers(2, 20))
    def talk(self, pick: int, name: str, count: int) -> None:
        """Make the room large."""
        for number in range(count):
            self.post(pick, name, f"{number} of {count}", keyed=False)

    @precondition(lambda self: self.rooms)
    @rule(pick=PICK, which=PICK, keep=st.integers(2, 8), posts=st.integers(0, 3))
    def keep_few(self, pick: int, which: int, keep: int, posts: int) -> None:
        """Have old events removed, in steps, between which others post."""
        room = self.model(pick)
        by = sorted(room.owners)[which % len(room.owners)]
        cut = room.oldest_of(keep - 1)  # the change of this setting is an event, too
        if all(kind == "prune" for kind, *_ in room.events[room.tail - 1 : cut - 1]):
            return
        self.set(room, by, keep)
        self.run(self.reaches_head(room, room.add("prune", None)))
        done["events_removed"] += cut - room.tail
        room.tail = cut
        self.set(room, by, 0)
        for number in range(posts):
            self.say(room, by, f"{number} beside the removal")

    def set(self, room: Model, by: str, keep: int) -> None:
        status, _ = self.ask("PATCH", f"/{room.code}/settings", {"keep_events": str(keep)}, **room.headers(by))
        assert status == 200
        room.add("room", by)

    def say(self, room: Model, by: str, text: str) -> None:
        """Post without a look at what is being removed: a full room may have space again by the next moment."""
        status, answer = self.ask("POST", f"/{room.code}", {"text": text}, **room.headers(by))
        if status == 201:
            assert answer["seq"] == room.add("message", by, text)
        else:
            assert answer["code"] in ("room_full", "storage_full", "muted")

    async def reaches_head(self, room: Model, head: int) -> None:
        while True:
            (newest,) = await self.node.log.tail(room.code, 1)
            if newest.seq >= head:
                return
            await asyncio.sleep(0)

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
        room = next(room for room in self.rooms if room.code == reader.room)
        if reader.head < room.tail - 1:
            self.start_over(reader, room)
            return
        if stream and not stream.flowing.is_set() and not stream.task.done():
            stream.flowing.set()  # only slow: the same connection goes on
            self.awake.append(reader)
            return
        self.close(reader)
        self.open(reader)

    def start_over(self, reader: PageReader | LineReader, room: Model) -> None:
        """What it has not seen was removed: the server says so, and a page is loaded anew, a program reads all."""
        self.close(reader)
        if isinstance(reader, PageReader):
            self.run(reader.load(self.node))
        else:
            cursor = reader.events[-1]["cursor"] if reader.events else None
            if cursor:
                _, lines = self.run(self.node.ask("GET", f"/{room.code}/json?poll=1&since={cursor}"))
                assert [json.loads(line)["reason"] for line in lines.splitlines()] == ["pruned"]
            reader.events.clear()
        done["readers_started_over"] += 1
        self.open(reader)

    @precondition(lambda self: self.rooms)
    @rule()
    def restart(self) -> None:
        for reader in self.readers:
            if reader.stream:
                reader.stream.flowing.set()
        self.run(self.node.stop())
        self.awake.clear()
        self.node = self.new_node()
        self.run(self.node.start())

    # What must be so, whatever happened.

    @invariant()
    def every_log_is_the_model(self) -> None:
        for room in self.rooms:
            status, lines = self.run(self.node.ask("GET", f"/{room.code}/json?poll=1&since=all"))
            assert status == 200
            events = [json.loads(line) for line in lines.split("\n")[:-1]]
            self.same(events, room)
            found = {(event["reply_to"], event["seq"]) for event in events if "reply_to" in event}
            assert found == {(to, seq) for to, by in room.replies.items() for seq in by if seq >= room.tail}
            answers = {event["seq"]: event["answer"]["seq"] for event in events if "answer" in event}
            assert answers == {seq: given for seq, given in room.asked.items() if given and seq >= room.tail}
            assert (events[0]["seq"], events[-1]["seq"]) == (room.tail, len(room.events))
        for reader in self.awake:
            room = next(room for room in self.rooms if room.code == reader.room)
            self.run(self.reaches(reader, len(room.events)))
        for reader in self.readers:
            room = next(room for room in self.rooms if room.code == reader.room)
            if isinstance(reader, LineReader):
                self.same(reader.events, room)
            else:
                fresh, _ = self.run(reader.fresh(self.node))
                kept = [line for line in reader.lines if seq_of(line) >= room.tail]
                newest = {target: edits[-1] for target, edits in room.edits.items()}
                missed = {
                    target
                    for changed in (newest, room.reacted, room.asked, room.expired)
                    for target in changed
                    if changed[target] > reader.head
                }
                for line, wanted in zip(kept, fresh, strict=False):
                    assert line == wanted or (seq_of(line) == seq_of(wanted) and seq_of(line) in missed)
                assert [seq_of(line) for line in fresh] == room.lines()
                assert reader not in self.awake or len(kept) == len(fresh)

    def same(self, events: list[dict[str, Any]], room: Model) -> None:
        """A reader's log is a part of the model's, without a hole."""
        first = events[0]["seq"] if events else 1
        assert [event["seq"] for event in events] == list(range(first, first + len(events)))
        got = as_they_are(events)
        if first - 1 + len(got) == len(room.events):
            assert got == room.events[first - 1 :]
            for seq, reactions in reactions_of(events).items():
                assert reactions == room.reactions.get(seq, {})
        assert all(room.is_or_was(seq, line) for seq, line in enumerate(got, first))

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

    async def only_living_files(self) -> None:
        """The bytes that are there are those of the messages that have a file."""
        async with asyncio.timeout(60):
            while True:
                live = await self.node.log.db.all("SELECT id FROM files WHERE kind != 'expired'")
                if {id for (id,) in live} == {path.name for path in kept(self.folder)}:
                    return
                await asyncio.sleep(0)

    def teardown(self) -> None:
        self.run(self.counted())
        self.run(self.only_living_files())
        for room in self.rooms:
            done["events"] += len(room.events)
        done["runs"] += 1
        for reader in self.readers:
            self.close(reader)
        self.run(self.node.stop())
        self.runner.close()
        assert check(self.folder).faults == []
        shutil.rmtree(self.folder)


@pytest.fixture(autouse=True)
def small_ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Readers fall off the ring after a few events, and catch up in small pages; a quota is in bytes, and a removal has
    many steps.
    """
    monkeypatch.setattr("chadchat.log.space.MIB", 1)
    monkeypatch.setattr("chadchat.log.local.trim", partial(trim, step=STEP))
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

    proved(
        "P3",
        "state machine: create, join, post, send files, retry, edit, react, cut, resume, restart, leave, rename, share,"
        " mute, expire, prune",
        **done,
    )


def test_the_sequences_have_what_they_are_for() -> None:
    rooms = Rooms()
    try:
        rooms.create("Grace")
        for name in ("Ada", "Mallory"):
            rooms.join(0, name)
        rooms.follow(0, 0, page=False)
        rooms.follow(0, 0, page=True)
        rooms.post(0, "Ada", "tea?", keyed=True)
        rooms.question(0, "Ada")
        for name, text in (
            ("Ada", "yes"),
            ("Somebody", "yes"),
            ("Grace", "maybe"),
            ("Grace", "NO"),
            ("Mallory", "yes"),
        ):
            rooms.answer(0, 0, name, text)
        rooms.react(0, 0, "Grace", "👍", None)
        rooms.edit(0, 0, "Ada", "milk?", own=True)
        rooms.send_file(0, "Ada")
        rooms.send_file(0, "Somebody")
        rooms.every_log_is_the_model()
        rooms.react(0, 0, "Grace", "👍", True)
        rooms.cut(1)
        rooms.cut(0)
        rooms.react(0, 0, "Ada", "🎉", True)
        rooms.edit(0, 0, "Ada", "coffee?", own=True)
        rooms.react(0, 0, "Grace", "👍", False)
        rooms.retry(0, 0, same=True)
        rooms.a_month_passes()
        rooms.every_log_is_the_model()
        rooms.resume(0)
        rooms.resume(0)
        rooms.every_log_is_the_model()
        rooms.edit(0, 0, "Mallory", "not mine", own=False)
        rooms.cut(1)
        rooms.cut(0)
        rooms.talk(0, "Ada", 20)
        rooms.talk(0, "Ada", 20)
        rooms.go(0, "Mallory")
        rooms.half_a_year_passes()
        rooms.every_log_is_the_model()
        rooms.keep_few(0, 0, 2, 2)
        rooms.every_log_is_the_model()
        rooms.resume(0)
        rooms.resume(0)
        rooms.every_log_is_the_model()
        rooms.restart()
        rooms.every_log_is_the_model()
    finally:
        rooms.teardown()

    assert (done["edits"], done["reactions"]) == (2, 3)
    assert (done["files"], done["files_expired"]) == (1, 1)
    assert done["seats_expired"] == 1
    assert done["refused_for_space"] > 0
    assert done["events_removed"] > 6 * STEP
    assert done["readers_started_over"] == 2


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
