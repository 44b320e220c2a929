"""The one file: all of it after a clean stop, its owner's alone, and without the words that were taken out of it."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from chadchat.domain import edits, messages, rooms
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.domain.retention import Keep, sweep
from chadchat.log.local import LocalLog
from chadchat.storage.backup import back_up
from chadchat.storage.check import check
from chadchat.storage.db import FILE, connect_reader

from ..operating import chadchat
from ..serving import Server
from ..starting import attempt, unprivileged
from ..waiting import until

SECRET = "elderberry"
LONG = f"{SECRET} " * 370  # four pages of the database, with its HTML


def found(folder: Path) -> int:
    """How often the words are in the files of a folder."""
    return sum(path.read_bytes().count(SECRET.encode()) for path in folder.iterdir() if path.is_file())


def names(folder: Path) -> set[str]:
    """What is there besides the search's file, which is made anew where it is missing."""
    return {path.name for path in folder.iterdir()} - {"search.sqlite3"}


@contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """Another process's reader, that stands where the database is now."""
    with closing(connect_reader(folder / FILE)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM log").fetchone()
        yield reader


def test_after_a_clean_stop_the_one_file_is_everything(server: Server, tmp_path: Path) -> None:
    room = server.create()
    for number in range(50):
        assert httpx.post(room["url"], content=f"{number} {'x' * 2000}").status_code == 201

    assert server.stop() == 0

    assert names(server.data) == {FILE, "chadchat.lock"}
    (tmp_path / "copy").mkdir()
    shutil.copy(server.data / FILE, tmp_path / "copy")
    assert chadchat(tmp_path / "copy", "export", room["code"], "--format", "txt").out.count("xxx\n") == 50


def test_a_stop_beside_a_reader_that_only_looks_leaves_nothing_out_of_the_file(server: Server, tmp_path: Path) -> None:
    room = server.create()
    with closing(connect_reader(server.data / FILE)) as reader:
        reader.execute("SELECT count(*) FROM log").fetchone()
        httpx.post(room["url"], content="tea?")
        server.stop()
        (tmp_path / "copy").mkdir()
        shutil.copy(server.data / FILE, tmp_path / "copy")

    assert "tea?" in chadchat(tmp_path / "copy", "export", room["code"]).out


def test_what_can_only_be_read_can_be_read_after_a_clean_stop(server: Server, tmp_path: Path) -> None:
    room = server.create()
    server.stop()
    server.data.chmod(0o500)

    said = [
        attempt(*command, prefix=unprivileged(), data=str(server.data))
        for command in (["rooms"], ["check"], ["export", room["code"]], ["backup", tmp_path / "copy"])
    ]
    server.data.chmod(0o700)

    assert room["code"] in said[0].out
    assert [one.status for one in said] == [0, 0, 0, 0], said
    assert names(server.data) == {FILE, "chadchat.lock"}


async def fill(log: LocalLog, seat: Seat) -> list[int]:
    drafts = [Draft(f"{number} {LONG if number % 3 else SECRET}") for number in range(100)]
    posted = await asyncio.gather(*(messages.post(log, seat.room, seat.member, draft) for draft in drafts))
    return [committed.event.seq for committed in posted]


async def remove(log: LocalLog, seat: Seat, seqs: list[int]) -> None:
    room = await rooms.find(log.db, seat.room)
    await asyncio.gather(*(messages.remove(log, log.db, room, seat.member, seq) for seq in seqs))


async def test_removed_words_are_in_no_file(log: LocalLog, grace: Seat, tmp_path: Path) -> None:
    other = await rooms.create(log, log.db, "Ada")
    seqs, others = await fill(log, grace), await fill(log, other)
    assert found(tmp_path / "data") > 100

    await remove(log, other, others)
    await remove(log, grace, seqs)

    await until(lambda: found(tmp_path / "data") == 0)
    assert await log.db.one("SELECT count(*) FROM log WHERE kind = 'remove'") == (200,)


async def test_pruned_words_are_in_no_file(log: LocalLog, grace: Seat, tmp_path: Path) -> None:
    await fill(log, grace)
    await messages.post(log, grace.room, grace.member, Draft("kept"))

    await sweep(log, log.db, Keep(events=1))

    await until(lambda: found(tmp_path / "data") == 0)


async def test_words_go_again_and_again(log: LocalLog, grace: Seat, tmp_path: Path) -> None:
    for _ in range(3):
        await remove(log, grace, [(await messages.post(log, grace.room, grace.member, Draft(SECRET))).event.seq])
        await until(lambda: found(tmp_path / "data") == 0)


async def test_words_that_are_removed_just_before_the_end_are_in_no_file(
    log: LocalLog, grace: Seat, tmp_path: Path
) -> None:
    seqs = await fill(log, grace)

    await remove(log, grace, seqs)
    await log.close()

    assert found(tmp_path / "data") == 0
    assert names(tmp_path / "data") == {FILE, "chadchat.lock"}


async def test_the_writer_waits_for_no_reader_and_words_go_when_it_has_ended(
    log: LocalLog, grace: Seat, tmp_path: Path
) -> None:
    seqs = await fill(log, grace)
    with reading(tmp_path / "data") as reader:
        await remove(log, grace, seqs)
        async with asyncio.timeout(4):  # SQLite would wait for the reader for 5 seconds, each time
            for _ in range(5):
                await messages.post(log, grace.room, grace.member, Draft("tea?"))
        assert reader.execute("SELECT count(*) FROM log WHERE event LIKE ?", (f"%{SECRET}%",)).fetchone() == (100,)

    await until(lambda: found(tmp_path / "data") == 0)


@pytest.mark.parametrize("open_yet", [True, False], ids=["while it runs", "at its end"])
async def test_no_copy_of_removed_words_stays_between_the_rows_and_the_others_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, open_yet: bool
) -> None:
    monkeypatch.setattr("chadchat.log.erasing.PASSES", 0.1 if open_yet else 1000.0)
    drawn, data = random.Random(3), tmp_path / "data"  # noqa: S311 - a test that goes the same way each time
    log = await LocalLog.open(data)
    seat = await rooms.create(log, log.db, "Grace")
    room = await rooms.find(log.db, seat.room)
    texts = [f"secret{number:04}word" + " pad" * drawn.randint(0, drawn.choice([5, 60, 300])) for number in range(1500)]
    seqs = []
    for start in range(0, len(texts), 50):
        some = [messages.post(log, seat.room, seat.member, Draft(text, key=text[6:10])) for text in texts[start:][:50]]
        seqs += [committed.event.seq for committed in await asyncio.gather(*some)]
    said = dict(zip(seqs, texts, strict=True))
    for seq in drawn.sample(seqs, 1100):
        del said[seq]
        if drawn.random() < 0.3:
            said[seq] = "e" * drawn.randint(1, 900)
            await edits.edit(log, log.db, room, seat.member, seq, Draft(said[seq]), 24)
        else:
            await messages.remove(log, log.db, room, seat.member, seq)
    kept = {text[:14] for text in said.values()}

    def left() -> int:
        found = b"".join(path.read_bytes() for path in data.iterdir() if path.is_file())
        return sum(text[:14].encode() in found for text in texts if text[:14] not in kept)

    if not open_yet:
        await log.close()
        assert left() == 0
        log = await LocalLog.open(data)
    await until(lambda: left() == 0)
    events = await log.read(seat.room, 0, 10_000)
    assert {event.seq: event.text for event in events if event.kind == "message" and not event.removed_by} == said
    await log.close()
    assert check(data).faults == []


async def test_words_go_when_the_backup_that_was_running_is_done(log: LocalLog, grace: Seat, tmp_path: Path) -> None:
    seqs = await fill(log, grace)
    begun, go_on = threading.Event(), threading.Event()

    def halted(done: int, total: int) -> None:
        begun.set()
        go_on.wait(10)

    running = asyncio.create_task(asyncio.to_thread(back_up, tmp_path / "data", tmp_path / "copy", halted))
    await asyncio.to_thread(begun.wait, 10)
    async with asyncio.timeout(4):
        await remove(log, grace, seqs)
        await messages.post(log, grace.room, grace.member, Draft("tea?"))
    go_on.set()
    await running

    await until(lambda: found(tmp_path / "data") == 0)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@pytest.mark.parametrize("umask", ["000", "022", "077"])
def test_what_we_make_is_its_owners_alone(tmp_path: Path, umask: str) -> None:
    start = ["sh", "-c", f'umask {umask}; exec "$@"', "sh"]
    server = Server(tmp_path / "new" / "data", prefix=start)
    server.stderr = tmp_path / "stderr"
    server.start()
    room = server.create()
    httpx.post(room["url"], content="tea?")

    found = modes(server.data)
    assert chadchat(server.data, "backup", server.data / "copy").status == 0
    server.stop()

    assert found.keys() >= {FILE, f"{FILE}-wal", f"{FILE}-shm", "chadchat.lock", "chadchat.sock"}
    assert set(found.values()) | set(modes(server.data).values()) == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (server.data, server.data.parent)} == {0o700}


def test_a_folder_that_was_there_keeps_its_mode_and_our_files_in_it_lose_theirs(server: Server, tmp_path: Path) -> None:
    room = server.create()
    assert chadchat(server.data, "backup", server.data / "copy").status == 0
    server.stop()
    (server.data / "chadchat.key").write_bytes(bytes(32))
    (server.data / "theirs").touch()
    for path in (server.data, *server.data.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)

    server.start()
    httpx.post(room["url"], content="tea?")

    assert stat.S_IMODE(server.data.stat().st_mode) == 0o755
    found = modes(server.data)
    assert (found.pop("theirs"), found.pop("copy")) == (0o644, 0o644)
    assert f"{FILE}-wal" in found
    assert set(found.values()) == {0o600}
