"""The file of search: it follows the log, is made anew whenever it must be, and forgets what the log forgets."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import pytest

from chadchat.domain import edits, messages, rooms
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.events import Event, now
from chadchat.log.local import LocalLog
from chadchat.storage import follower, search
from chadchat.storage.backup import back_up
from chadchat.storage.follower import Follower
from chadchat.storage.private import is_ours
from chadchat.storage.restore import restore
from chadchat.storage.search import FILE, Followed, Index, drop
from chadchat.storage.searched import Words

from ..waiting import until

SECRET: Final = "qxabcdefghijklmn"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "EVERY", 0.001)
    monkeypatch.setattr(follower, "ERASED_WITHIN", 0.01)
    monkeypatch.setattr(follower, "AGAIN", (0.01, 0.01))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
async def followed(log: LocalLog, folder: Path) -> AsyncIterator[Follower]:
    made = Follower(folder)
    log.listen(made.changed)
    made.start()
    yield made
    made.close()


async def say(log: LocalLog, seat: Seat, text: str) -> Event:
    return (await messages.post(log, seat.room, seat.member, Draft(text))).event


def has(folder: Path, word: str) -> bool:
    """Whether the word is found, by a connection of its own."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{folder / FILE}?mode=ro", uri=True)) as db:
        return db.execute("SELECT 1 FROM words WHERE words MATCH ?", (f'"{word}"',)).fetchone() is not None
    return False


def left(folder: Path, word: str = SECRET) -> list[str]:
    """The files of search that have the word in any byte."""
    return [path.name for path in folder.glob(f"{FILE}*") if word.encode() in path.read_bytes()]


async def test_words_are_found_a_moment_after_the_post(
    log: LocalLog, ada: Seat, followed: Follower, folder: Path
) -> None:
    await say(log, ada, "Straße")
    await until(lambda: has(folder, "strasse"))


async def test_an_edit_takes_the_words_before_out_of_every_byte(
    log: LocalLog, ada: Seat, followed: Follower, folder: Path
) -> None:
    said = await say(log, ada, f"before {SECRET}")
    await until(lambda: has(folder, SECRET))
    assert left(folder)

    room = await rooms.find(log.db, ada.room)
    await edits.edit(log, log.db, room, ada.member, said.seq, Draft("after"), 24)
    await until(lambda: has(folder, "after") and not left(folder))


async def test_removing_pruning_and_closing_take_words_out_of_every_byte(
    log: LocalLog, grace: Seat, ada: Seat, followed: Follower, folder: Path
) -> None:
    room = await rooms.find(log.db, ada.room)
    ways: list[Callable[[Event], object]] = [
        lambda said: messages.remove(log, log.db, room, ada.member, said.seq),
        lambda said: log.append(Event(room.code, "prune", now(), changes={"before": said.seq + 1})),
        lambda said: rooms.close(log, room.code, grace.member),
    ]
    for number, act in enumerate(ways):
        said = await say(log, ada, f"{SECRET} {number}")
        await until(lambda: has(folder, SECRET))
        await act(said)  # type: ignore[misc]
        await until(lambda: not has(folder, SECRET) and not left(folder))


async def test_a_file_that_is_deleted_damaged_or_old_is_made_anew(
    log: LocalLog, ada: Seat, followed: Follower, folder: Path
) -> None:
    await say(log, ada, "tea")
    await until(lambda: has(folder, "tea"))

    (folder / FILE).unlink()  # its write-ahead log stays, and must not become a part of the next
    await say(log, ada, "milk")
    await until(lambda: has(folder, "tea") and has(folder, "milk"))

    followed.look(damaged=True)
    (folder / FILE).write_bytes(b"no database" * 1000)
    await say(log, ada, "cake")
    await until(lambda: has(folder, "tea") and has(folder, "cake"))


async def test_a_file_of_an_older_form_or_without_an_end_is_made_anew_at_the_start(
    log: LocalLog, ada: Seat, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await say(log, ada, "tea")
    for damage in ("form", "cut", "text", "ahead"):
        drop(folder)
        with closing(Index(folder)) as index:
            index.write(1, {7: Words("old", "", "")}, {}, Followed("none" if damage != "ahead" else "k3f9", 10**6, 1))
            if damage == "form":
                monkeypatch.setattr(search, "_FORM", "of the next version")
        if damage == "cut":
            (folder / FILE).write_bytes((folder / FILE).read_bytes()[:5000])
        if damage == "text":
            (folder / FILE).write_text("tea" * 5000)
        made = Follower(folder)
        made.start()
        await until(lambda: has(folder, "tea") and not has(folder, "old"))
        made.close()


async def test_the_follower_goes_on_where_the_file_ends(
    log: LocalLog, ada: Seat, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "STEP", 3)
    said = [await say(log, ada, f"word{number}") for number in range(10)]
    first = Follower(folder)
    first.start()
    await until(lambda: has(folder, "word9"))
    first.close()

    room = await rooms.find(log.db, ada.room)
    await messages.remove(log, log.db, room, ada.member, said[3].seq)  # while nobody follows
    await say(log, ada, "later")
    again = Follower(folder)
    again.start()
    await until(lambda: has(folder, "later"))
    again.close()
    assert [number for number in range(10) if not has(folder, f"word{number}")] == [3]


async def test_a_room_that_moves_at_once_after_a_message_is_followed_on(
    log: LocalLog, grace: Seat, folder: Path
) -> None:
    made, heard = Follower(folder), list[Event]()
    made.start()
    await say(log, grace, "first")
    made.changed([])
    await until(lambda: has(folder, "first"))

    log.listen(heard.extend)
    await say(log, grace, "before")
    await rooms.move(log, log.db, grace.room, grace.member)
    made.changed(heard)
    await until(lambda: has(folder, "before"))
    made.close()


def test_no_copy_of_a_deleted_row_stays_between_the_others(tmp_path: Path) -> None:
    """SQLite leaves copies of rows that it has moved, in spite of `secure_delete`."""
    random_ = random.Random(3)  # noqa: S311 - the same rows in each run
    words = ["qx" + "".join(random_.choices("abcdefghijklmnop", k=14)) for _ in range(6000)]
    alive = set(range(len(words)))
    with closing(Index(tmp_path)) as index:
        for first in range(0, len(words), 200):
            here = range(first, first + 200)
            new = {
                number: Words(f"w{' ' * random_.choice((8, 30, 800))}{words[number]}", "ada 7f3a", "")
                for number in here
            }
            gone = random_.sample(range(first + 200), 20)
            index.write(1, new, dict.fromkeys(gone), Followed("k3f9", first, 1))
            alive -= set(gone)
        for number in random_.sample(sorted(alive), 2000):
            index.write(1, {}, {number: None}, Followed("k3f9", 0, 1))
            alive.discard(number)
        while index.forget(1, 2000):
            pass
        alive -= set(range(2000))
        assert index.erase(lambda: True)

        stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        found = {word.decode() for word in re.findall(rb"qx[a-p]{14}", stored)}
        assert found & {words[number] for number in alive}, "those that are kept are there"
        assert found & {word for number, word in enumerate(words) if number not in alive} == set()
        index.write(1, {}, {}, Followed("k3f9", 1, 1))
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        db.execute("INSERT INTO words (words) VALUES ('integrity-check')")


def test_an_erasure_that_was_cut_off_is_due_again(tmp_path: Path) -> None:
    with closing(Index(tmp_path)) as index:
        index.write(1, {1: Words(SECRET, "", "")}, {}, Followed("k3f9", 1, 1))
        index.write(1, {}, {1: None}, Followed("k3f9", 2, 1))
        assert not index.erase(lambda: False)
    with closing(Index(tmp_path)) as index:
        assert index.erasing
        assert index.erase(lambda: True)
        assert not index.erasing
    assert left(tmp_path) == []


def test_a_restore_deletes_the_words_of_what_it_replaces(empty: Path, tmp_path: Path) -> None:
    back_up(empty, tmp_path / "backup")
    with closing(Index(empty)) as index:
        index.write(1, {1: Words(SECRET, "", "")}, {}, Followed("k3f9", 1, 1))

    restore(empty, tmp_path / "backup")
    assert list(empty.glob(f"{FILE}*")) == []


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    with closing(Index(tmp_path)) as index:
        index.write(1, {1: Words(SECRET, "", "")}, {}, Followed("k3f9", 1, 1))
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert FILE in modes
    assert set(modes.values()) == {0o600}
    assert all(is_ours(name) for name in modes)


async def test_a_disk_that_is_nearly_full_is_left_to_the_log(
    log: LocalLog, ada: Seat, followed: Follower, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await say(log, ada, "tea")
    await until(lambda: has(folder, "tea"))
    monkeypatch.setattr(follower, "SPARE", 1 << 60)
    monkeypatch.setattr(follower, "SPARE_OF_SMALL", 1)
    await say(log, ada, "milk")
    await until(lambda: list(folder.glob(f"{FILE}*")) == [])

    monkeypatch.setattr(follower, "SPARE", 0)
    followed._needs = 0
    await until(lambda: has(folder, "tea") and has(folder, "milk"))
