"""The bytes of files go with what let them go, also after a kill in between, and nothing else goes."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chadchat.domain import messages, rooms
from chadchat.domain.expiry import expire_files
from chadchat.domain.members import Seat
from chadchat.domain.removed_files import HOUR, RemovedFiles
from chadchat.domain.retention import Keep, sweep
from chadchat.domain.rooms import Room
from chadchat.events import Event
from chadchat.log.local import LocalLog
from chadchat.refusal import StartupError
from chadchat.storage.files import Files

from ..attaching import attach, kept
from ..waiting import until


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@asynccontextmanager
async def running(log: LocalLog, data: Path) -> AsyncIterator[RemovedFiles]:
    removed = RemovedFiles(Files(data), log, log.db)
    log.listen(removed.changed)
    await removed.start()
    yield removed
    await removed.close()


async def becomes(data: Path, wanted: int) -> list[bytes]:
    """What the files hold when there are so many."""
    await until(lambda: len(kept(data)) == wanted)
    return sorted(path.read_bytes() for path in kept(data))


Act = Callable[[LocalLog, Room, Seat, Event], Awaitable[None]]


async def remove(log: LocalLog, room: Room, seat: Seat, said: Event) -> None:
    await messages.remove(log, log.db, room, seat.member, said.seq)


async def prune(log: LocalLog, room: Room, seat: Seat, said: Event) -> None:
    await log.append(rooms.keeping(room.code, events=1))
    await sweep(log, log.db, Keep())


async def close(log: LocalLog, room: Room, seat: Seat, said: Event) -> None:
    await log.append(rooms.closing(room.code))


async def expire(log: LocalLog, room: Room, seat: Seat, said: Event) -> None:
    await expire_files(log, log.db, 30, datetime.now(UTC) + timedelta(days=31))


@pytest.mark.parametrize("act", [remove, prune, close, expire])
@pytest.mark.parametrize("killed", [False, True], ids=["at-once", "after-a-kill"])
async def test_the_bytes_go_with_the_message_and_with_all_that_was_made_of_them(
    log: LocalLog, room: Room, ada: Seat, data: Path, act: Act, killed: bool
) -> None:
    said = await attach(log, data, ada, b"one")
    files = Files(data)
    for size in (800, 2560):
        files.path(said.changes["file"]["id"], f".{size}.webp").write_bytes(b"a picture")
    elsewhere = await rooms.create(log, log.db, "Mallory")
    await attach(log, data, elsewhere, b"of another room")

    if killed:
        await act(log, room, ada, said)
        assert len(kept(data)) == 4
    async with running(log, data):
        if not killed:
            await act(log, room, ada, said)
        others = [] if act is expire else [b"of another room"]
        assert await becomes(data, len(others)) == others


async def test_what_no_message_has_goes_when_it_is_an_hour_old(log: LocalLog, ada: Seat, data: Path) -> None:
    await log.note("files", "2020-01-01T00:00:00.000Z")
    await attach(log, data, ada, b"one")
    files, old = Files(data), time.time() - 3700
    names = {"0" * 32: old, "1" * 32 + ".part": old, "2" * 32 + ".800.webp": old, "3" * 32: old + 3700}
    for name, at in names.items():
        path = files.folder / name[:2] / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"of an upload that was cut")
        os.utime(path, (at, at))
    (files.folder / "notes.txt").write_text("mine")
    for path in kept(data):
        if path.read_bytes() == b"one":
            os.utime(path, (old, old))

    await RemovedFiles(Files(data), log, log.db).sweep(older=HOUR)

    assert sorted(path.read_bytes() for path in kept(data)) == [b"of an upload that was cut", b"one"]
    assert (files.folder / "notes.txt").exists()


async def test_a_new_database_deletes_nothing_of_the_one_before(log: LocalLog, data: Path) -> None:
    """Such as where the old one was moved away by mistake, and the server was started again."""
    path = Files(data).folder / "00" / ("0" * 32)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"of a message in the other database")
    os.utime(path, (time.time() - 7200,) * 2)

    async with running(log, data):
        pass

    assert path.exists()


async def test_bytes_that_cannot_be_deleted_now_are_deleted_after_the_next_start(
    log: LocalLog, room: Room, ada: Seat, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, tried = await attach(log, data, ada, b"one"), asyncio.Event()

    async def fails(self: Files, ids: list[str]) -> None:
        tried.set()
        raise OSError(5, "Input/output error")

    async with running(log, data):
        with monkeypatch.context() as patch:
            patch.setattr(Files, "remove", fails)
            await remove(log, room, ada, said)
            await asyncio.wait_for(tried.wait(), 20)
    assert len(kept(data)) == 1

    async with running(log, data):
        assert kept(data) == []


async def test_a_start_says_how_many_files_are_missing(
    log: LocalLog, ada: Seat, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    said = [await attach(log, data, ada) for _ in range(3)]
    Files(data).path(said[0].changes["file"]["id"]).unlink()
    picture = Files(data).path(said[1].changes["file"]["id"])
    picture.rename(f"{picture}.800.webp")

    async with running(log, data):
        pass

    assert [record.message for record in caplog.records] == [
        "1 files of messages are missing in the folder files: chadchat check says which"
    ]


@pytest.mark.parametrize("kind", ["a file", "a link to nothing"])
def test_a_folder_of_files_that_cannot_be_used_is_refused_at_the_start(data: Path, kind: str) -> None:
    data.mkdir()
    if kind == "a file":
        (data / "files").write_text("mine")
    else:
        (data / "files").symlink_to(data / "elsewhere")

    with pytest.raises(StartupError, match="must be a folder that this user may read and write in"):
        Files(data).require_usable()


def test_a_folder_of_files_that_is_open_to_others_is_closed(data: Path) -> None:
    (data / "files").mkdir(parents=True)
    (data / "files").chmod(0o755)

    Files(data).require_usable()

    assert stat.S_IMODE((data / "files").stat().st_mode) == 0o700


def test_no_folder_of_files_is_no_fault(data: Path) -> None:
    Files(data).require_usable()
