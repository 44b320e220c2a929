"""The log: durable, ordered, committed in groups, and with the same tables from the same events."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chadchat.domain import members, messages, rooms
from chadchat.domain.lookalikes import skeleton
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.domain.rooms import Room
from chadchat.errors import KindUnknown, LogStopped, NameTaken, RoomNotFound, StorageFull
from chadchat.events import Committed, Event, Trim, Trimmed
from chadchat.log.local import LocalLog
from chadchat.log.writer import Writer
from chadchat.refusal import ChatError, StartupError
from chadchat.storage.apply import apply
from chadchat.storage.apply.bases import begin, load_base
from chadchat.storage.apply.retention import trim
from chadchat.storage.apply.snapshots import dump, empty_copy, events_for_replay
from chadchat.storage.db import connect_writer
from chadchat.storage.migrate import migrate

NOON = "2026-11-22T12:00:00.000Z"


def into(heard: list[Event]) -> Callable[[Sequence[Committed | Trimmed]], None]:
    return lambda done: heard.extend(one.event for one in done if isinstance(one, Committed))


def message(room: str, text: str, at: str = NOON, **detail: str) -> Event:
    detail = {"skeleton": "anonymous", **detail}
    return Event(room=room, kind="message", at=at, name="anonymous", text=text, html=text, detail=detail)


async def test_an_appended_event_has_the_next_seq_and_can_be_read_back(log: LocalLog, room: Room) -> None:
    committed = await log.append(message(room.code, "tea?"))

    assert committed.event.seq == room.head + 1
    assert committed.event.cursor == f"{room.epoch}-{room.head + 1}"
    assert await log.read(room.code, room.head, 10) == [committed.event]
    assert (await log.tail(room.code, 1)) == [committed.event]


async def test_every_room_has_its_own_seq_without_a_hole(log: LocalLog) -> None:
    codes = [(await rooms.create(log, log.db, "Grace")).room for _ in range(3)]

    await asyncio.gather(*(log.append(message(code, "hi")) for _ in range(40) for code in codes))

    for code in codes:
        assert [event.seq for event in await log.read(code, 0, 100)] == list(range(1, 43))


async def test_what_was_committed_is_there_after_reopening(tmp_path: Path) -> None:
    log = await LocalLog.open(tmp_path)
    seat = await rooms.create(log, log.db, "Grace")
    await log.append(message(seat.room, "tea?"))
    await log.close()

    log = await LocalLog.open(tmp_path)
    assert [event.text for event in await log.tail(seat.room, 1)] == ["tea?"]
    await log.close()


async def test_appends_that_wait_together_share_one_commit(log: LocalLog, room: Room) -> None:
    batches: list[int] = []
    log.listen(lambda events: batches.append(len(events)))

    await asyncio.gather(*(log.append(message(room.code, str(number))) for number in range(100)))

    assert sum(batches) == 100
    assert len(batches) < 30


async def test_listeners_hear_of_a_batch_in_log_order_before_its_posts_are_answered(log: LocalLog, room: Room) -> None:
    heard: list[int] = []
    answered: list[tuple[int, int]] = []

    async def post(number: int) -> None:
        committed = await log.append(message(room.code, str(number)))
        answered.append((committed.event.seq, len(heard)))

    log.listen(lambda events: heard.extend(event.seq for event in events))
    await asyncio.gather(*(post(number) for number in range(50)))

    assert heard == sorted(heard)
    assert all(seq in heard[:known] for seq, known in answered)


async def test_an_event_that_breaks_a_rule_is_refused_alone(log: LocalLog, room: Room) -> None:
    results = await asyncio.gather(
        log.append(message(room.code, "one")),
        log.append(message("ZZZZ", "nowhere")),
        log.append(message(room.code, "two")),
        return_exceptions=True,
    )

    assert [type(result) for result in results] == [Committed, RoomNotFound, Committed]
    assert [event.text for event in await log.read(room.code, room.head, 10)] == ["one", "two"]


async def test_a_clock_that_was_set_back_does_not_turn_a_rooms_times_around(
    log: LocalLog, room: Room, machine: Callable[[str], None]
) -> None:
    machine("2027-01-01T00:00:00.000Z")
    later = await log.append(message(room.code, "later", at="2027-01-01T00:00:00.000Z"))
    earlier = await log.append(message(room.code, "earlier", at="2026-01-01T00:00:00.000Z"))

    assert earlier.event.seq == later.event.seq + 1
    assert earlier.event.at == later.event.at == "2027-01-01T00:00:00.000Z"
    assert earlier.event.detail["clock"] == "2026-01-01T00:00:00.000Z"
    assert "clock" not in later.event.detail


async def test_the_one_writing_connection_is_durable_and_readers_cannot_write(log: LocalLog, tmp_path: Path) -> None:
    writer = connect_writer(tmp_path / "data" / "chadchat.sqlite3")
    pragmas = {name: writer.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    writer.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await log.db.all("DELETE FROM log")


async def test_a_second_process_is_refused_with_a_sentence(log: LocalLog, tmp_path: Path) -> None:
    with pytest.raises(StartupError, match=r"Another chadchat .* is using .*Stop it first"):
        await LocalLog.open(tmp_path / "data")


async def test_a_full_disk_refuses_posts_and_lets_go_of_them_when_there_is_room_again(tmp_path: Path) -> None:
    path = tmp_path / "chadchat.sqlite3"
    connections: list[sqlite3.Connection] = []

    def connect() -> sqlite3.Connection:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        migrate(db)
        connections.append(db)
        return db

    heard: list[Event] = []
    writer = Writer(
        connect,
        apply,
        into(heard),
        lambda: pytest.fail("a full disk is no failure"),
    )
    await writer.append(Event(room="KQZF", kind="room", at=NOON, name="Grace", detail={"epoch": "k3f9"}))
    size = connections[0].execute("PRAGMA page_count").fetchone()[0]
    connections[0].execute(f"PRAGMA max_page_count = {size}")
    posts = [writer.append(message("KQZF", "x" * 4000)) for _ in range(50)]
    refused = [refusal for refusal in await asyncio.gather(*posts, return_exceptions=True) if refusal]
    assert any(isinstance(refusal, StorageFull) for refusal in refused)
    stored = len(heard)

    connections[0].execute("PRAGMA max_page_count = 100000")
    committed = await writer.append(message("KQZF", "room again"))

    assert committed.event.seq == stored + 1
    await writer.close()


async def test_a_failed_disk_stops_acknowledging_for_good_and_says_so_once(tmp_path: Path) -> None:
    failures: list[bool] = []

    def broken(db: sqlite3.Connection, event: Event) -> Committed:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        raise error

    writer = Writer(lambda: connect_writer(tmp_path / "db"), broken, lambda events: None, lambda: failures.append(True))
    for _ in range(3):
        with pytest.raises(LogStopped):
            await writer.append(message("KQZF", "tea?"))

    assert failures == [True]
    await writer.close()


async def test_a_mistake_in_apply_reaches_the_caller_and_the_writer_lives_on(tmp_path: Path) -> None:
    def clumsy(db: sqlite3.Connection, event: Event) -> Committed:
        if event.text == "boom":
            raise KeyError("mistake")
        return Committed(event)

    writer = Writer(lambda: connect_writer(tmp_path / "db"), clumsy, lambda events: None, lambda: None)
    with pytest.raises(KeyError, match="mistake"):
        await writer.append(message("KQZF", "boom"))

    assert (await writer.append(message("KQZF", "fine"))).event.text == "fine"
    await writer.close()


def odd(db: sqlite3.Connection, event: Event) -> Committed:
    """What nobody foresaw, by the event's text; else as ever."""
    match event.text:
        case "value":
            raise ValueError(event.text)
        case "key":
            return dict[str, Committed]()[event.text]
        case "deep":
            return odd(db, event)
        case "overflow":
            db.execute("SELECT ?", (2**63,))
        case "type":
            db.execute("SELECT ?", (object(),))
        case "surrogate":
            db.execute("SELECT ?", ("\ud800",))
        case "constraint":
            db.execute("INSERT INTO rooms (id) VALUES (1)")
        case "big":
            db.execute("SELECT zeroblob(2000000000)")
        case "sql":
            db.execute("SELECT")
        case "stop":
            raise StopIteration
        case "half":
            apply(db, event)
            raise AssertionError(event.text)
    return apply(db, event)


@pytest.mark.parametrize(
    "text",
    ["value", "key", "deep", "overflow", "type", "surrogate", "constraint", "big", "sql", "stop", "half"],
)
async def test_an_error_that_nobody_foresaw_refuses_its_own_event_and_the_others_are_stored_once_in_order(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "chadchat.sqlite3"
    heard: list[Event] = []
    migrate(made := connect_writer(path))
    made.close()
    writer = Writer(
        lambda: connect_writer(path),
        odd,
        into(heard),
        lambda: pytest.fail("the disk is well"),
    )
    await writer.append(Event(room="KQZF", kind="room", at=NOON, name="Grace", detail={"epoch": "k3f9"}))
    texts = ["0", "1", "2", text, "4", text, "6", "7", "8", text]

    async with asyncio.timeout(60):
        told = await asyncio.gather(*(writer.append(message("KQZF", one)) for one in texts), return_exceptions=True)

    others = [one for one in texts if one != text]
    assert [isinstance(one, Exception) for one in told] == [one == text for one in texts]
    assert [event.text for event in heard[1:]] == others
    assert [event.seq for event in heard] == list(range(1, 9))
    assert not any(isinstance(one, ChatError) for one in told)
    assert (await writer.append(message("KQZF", "and on"))).event.seq == 9
    await writer.close()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), MemoryError),
        (OSError(5, "I/O error"), OSError),
        (sqlite3.SQLITE_NOMEM, LogStopped),
        (sqlite3.SQLITE_FULL, StorageFull),
        (sqlite3.SQLITE_IOERR_WRITE, LogStopped),
        (sqlite3.SQLITE_CORRUPT, LogStopped),
        (sqlite3.SQLITE_BUSY, LogStopped),
    ],
    ids=str,
)
async def test_the_machines_own_trouble_is_everybodys(
    tmp_path: Path, error: Exception | int, told: type[Exception]
) -> None:
    tried: list[str | None] = []

    def broken(db: sqlite3.Connection, event: Event) -> Committed:
        tried.append(event.text)
        if event.text == "boom":
            if isinstance(error, Exception):
                raise error
            failed = sqlite3.OperationalError("no")
            failed.sqlite_errorcode = error
            raise failed
        return Committed(event)

    writer = Writer(lambda: connect_writer(tmp_path / "db"), broken, lambda events: None, lambda: None)
    texts = ["one", "two", "boom", "four"]

    answers = await asyncio.gather(*(writer.append(message("KQZF", text)) for text in texts), return_exceptions=True)

    assert [type(answer) for answer in answers] == [told] * 4
    assert tried == ["one", "two", "boom"], "nothing is tried again on such a machine"
    await writer.close()


async def test_an_event_without_a_rule_is_refused(log: LocalLog, room: Room) -> None:
    with pytest.raises(KindUnknown, match="no event of the kind dance"):
        await log.append(Event(room=room.code, kind="dance", at=NOON))


async def test_an_event_from_the_future_has_the_time_of_the_machine(log: LocalLog, room: Room) -> None:
    stored = await log.append(message(room.code, "soon", at="2999-01-01T00:00:00.000Z"))

    assert abs(datetime.fromisoformat(stored.event.at) - datetime.now(UTC)).total_seconds() < 60


async def test_a_reader_who_gives_up_waiting_does_not_undo_the_append(log: LocalLog, room: Room) -> None:
    post = asyncio.create_task(log.append(message(room.code, "still stored")))
    await asyncio.sleep(0)
    post.cancel()

    await log.append(message(room.code, "after"))

    assert [event.text for event in await log.read(room.code, room.head, 10)] == ["still stored", "after"]


# Replaying a log into an empty database gives identical tables.

NAMES = st.sampled_from(["Ada", "Grace", "mallory", "Ада", "ada"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(
    lambda moment: moment.isoformat(timespec="milliseconds") + "Z"
)
CODES = st.sampled_from(["KQZF", "ABCD", "QQQQ"])
IDS = st.sampled_from(["7f3a", "01bc", "ffff"])
NUMBERS = itertools.count()  # no two files have the same id


KINDS = [
    "room",
    "join",
    "join",
    "rejoin",
    "rename",
    "leave",
    "leave",
    "message",
    "message",
    "message",
    "edit",
    "edit",
    "react",
    "react",
    "file",
    "file",
    "expire",
    "prune",
    "operator",
    "appoint",
    "transfer",
    "device",
    "signout",
]


@st.composite
def changes(draw: st.DrawFn, room: str, at: str) -> Event:
    what = draw(st.sampled_from(["title", "keep_days", "keep_events", "edits", "closed", "restored"]))
    value = draw(TEXTS) if what == "title" else True if what in ("closed", "restored") else draw(st.integers(0, 9))
    detail = {"epoch": draw(st.sampled_from(["aaaa", "bbbb"]))} if what == "restored" else {}
    return Event(room=room, kind="room", at=at, changes={what: value}, detail=detail)


# What owners do, and knocking.
OWNERS: tuple[str, ...] = (
    "settings",
    "remove",
    "owner",
    "kick",
    "ban",
    "unban",
    "mute",
    "unmute",
    "link",
    "unlink",
    "knock",
    "admit",
)
OWNERS += ("deny", "move")


@st.composite
def acts(draw: st.DrawFn, kind: str, room: str, at: str, name: str) -> Event:
    """What owners do, by anyone, to anyone and anything there may be."""
    seq, token = draw(st.integers(1, 12)), draw(st.sampled_from(["aa", "bb", "cc"]))
    target: Any = draw(IDS) if kind in ("owner", "kick", "ban", "mute", "unmute") else seq
    changes: dict[str, Any] = {"target": target, "whom": name}
    detail: dict[str, Any] = {"skeleton": skeleton(name), "address": draw(st.sampled_from(["here", "there"]))}
    match kind:
        case "settings":
            kind, changes = "room", draw(st.sampled_from([{"title": "tea"}, {"slow": 60}, {"lock": "approval"}]))
        case "owner":
            changes |= {"owner": draw(st.booleans())}
        case "ban" | "mute":
            changes |= {"until": draw(TIMES)}
        case "link":
            changes, detail = {"grants": "post"}, {"token": f"{token}{seq}"}
        case "knock":
            return Event(room=room, kind=kind, at=at, name=name, detail={**detail, "token": f"{token}{seq}"})
        case "admit":
            changes |= {"member_id": draw(IDS)}
        case "move":
            changes, detail = {}, {"from": room, "to": f"{room[:3]}{draw(st.sampled_from('XYZ'))}"}
    return Event(room=room, kind=kind, at=at, name=name, member=draw(IDS), changes=changes, detail=detail)


@st.composite
def events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from([*KINDS, *OWNERS]))
    room, at, name = draw(CODES), draw(TIMES), draw(NAMES)
    if kind == "prune":
        return Event(room=room, kind="prune", at=at, changes={"before": draw(st.integers(1, 12))})
    if kind == "operator":
        return draw(changes(room, at))
    if kind == "room":
        opening = {"epoch": "k3f9"}
        return Event(room=room, kind="room", at=at, name=name, title=draw(TEXTS), detail=opening)
    if kind == "expire":
        return Event(room, kind, at, changes={"target": draw(st.integers(1, 12)), "whom": name, "posted": at})
    if kind in OWNERS:
        return draw(acts(kind, room, at, name))
    if kind == "join":
        token = draw(st.sampled_from(["aa", "bb", "cc"]))
        detail: dict[str, Any] = {"token": token, "skeleton": skeleton(name), "owner": draw(st.booleans())}
        detail |= {"address": draw(st.sampled_from(["here", "there"]))}
        changes_of: dict[str, Any] = {}
        if draw(st.booleans()):
            detail["replaces"], changes_of = draw(IDS), {"was": name}
        if draw(st.booleans()):
            detail |= {"appoints": True, "link": draw(st.integers(1, 12))}
        return Event(room=room, kind="join", at=at, name=name, member=draw(IDS), changes=changes_of, detail=detail)
    if kind == "appoint":
        ends = {"token": f"owner{draw(st.integers(1, 99))}", "until": draw(TIMES)}
        return Event(room=room, kind="link", at=at, changes={"grants": "owner"}, detail=ends)
    if kind in ("transfer", "device", "signout"):
        detail = {"token": draw(st.sampled_from(["dd", "ee", "ff"])), "until": draw(TIMES)}
        detail |= {"link": draw(st.sampled_from(["dd", "ee", "ff"]))}
        return Event(room=room, kind=kind, at=at, name=name, member=draw(IDS), detail=detail)
    if kind == "rename":
        detail = {"skeleton": skeleton(name)}
        return Event(room=room, kind=kind, at=at, name=name, member=draw(IDS), changes={"was": "?"}, detail=detail)
    if kind == "rejoin":
        return Event(room=room, kind="join", at=at, name=name, member=draw(IDS))
    if kind == "leave":
        detail = {"gives_up_seat": True} if draw(st.booleans()) else {}
        return Event(room=room, kind="leave", at=at, name=name, member=draw(IDS), detail=detail)
    member = draw(st.one_of(st.none(), IDS))
    detail = {} if member else {"skeleton": skeleton(name)}
    if draw(st.booleans()):
        detail |= {"key": draw(st.sampled_from(["a", "b"])), "digest": draw(st.sampled_from(["1", "2"]))}
    text = draw(TEXTS)
    if kind == "edit":
        changes_of = {"target": draw(st.integers(1, 12))}
        detail |= {"hours": draw(st.sampled_from([0, 10_000])), "posted": at}
        return Event(room, kind, at, name, draw(IDS), text, text, changes=changes_of, detail=detail)
    if kind == "react":
        emoji, on = draw(st.sampled_from(["👍", "👍🏽", "❤️"])), draw(st.sampled_from([None, True, False]))
        changes_of = {"target": draw(st.integers(1, 12)), "emoji": emoji, "on": on}
        return Event(room, kind, at, name, draw(IDS), changes=changes_of, detail=detail)
    target = draw(st.one_of(st.none(), st.integers(1, 12)))
    changes_of = {} if target is None else {"reply_to": target}
    if kind == "file":
        file = {"id": f"{next(NUMBERS):032x}", "name": text, "size": 9, "type": "text/plain", "sha256": "ab"}
        changes_of["file"] = file | draw(st.sampled_from([{}, {"lines": text}, {"expired": True}]))
    return Event(room, "message", at, name, member, text, text, changes=changes_of, detail=detail)


def applied(sequence: Sequence[Event]) -> tuple[sqlite3.Connection, int]:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute("PRAGMA foreign_keys = ON")
    migrate(db)
    refused = 0
    for event in sequence:
        db.execute("SAVEPOINT event")
        try:
            apply(db, event)
        except ChatError:
            refused += 1
            db.execute("ROLLBACK TO event")
        db.execute("RELEASE event")
        if event.kind == "prune":  # some of what was cut off goes now, the rest later
            for (code,) in db.execute("SELECT code FROM rooms").fetchall():
                trim(db, Trim(code, event.at), apply, step=2)
    return db, refused


def tables(db: sqlite3.Connection) -> dict[str, list[Any]]:
    return {
        table: db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()  # noqa: S608 - names from the line below
        for table in ("rooms", "log", "members", "keys", "bans", "links", "knocks", "old_codes", "tokens")
    }


@given(st.lists(events(), max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_sequence_of_events_replayed_into_an_empty_database_gives_identical_tables(sequence: list[Event]) -> None:
    first, _ = applied(sequence)
    for room, head in first.execute("SELECT id, head FROM rooms").fetchall():
        second = empty_copy(first)
        start = load_base(first, second, room)
        seqs = [apply(second, event).event.seq for event in events_for_replay(first, second, room, start, head + 1)]

        assert seqs == list(range(start, head + 1))
        assert dump(second, 1) == dump(first, room)
        log = "SELECT seq, kind, at, event FROM log WHERE room = ? ORDER BY seq"
        assert second.execute(log, (1,)).fetchall() == first.execute(log, (room,)).fetchall()
        second.close()
    first.close()


@given(st.lists(events(), max_size=40))
@settings(max_examples=100, deadline=None)
def test_whatever_happens_a_rooms_log_has_no_hole_and_its_times_only_grow(sequence: list[Event]) -> None:
    db, _ = applied(sequence)

    for room, head in db.execute("SELECT id, head FROM rooms").fetchall():
        seqs, times = zip(*db.execute("SELECT seq, at FROM log WHERE room = ? ORDER BY seq", (room,)), strict=True)
        assert list(seqs) == list(range(begin(db, room), head + 1))
        assert list(times) == sorted(times)
    db.close()


async def test_a_room_as_people_really_use_it_replays_to_the_same_tables(
    log: LocalLog, grace: Seat, ada: Seat, tmp_path: Path
) -> None:
    await messages.post(log, grace.room, ada.member, Draft("tea?", key="k"))
    await messages.post(log, grace.room, ada.member, Draft("tea?", key="k"))
    await members.depart(log, grace.room, ada.member)
    await members.arrive(log, grace.room, ada.member)
    with pytest.raises(NameTaken):
        await members.take_seat(log, grace.room, "ADA")
    await members.give_up_seat(log, grace.room, ada.member)

    replayed, refused = applied(await log.read(grace.room, 0, 100))

    assert refused == 0
    original = sqlite3.connect(tmp_path / "data" / "chadchat.sqlite3")
    assert tables(replayed) == tables(original)
    original.close()
    replayed.close()


async def test_a_log_that_is_closed_from_two_sides_at_once_is_closed(tmp_path: Path) -> None:
    log = await LocalLog.open(tmp_path / "data")
    async with asyncio.timeout(60):
        await asyncio.gather(log.close(), log.close())
        await log.close()

    await (await LocalLog.open(tmp_path / "data")).close()
