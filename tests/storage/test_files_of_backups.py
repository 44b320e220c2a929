"""Backup, restore and check have the files of messages, too."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chadchat.domain import messages
from chadchat.domain.members import Seat
from chadchat.domain.rooms import Room
from chadchat.events import Event
from chadchat.log.local import LocalLog
from chadchat.refusal import DataError
from chadchat.storage import copies
from chadchat.storage.backup import back_up
from chadchat.storage.check import check
from chadchat.storage.db import FILE
from chadchat.storage.files import Files
from chadchat.storage.named import FOLDER
from chadchat.storage.restore import restore

from ..attaching import attach, holds, kept
from ..operating import within

SECRET = b"elderberry"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is another one: nothing can be linked to it."""

    def refused(*_: Any) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("chadchat.storage.copies.os.link", refused)


async def test_a_backup_has_the_files_beside_it_and_links_what_is_on_the_same_disk(
    log: LocalLog, ada: Seat, data: Path, tmp_path: Path
) -> None:
    said = await attach(log, data, ada, b"one")

    contents = back_up(data, tmp_path / "copy")

    [path] = kept(tmp_path / "copy.files")
    assert (contents.files, contents.missing) == (1, 0)
    assert path.name == said.changes["file"]["id"]
    assert path.samefile(Files(data).path(path.name))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parent.parent)} == {0o700}


async def test_on_another_disk_the_files_are_copied(
    log: LocalLog, ada: Seat, data: Path, tmp_path: Path, no_links: None
) -> None:
    await attach(log, data, ada, b"one")

    back_up(data, tmp_path / "copy")

    [path] = kept(tmp_path / "copy.files")
    assert (path.read_bytes(), path.stat().st_nlink, stat.S_IMODE(path.stat().st_mode)) == (b"one", 1, 0o600)


async def test_the_next_backup_to_the_same_place_has_what_lives_by_then_and_nothing_else(
    log: LocalLog, room: Room, ada: Seat, data: Path, tmp_path: Path
) -> None:
    first = await attach(log, data, ada, SECRET)
    back_up(data, tmp_path / "copy")
    (tmp_path / "copy.files" / "notes.txt").write_text("mine")
    await messages.remove(log, log.db, room, ada.member, first.seq)
    await attach(log, data, ada, b"two")

    back_up(data, tmp_path / "copy")

    assert [path.read_bytes() for path in kept(tmp_path / "copy.files")] == [b"two"]
    assert (tmp_path / "copy.files" / "notes.txt").read_text() == "mine"


async def test_a_backup_that_fails_leaves_the_one_before_with_its_files(
    log: LocalLog, ada: Seat, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await attach(log, data, ada, b"one")
    back_up(data, tmp_path / "copy")
    before = (tmp_path / "copy").read_bytes(), kept(tmp_path / "copy.files")
    await attach(log, data, ada, b"two")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("chadchat.storage.backup.verify", full)
    with pytest.raises(DataError, match="There is no new backup"):
        back_up(data, tmp_path / "copy")

    assert ((tmp_path / "copy").read_bytes(), kept(tmp_path / "copy.files")) == before


async def test_a_file_that_goes_while_a_backup_is_made_is_in_neither_half_of_it(
    log: LocalLog, room: Room, ada: Seat, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is removed after the moment that is copied, and before its bytes are."""
    said = [await attach(log, data, ada, text.encode()) for text in ("one", "two", "three")]
    take, rounds = copies.Copies.take, list[int]()

    def slow(self: copies.Copies, files: Any, source: Path) -> bool:
        found = list(files)
        rounds.append(len(found))
        if len(rounds) == 2:  # what a server does meanwhile
            with closing(sqlite3.connect(data / FILE)) as db, db:
                db.execute("DELETE FROM files WHERE seq = ?", (said[1].seq,))
            copies.Copies.undo(self)
            Files(data).path(said[1].changes["file"]["id"]).unlink()
        return take(self, found, source)

    monkeypatch.setattr(copies.Copies, "take", slow)
    contents = back_up(data, tmp_path / "copy")

    assert rounds == [3, 3, 2]
    assert (contents.files, contents.missing) == (2, 0)
    assert [path.read_bytes() for path in kept(tmp_path / "copy.files")] in ([b"one", b"three"], [b"three", b"one"])


@pytest.fixture
def back(tmp_path: Path, log: LocalLog) -> Callable[[], Any]:
    async def go_back() -> Any:
        await log.close()
        restored = restore(tmp_path / "data", tmp_path / "copy")
        assert check(tmp_path / "data").faults == []
        return restored

    return go_back


async def test_a_restore_brings_the_files_back(log: LocalLog, ada: Seat, data: Path, tmp_path: Path, back: Any) -> None:
    await attach(log, data, ada, b"one")
    await attach(log, data, ada, b"two")
    back_up(data, tmp_path / "copy")
    for path in kept(data):
        path.unlink()

    restored = await back()

    assert (restored.contents.files, restored.lost) == (2, 0)
    assert {path.read_bytes() for path in kept(data / FOLDER)} == {b"one", b"two"}
    assert check(data).files == 2


async def test_the_file_of_a_message_that_was_removed_since_stays_away(
    log: LocalLog, room: Room, ada: Seat, data: Path, tmp_path: Path, back: Any
) -> None:
    said = await attach(log, data, ada, SECRET)
    back_up(data, tmp_path / "copy")
    await messages.remove(log, log.db, room, ada.member, said.seq)
    Files(data).path(said.changes["file"]["id"]).unlink()

    await back()

    assert not holds(data / FOLDER, SECRET)


async def test_the_replaced_database_keeps_its_files_and_can_be_gone_back_to(
    log: LocalLog, ada: Seat, data: Path, tmp_path: Path, back: Any
) -> None:
    back_up(data, tmp_path / "copy")
    said = await attach(log, data, ada, b"newer than the backup")

    replaced = (await back()).replaced
    Files(data).path(said.changes["file"]["id"]).unlink()  # as the next start does
    again = restore(data, replaced)

    assert again.lost == 0
    assert Files(data).path(said.changes["file"]["id"]).read_bytes() == b"newer than the backup"
    assert check(data).faults == []


async def test_a_backup_whose_files_are_lost_is_restored_without_them_and_says_so(
    log: LocalLog, ada: Seat, data: Path, tmp_path: Path
) -> None:
    await attach(log, data, ada, b"one")
    back_up(data, tmp_path / "copy")
    [path] = kept(tmp_path / "copy.files")
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-1] + b"!")
    await log.close()

    said = within(tmp_path / "elsewhere", "restore", tmp_path / "copy")

    assert said.status == 0
    assert f"1 files of messages are missing or damaged in {tmp_path / 'copy.files'}: chadchat check says" in said.err


async def test_a_backup_to_the_standard_output_says_that_files_are_not_in_it(
    log: LocalLog, ada: Seat, data: Path, tmp_path: Path
) -> None:
    await attach(log, data, ada, b"one")

    said = within(data, "backup", tmp_path / "copy").err
    assert f"{tmp_path / 'copy.files'} holds their 1 files: keep both together.\n" in said


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(b"thre"), "has 4 bytes instead of 3"),
        (lambda path: path.write_bytes(b"owt"), "has other bytes than it came with"),
    ],
    ids=["missing", "longer", "other"],
)
async def test_check_names_the_message_whose_file_is_not_as_it_came(
    log: LocalLog, ada: Seat, data: Path, harm: Callable[[Path], Any], words: str
) -> None:
    await attach(log, data, ada, b"one")
    said: Event = await attach(log, data, ada, b"two")
    id = said.changes["file"]["id"]
    harm(Files(data).path(id))

    found = check(data)

    assert found.faults == [f"Room {said.room}: the file of message {said.seq} (files/{id[:2]}/{id}) {words}."]


async def test_a_target_whose_folder_of_files_is_a_file_is_refused(
    log: LocalLog, ada: Seat, data: Path, tmp_path: Path
) -> None:
    await attach(log, data, ada, b"one")
    (tmp_path / "copy.files").write_text("mine")

    with pytest.raises(DataError, match="is no folder"):
        back_up(data, tmp_path / "copy")

    assert not (tmp_path / "copy").exists()
    assert os.listdir(tmp_path / "data" / FOLDER)
