"""Space: rooms and the server hold what they may and no more; what frees room or protects people is still stored."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from quart import Quart
from quart.testing import QuartClient

from chadchat.domain import links, members, messages, moderation, rooms
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.domain.retention import Keep, sweep
from chadchat.domain.rooms import Room
from chadchat.errors import KeyReused, LogStopped, RoomFull, StorageFull
from chadchat.events import Event, now
from chadchat.log import space, watch
from chadchat.log.local import LocalLog
from chadchat.log.space import MIB, Quota
from chadchat.refusal import ChatError
from chadchat.storage.check import check
from chadchat.storage.db import FILE

from ..operating import chadchat
from ..serving import Server

HOUR = timedelta(hours=1)
STORED = "SELECT (SELECT sum(length(CAST(event AS BLOB))) FROM log), (SELECT sum(size) FROM rooms)"


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[LocalLog]:
    opened = await LocalLog.open(tmp_path / "data", quota=Quota(room=20_000, total=40_000))
    yield opened
    await opened.close()


async def say(log: LocalLog, code: str, text: str, member: members.Member | None = None) -> int:
    return (await messages.post(log, code, member, Draft(text))).event.seq


async def fill(log: LocalLog, code: str) -> ChatError:
    """Post until a refusal."""
    for number in range(100):
        try:
            await say(log, code, f"{number} {'x' * 1000}")
        except ChatError as refusal:
            return refusal
    raise AssertionError("nothing was refused")


async def test_what_is_counted_is_what_is_stored(log: LocalLog, room: Room, grace: Seat, ada: Seat) -> None:
    async def stored() -> int:
        row = await log.db.one(STORED)
        assert row is not None
        assert row[0] == row[1]
        return int(row[0])

    assert log.space.total == await stored()
    said = await say(log, room.code, "tea? ☕", ada.member)
    await members.depart(log, room.code, ada.member)
    assert log.space.total == await stored()
    before = log.space.total
    await messages.remove(log, log.db, room, grace.member, said)
    new = await rooms.move(log, log.db, room.code, grace.member)
    assert log.space.total == await stored() > before
    for number in range(4):
        await say(log, new, f"{number}{'x' * 1500}")
    full = log.space.total
    await sweep(log, log.db, Keep(events=2))
    assert log.space.total == await stored() < full / 2


async def test_what_is_counted_is_there_again_after_a_start_and_replays(
    log: LocalLog, room: Room, ada: Seat, tmp_path: Path
) -> None:
    await fill(log, room.code)
    await sweep(log, log.db, Keep(events=4))
    total = log.space.total
    await log.close()

    assert check(tmp_path / "data").faults == []
    again = await LocalLog.open(tmp_path / "data")
    assert again.space.total == total > 0
    await again.close()


async def test_a_full_room_takes_no_posts_and_joins_and_every_act_that_frees_or_protects(
    log: LocalLog, room: Room, grace: Seat, ada: Seat, tmp_path: Path
) -> None:
    said = await say(log, room.code, "tea?", ada.member)
    link, _ = await links.make(log, room.code, grace.member, "read")
    mallory = await members.take_seat(log, room.code, "Mallory")
    assert isinstance(await fill(log, room.code), RoomFull)

    with pytest.raises(RoomFull, match="is full"):
        await members.take_seat(log, room.code, "Bob")
    with pytest.raises(RoomFull):
        await links.make(log, room.code, grace.member, "read")
    with pytest.raises(RoomFull):
        await log.append(
            Event(room=room.code, kind="room", at=now(), name="Grace", member=grace.member.id, changes={"title": "x"})
        )
    other = await rooms.create(log, log.db, "Ada")  # no other room is meant
    await say(log, other.room, "tea?")

    await messages.remove(log, log.db, room, grace.member, said)
    for act in (moderation.mute, moderation.ban):
        person = await moderation.find_person(log.db, room, ada.member.id)
        await act(log, room.code, grace.member, person, HOUR)
    await moderation.kick(log, room.code, grace.member, await moderation.find_person(log.db, room, mallory.member.id))
    await links.revoke(log, room.code, grace.member, link.id)
    lock = {"lock": "approval"}
    await log.append(Event(room=room.code, kind="room", at=now(), name="Grace", member=grace.member.id, changes=lock))
    assert check(tmp_path / "data").faults == []

    await sweep(log, log.db, Keep(events=3))
    await say(log, room.code, "room again", grace.member)
    await fill(log, other.room)
    await log.append(rooms.closing(other.room))


@pytest.mark.parametrize("seated", [True, False])
async def test_a_retry_of_what_a_full_room_has_stored_is_answered_with_it(
    log: LocalLog, room: Room, grace: Seat, seated: bool
) -> None:
    member, name = (grace.member, None) if seated else (None, "Ada")
    first = await messages.post(log, room.code, member, Draft("tea?", name=name, key="k"))
    assert isinstance(await fill(log, room.code), RoomFull)

    again = await messages.post(log, room.code, member, Draft("tea?", name=name, key="k"))

    assert (again.event.seq, again.fresh) == (first.event.seq, False)
    with pytest.raises(KeyReused):
        await messages.post(log, room.code, member, Draft("no tea", name=name, key="k"))
    for other in (Draft("tea?", name=name), Draft("tea?", name=name, key="other"), Draft("tea?", name="Eve", key="k")):
        with pytest.raises(RoomFull):
            await messages.post(log, room.code, None if other.name == "Eve" else member, other)


async def test_a_full_server_takes_no_posts_in_any_room_and_no_new_room(log: LocalLog, room: Room, grace: Seat) -> None:
    codes = [room.code, *[(await rooms.create(log, log.db, "Ada")).room for _ in range(3)]]
    refusals = [await fill(log, code) for code in codes]

    assert isinstance(refusals[0], RoomFull)
    assert isinstance(refusals[-1], StorageFull)
    assert log.space.full
    with pytest.raises(StorageFull):
        await rooms.create(log, log.db, "Mallory")
    await members.depart(log, room.code, grace.member)
    with pytest.raises(StorageFull):
        await members.arrive(log, room.code, grace.member)

    await log.append(rooms.keeping(room.code, events=1))
    await sweep(log, log.db, Keep())
    await members.arrive(log, room.code, grace.member)
    assert not log.space.full


async def test_80_percent_is_said_once_for_each_crossing_and_names_no_room(
    log: LocalLog, room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    other = (await rooms.create(log, log.db, "Ada")).room
    for _ in range(2):
        await fill(log, room.code)
        await fill(log, other)
        log.space.look()
        log.space.look()
        await sweep(log, log.db, Keep(events=1))
        log.space.look()

    said = [record.getMessage() for record in caplog.records if "80 %" in record.getMessage()]
    assert [text.startswith("a room holds") for text in said] == [True, True, False] * 2
    assert room.code not in "".join(said)
    assert other not in "".join(said)


async def test_a_disk_without_room_refuses_posts_until_it_has_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    free = shutil.disk_usage(tmp_path).free
    with monkeypatch.context() as patch:
        patch.setattr(space, "SPARE", 100 * free)
        patch.setattr(space, "SPARE_OF_SMALL", 1)
        log = await LocalLog.open(tmp_path / "data", quota=Quota(total=50 * MIB))
        assert log.space.full
        assert "the quota is 50 MiB, and the disk has room for 0 MiB: that is what holds" in caplog.messages
        with pytest.raises(StorageFull):
            await rooms.create(log, log.db, "Grace")

    assert (await rooms.create(log, log.db, "Grace")).room
    await log.close()


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced", "folder moved", "write-ahead log deleted"])
async def test_a_database_that_is_no_longer_where_it_was_stops_the_log(
    tmp_path: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    failures: list[bool] = []
    log = await LocalLog.open(tmp_path / "data", lambda: failures.append(True))
    seat = await rooms.create(log, log.db, "Grace")
    file = tmp_path / "data" / FILE
    assert await log._watch.look()
    acts: dict[str, Callable[[], object]] = {
        "deleted": file.unlink,
        "moved": lambda: file.rename(tmp_path / "elsewhere"),
        "replaced": lambda: shutil.copy(file, tmp_path / "copy") and (tmp_path / "copy").rename(file),
        "folder moved": lambda: file.parent.rename(tmp_path / "elsewhere"),
        "write-ahead log deleted": (file.parent / f"{FILE}-wal").unlink,
    }
    acts[how]()

    assert not await log._watch.look()

    assert failures == [True]
    with pytest.raises(LogStopped):
        await say(log, seat.room, "tea?")
    assert any("was moved, deleted or replaced while it was in use" in text for text in caplog.messages)
    await log.close()


def test_a_server_whose_database_was_deleted_ends_loudly(server: Server) -> None:
    server.create()
    (server.data / FILE).unlink()

    assert server.ended(within=40) == 74

    assert f"{FILE} was moved, deleted or replaced while it was in use" in server.stderr.read_text()
    assert watch.EVERY <= 30


async def test_a_server_without_room_is_not_ready_and_reads_go_on(app: Quart, client: QuartClient, code: str) -> None:
    node = app.extensions["chadchat"]
    assert (await client.get("/readyz")).status_code == 200
    node.log.space._quota = Quota(total=node.log.space.total)
    node.log.space.look()

    ready = await client.get("/readyz", headers={"Accept": "application/json"})
    posted = await client.post(f"/{code}", data=b"tea?", headers={"Content-Type": "text/plain"})
    figures = await (await client.get("/metrics", scope_base={"client": ("127.0.0.1", 1)})).get_data(as_text=True)

    assert (ready.status_code, (await ready.get_json())["code"]) == (503, "no_space")
    assert (posted.status_code, (await posted.get_json())["code"]) == (507, "storage_full")
    assert (await client.get(f"/{code}")).status_code == 200
    assert f"chadchat_stored_bytes {float(node.log.space.total)}" in figures
    assert f"chadchat_stored_bytes_most {float(node.log.space.total)}" in figures


async def test_the_figures_have_the_files(app: Quart, client: QuartClient) -> None:
    made = await (await client.post("/rooms", json={"name": "Grace"}, headers={"Accept": "*/*"})).get_json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    for number in range(2):
        await client.put(f"/{made['code']}/{number}.txt", data=b"12:00 all is well\n", headers=headers)

    figures = await (await client.get("/metrics", scope_base={"client": ("127.0.0.1", 1)})).get_data(as_text=True)

    assert {"chadchat_files 2.0", "chadchat_file_bytes 36.0", "chadchat_file_bytes_most 5.36870912e+09"} <= {
        *figures.splitlines()
    }


def test_the_list_of_rooms_says_how_much_they_hold(server: Server) -> None:
    httpx.post(f"{server.url}/{server.create()['code']}", content="x" * 3000)

    said = chadchat(server.data, "rooms")

    assert said.err == "All rooms hold 6 KiB of what the disk has room for; a room may hold 1024 MiB.\n"


def test_a_database_of_before_is_measured_when_it_is_brought_up_to_date(tmp_path: Path) -> None:
    dump = Path(__file__).parent.parent / "storage" / "data" / "eb9b679.sql"
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.executescript(dump.read_text(encoding="utf-8"))
    chadchat(tmp_path, "rooms", "close", "AAAA")  # any command that writes

    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        stored, counted = db.execute(STORED).fetchone()
    assert stored == counted > 0
