"""Retention: pruned events are gone from every table and reader, and the rest replays as before."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
from httpx_sse import connect_sse

from chadchat.domain import cursors, members, messages, retention, rooms
from chadchat.domain.cursors import Reset, Start
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.domain.retention import Keep, Sweeper, sweep
from chadchat.domain.rooms import Room
from chadchat.errors import KeepInvalid, PruneInvalid, RoomClosed, RoomExists, StorageFull
from chadchat.events import Event, now, timestamp
from chadchat.live.frames import NdJson
from chadchat.live.subscriber import Subscriber
from chadchat.live.writers import AsgiWriter
from chadchat.log import Log, local
from chadchat.log.local import LocalLog
from chadchat.node import Node
from chadchat.settings import Settings
from chadchat.storage.apply import retention as apply_retention
from chadchat.storage.apply.rooms import CODE_RESTS
from chadchat.storage.check import check
from chadchat.storage.db import Database

from ..serving import Server

FILE = "chadchat.sqlite3"


class Tomorrow(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + timedelta(days=2)


class NextYear(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + timedelta(days=400)


class NextWeek(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + timedelta(days=7)


async def say(log: LocalLog, room: str, *texts: str) -> None:
    for text in texts:
        await messages.post(log, room, None, Draft(text, key=f"key-{text}"))


async def texts(log: LocalLog, room: str) -> list[str]:
    return [event.text or event.kind for event in await log.read(room, 0, 5000)]


def holds(folder: Path, word: str) -> bool:
    """Whether any row of any table still has this."""
    with closing(sqlite3.connect(folder / FILE)) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return any(word in str(row) for name in names for row in db.execute(f"SELECT * FROM {name}"))  # noqa: S608


@pytest.fixture
async def backdated(log: LocalLog, room: Room, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Five messages of long ago, and five of now. The room itself was opened before all of them."""
    for module in (rooms, members, messages):
        monkeypatch.setattr(module, "now", lambda: "2020-01-01T00:00:00.000Z")
    code = (await rooms.create(log, log.db, "Grace")).room
    await say(log, code, *(f"old-{number}" for number in range(5)))
    monkeypatch.undo()
    await say(log, code, *(f"new-{number}" for number in range(5)))
    return await rooms.find(log.db, code)


async def test_messages_older_than_the_days_are_removed_from_every_table(
    log: LocalLog, backdated: Room, tmp_path: Path
) -> None:
    assert holds(tmp_path / "data", "old-3")

    assert await sweep(log, log.db, Keep(days=30)) == 7  # with the opening and the owner's arrival

    assert await texts(log, backdated.code) == [*(f"new-{number}" for number in range(5)), "prune"]
    assert not holds(tmp_path / "data", "old-3")


async def test_only_so_many_of_the_newest_events_are_kept(log: LocalLog, room: Room) -> None:
    await say(log, room.code, *map(str, range(20)))

    assert await sweep(log, log.db, Keep(events=3)) == 19

    assert await texts(log, room.code) == ["17", "18", "19", "prune"]


async def test_a_quiet_room_is_pruned_once_and_then_left_alone(log: LocalLog, room: Room) -> None:
    await say(log, room.code, *map(str, range(20)))
    await sweep(log, log.db, Keep(events=3))
    before = await rooms.find(log.db, room.code)

    assert await sweep(log, log.db, Keep(events=3)) == 0

    assert await rooms.find(log.db, room.code) == before


async def test_a_dead_room_is_not_pruned_for_the_sake_of_its_prunes(
    log: LocalLog, backdated: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "datetime", Tomorrow)
    await log.note("swept", timestamp(Tomorrow.now(UTC)))
    assert await sweep(log, log.db, Keep(days=1)) == 14  # with those of the other room
    monkeypatch.setattr(retention, "datetime", NextWeek)
    await log.note("swept", timestamp(NextWeek.now(UTC)))

    assert await sweep(log, log.db, Keep(days=1)) == 0
    assert await texts(log, backdated.code) == ["prune"]


async def test_a_clock_that_is_far_ahead_removes_nothing_that_is_younger_than_a_day_more(
    log: LocalLog, room: Room, monkeypatch: pytest.MonkeyPatch, machine: Callable[[str], None]
) -> None:
    await say(log, room.code, *map(str, range(3)))
    await sweep(log, log.db, Keep(days=2))
    kept = await texts(log, room.code)

    monkeypatch.setattr(retention, "datetime", NextYear)
    ahead = timestamp(NextYear.now(UTC))
    machine(ahead)
    await log.append(Event(room=room.code, kind="room", at=ahead, changes={"keep_days": 2}))
    assert await sweep(log, log.db, Keep(days=2)) == 0
    assert await texts(log, room.code) == [*kept, "room"]

    monkeypatch.undo()
    assert await sweep(log, log.db, Keep(days=2)) == 0
    assert await texts(log, room.code) == [*kept, "room"]


async def test_what_the_clock_is_believed_grows_by_a_day_with_each_sweep_and_is_kept(
    log: LocalLog, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sweep(log, log.db, Keep())
    first = datetime.fromisoformat(await log.noted("swept") or "")
    assert abs(first - datetime.now(UTC)) < timedelta(minutes=1)

    monkeypatch.setattr(retention, "datetime", NextYear)
    for days in (1, 2):
        await sweep(log, log.db, Keep())
        assert datetime.fromisoformat(await log.noted("swept") or "") == first + timedelta(days=days)
    monkeypatch.undo()
    await sweep(log, log.db, Keep())
    assert datetime.fromisoformat(await log.noted("swept") or "") == first + timedelta(days=2), "it never runs back"


async def test_a_folder_that_no_sweep_saw_is_as_old_as_its_last_event(
    log: LocalLog, backdated: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "datetime", NextYear)

    assert await sweep(log, log.db, Keep(days=2)) == 7  # the old ones, and none of the new

    assert (await texts(log, backdated.code))[0] == "new-0"


async def test_a_room_that_moves_during_a_sweep_is_left_and_the_next_is_swept(
    log: LocalLog, room: Room, grace: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await rooms.create(log, log.db, "Ada")
    for code in (room.code, other.room):
        await say(log, code, *map(str, range(20)))
    cut = retention._cut

    async def moving(db: Database, swept: Room, keep: Keep, clock: datetime) -> int:
        if swept.code == room.code:
            await rooms.move(log, log.db, room.code, grace.member)
        return await cut(db, swept, keep, clock)

    monkeypatch.setattr(retention, "_cut", moving)

    assert await sweep(log, log.db, Keep(events=3)) == 19

    assert await texts(log, other.room) == ["17", "18", "19", "prune"]


async def test_the_sweeper_outlives_any_error(log: LocalLog, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: asyncio.Queue[int] = asyncio.Queue()

    async def clumsy(*arguments: object) -> int:
        tried.put_nowait(1)
        raise KeyError("mistake")

    monkeypatch.setattr(retention, "sweep", clumsy)
    sweeper = Sweeper(log, log.db, Keep(events=3))
    log.listen(sweeper.changed)
    async with asyncio.timeout(60):
        await tried.get()
        await log.append(rooms.keeping(room.code, events=2))
        await tried.get()
    await sweeper.close()


async def test_what_a_room_says_wins_over_the_server(log: LocalLog, room: Room) -> None:
    await say(log, room.code, *map(str, range(20)))
    await log.append(rooms.keeping(room.code, events=0))
    assert await sweep(log, log.db, Keep(events=3)) == 0

    await log.append(rooms.keeping(room.code, events=10, days=5))
    await sweep(log, log.db, Keep())

    assert (await texts(log, room.code))[0] == "12"


async def test_no_limit_removes_nothing(log: LocalLog, backdated: Room) -> None:
    assert await sweep(log, log.db, Keep()) == 0
    assert len(await texts(log, backdated.code)) == 12


async def test_much_is_removed_in_steps_so_that_posts_are_not_held_up(
    log: LocalLog, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[int] = []
    trim = log.trim

    async def noting(code: str, clock: str) -> bool:
        left.extend(await log.db.one("SELECT min(seq) FROM log WHERE room = ?", (room.id,)) or ())
        return await trim(code, clock)

    monkeypatch.setattr(local, "trim", partial(apply_retention.trim, step=10))
    monkeypatch.setattr(log, "trim", noting)
    await say(log, room.code, *map(str, range(40)))

    await sweep(log, log.db, Keep(events=5))

    prunes = [event.changes["before"] for event in await log.read(room.code, 0, 100) if event.kind == "prune"]
    assert prunes == [38]
    assert left == [1, 11, 21, 31]
    assert (await texts(log, room.code))[0] == "35"


async def test_what_a_stopped_server_left_of_a_prune_goes_in_the_next_sweep_without_another(
    log: LocalLog, room: Room, tmp_path: Path
) -> None:
    await say(log, room.code, *map(str, range(20)))
    await log.append(Event(room=room.code, kind="prune", at=now(), changes={"before": 18}))
    assert (await rooms.find(log.db, room.code)).tail == 18
    assert holds(tmp_path / "data", "Grace")
    assert check(tmp_path / "data").faults == []

    for _ in range(2):
        assert await sweep(log, log.db, Keep(events=5)) == 0

    assert await texts(log, room.code) == ["15", "16", "17", "18", "19", "prune"]
    assert check(tmp_path / "data").faults == []


async def test_nothing_that_is_not_there_yet_can_be_pruned(log: LocalLog, room: Room) -> None:
    with pytest.raises(PruneInvalid):
        await log.append(Event(room=room.code, kind="prune", at=now(), changes={"before": room.head + 2}))


async def test_who_gave_up_the_seat_goes_with_their_last_event_and_others_stay(
    log: LocalLog, room: Room, ada: Seat, tmp_path: Path
) -> None:
    await members.give_up_seat(log, room.code, ada.member)
    await say(log, room.code, "after")
    assert holds(tmp_path / "data", ada.member.id)

    await sweep(log, log.db, Keep(events=1))

    rows = await log.db.all("SELECT name FROM members")
    assert rows == [("Grace",)]
    seat = await members.take_seat(log, room.code, "Ada")
    assert seat.member.name == "Ada"


async def test_a_cursor_behind_the_cut_is_a_reset_and_everything_starts_at_the_tail(log: LocalLog, room: Room) -> None:
    await say(log, room.code, *map(str, range(20)))
    await sweep(log, log.db, Keep(events=3))
    room = await rooms.find(log.db, room.code)

    assert room.tail == 20
    assert await cursors.resolve(log.db, room, Start(epoch=room.epoch, seq=18)) == Reset("pruned")
    assert await cursors.resolve(log.db, room, Start(epoch=room.epoch, seq=19)) == 19
    assert await cursors.resolve(log.db, room, Start(everything=True)) == 19
    assert await cursors.resolve(log.db, room, Start(moment="2000-01-01T00:00:00.000Z")) == 19
    assert (await messages.before(log.db, room)).older is None
    assert (await messages.around(log.db, room, 21)).older is None
    assert (await messages.before(log.db, room, limit=2)).older == 22


async def test_a_key_of_a_removed_message_stores_a_new_one(log: LocalLog, room: Room) -> None:
    await say(log, room.code, "tea?", "one", "two")
    await sweep(log, log.db, Keep(events=1))

    assert (await messages.post(log, room.code, None, Draft("tea?", key="key-tea?"))).fresh


async def test_the_sweeper_sweeps_when_it_starts_and_soon_after_a_room_keeps_less(log: LocalLog, room: Room) -> None:
    await say(log, room.code, *map(str, range(20)))
    pruned: asyncio.Queue[int] = asyncio.Queue()

    def note(events: Sequence[Event]) -> None:
        for event in events:
            if event.kind == "prune":
                pruned.put_nowait(event.changes["before"])

    log.listen(note)
    sweeper = Sweeper(log, log.db, Keep(events=10))
    log.listen(sweeper.changed)
    async with asyncio.timeout(60):
        assert await pruned.get() == 13

    await log.append(rooms.keeping(room.code, events=2))
    async with asyncio.timeout(60):
        assert await pruned.get() == 22
    await sweeper.close()


@pytest.mark.parametrize(("days", "events"), [(-1, None), (None, 10**10)])
def test_what_cannot_be_kept_is_refused_with_a_sentence(days: int | None, events: int | None) -> None:
    with pytest.raises(KeepInvalid, match="whole number from 0"):
        rooms.keeping("KQZF", days, events)


async def test_a_closed_room_takes_nothing_and_shows_nothing(log: LocalLog, room: Room, ada: Seat) -> None:
    await log.append(rooms.closing(room.code))

    with pytest.raises(RoomClosed, match=r"This room was closed\."):
        await rooms.find(log.db, room.code)
    with pytest.raises(RoomClosed):
        await messages.post(log, room.code, ada.member, Draft("hello?"))
    with pytest.raises(RoomClosed):
        await members.take_seat(log, room.code, "Mallory")
    assert await members.seated(log.db, room.code, ada.token) is None


async def test_the_code_of_a_closed_room_rests_for_30_days_and_then_its_data_goes(
    log: LocalLog, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: Callable[[str], None]
) -> None:
    await say(log, room.code, "secret")
    await log.append(rooms.closing(room.code))

    def opening(at: str) -> Event:
        return Event(room=room.code, kind="room", at=at, name="Ada", title="", detail={"epoch": "aaaa"})

    with pytest.raises(RoomExists):
        await log.append(opening(now()))
    assert await sweep(log, log.db, Keep()) == 0
    with monkeypatch.context() as patch:
        patch.setattr(retention, "CODE_RESTS", -CODE_RESTS)
        assert await sweep(log, log.db, Keep()) > 0
    assert not holds(tmp_path / "data", "secret")
    assert not holds(tmp_path / "data", "Grace")

    machine("2050-01-01T00:00:00.000Z")
    opened = await log.append(opening("2050-01-01T00:00:00.000Z"))
    assert opened.event.cursor == "aaaa-1"
    assert await texts(log, room.code) == ["room"]


# Over HTTP, from a real server.


def test_an_open_stream_says_that_older_messages_went_and_a_late_cursor_is_reset(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    room = server.create()
    url, epoch = f"{server.url}/{room['code']}", room["cursor"].split("-")[0]
    for number in range(10):
        httpx.post(url, content=str(number))
    server.stop()
    server = Server(tmp_path / "data", keep_events="3")
    server.start()
    url = f"{server.url}/{room['code']}"
    with httpx.Client() as client, connect_sse(client, "GET", f"{url}/sse?since=all") as stream:
        events = stream.iter_sse()
        told = next(event for event in events if '"prune"' in event.data).json()
    behind = httpx.get(f"{url}/json", params={"since": f"{epoch}-2", "poll": "1"}).json()
    everything = httpx.get(f"{url}/json", params={"since": "all", "poll": "1"}).text.split("\n")[:-1]
    server.stop()

    assert (told["before"], told["name"]) == (10, None)
    assert behind == {"kind": "reset", "room": room["code"], "reason": "pruned", "cursor": f"{epoch}-13"}
    assert [json.loads(line).get("text", "prune") for line in everything] == ["7", "8", "9", "prune"]


def test_every_address_of_a_closed_room_is_410(server: Server) -> None:
    async def close() -> None:
        log = await LocalLog.open(server.data)
        await log.append(rooms.closing(room["code"]))
        await log.close()

    room = server.create()
    server.stop()
    asyncio.run(close())
    server.start()

    for path in ("", "/2", "/people", "/sse", "/json", "/qr.svg"):
        answer = httpx.get(f"{server.url}/{room['code']}{path}", headers={"Accept": "application/json"})
        assert (path, answer.status_code, answer.json()["code"]) == (path, 410, "room_closed")
    for headers in ({}, {"Authorization": f"Bearer {room['token']}"}, {"HX-Request": "true"}):
        posted = httpx.post(f"{server.url}/{room['code']}", content="hello?", headers=headers)
        assert posted.status_code == 410
        assert "This room was closed." in posted.text


async def test_a_room_whose_turn_fails_does_not_keep_the_others_from_theirs(
    log: LocalLog, room: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    codes = [room.code] + [(await rooms.create(log, log.db, "Grace")).room for _ in range(2)]
    for code in codes:
        await say(log, code, "one", "two", "three")
    prune = retention._prune

    async def fails(log: Log, room: Room, cut: int, clock: datetime) -> None:
        if room.code != codes[2]:
            raise PruneInvalid("moved") if room.code == codes[0] else OverflowError("a number of the room's")
        await prune(log, room, cut, clock)

    monkeypatch.setattr(retention, "_prune", fails)

    assert await sweep(log, log.db, Keep(events=1)) > 0
    assert (await texts(log, codes[2]))[-2:] == ["three", "prune"]
    assert [record.getMessage() for record in caplog.records] == [
        "old messages of 2 rooms were not removed; the first:"
    ]


async def test_a_sweep_ends_at_once_where_nothing_can_be_stored(
    log: LocalLog, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    async def full(log: Log, room: Room, cut: int, clock: datetime) -> None:
        tried.append(room.code)
        raise StorageFull

    monkeypatch.setattr(retention, "_prune", full)
    for code in (room.code, (await rooms.create(log, log.db, "Grace")).room):
        await say(log, code, "one", "two")

    with pytest.raises(StorageFull):
        await sweep(log, log.db, Keep(events=1))
    assert len(tried) == 1


async def test_the_sweeper_goes_on_after_any_error(
    log: LocalLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    errors: list[Exception] = [OverflowError("too large"), sqlite3.OperationalError("no"), StorageFull(), ValueError()]
    swept = asyncio.Event()

    async def fails(log: Log, db: Database, keep: Keep) -> int:
        if errors:
            sweeper._due.set()
            raise errors.pop(0)
        swept.set()
        return 0

    monkeypatch.setattr(retention, "sweep", fails)
    sweeper = Sweeper(log, log.db, Keep(events=10**20))
    async with asyncio.timeout(60):
        await swept.wait()
    await sweeper.close()

    assert [record.getMessage() for record in caplog.records] == [
        "old messages were not removed",
        "old messages were not removed",
        "old messages were not removed: storage_full",
        "old messages were not removed",
    ]


async def test_closing_a_room_ends_its_streams_after_they_have_heard_of_it(tmp_path: Path) -> None:
    node = await Node.open(Settings(data=str(tmp_path)), {"ndjson": NdJson()}, lambda: None)
    code = (await rooms.create(node.log, node.db, "Grace")).room
    written: list[bytes] = []

    async def send(message: dict[str, Any]) -> None:
        written.append(message["body"])

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    reader, late = AsgiWriter(send), AsgiWriter(send)
    async with node.feeds.open(code) as feed:
        feed.add(Subscriber(reader, node.formats["ndjson"], feed.head))
        carried = asyncio.create_task(reader.run(receive))
        await node.log.append(rooms.closing(code, "Grace"))
        async with asyncio.timeout(60):
            assert await carried
        feed.add(Subscriber(late, node.formats["ndjson"], feed.head))
        async with asyncio.timeout(60):
            assert await late.run(receive)
    await node.close()

    assert b'"kind":"room","name":"Grace","closed":true' in b"".join(written)
