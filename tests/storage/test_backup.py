"""Backup and restore: made while members post, verified before they count, and restored completely or not at all."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from chadchat.refusal import DataError, StartupError
from chadchat.storage.backup import back_up, newest, way_out
from chadchat.storage.db import FILE
from chadchat.storage.restore import restore

from ..operating import chadchat, damage
from ..serving import Server


def post(server: Server, code: str, *texts: str) -> None:
    for text in texts:
        assert httpx.post(f"{server.url}/{code}", content=text).status_code == 201


def texts(server: Server, code: str) -> list[str]:
    lines = httpx.get(f"{server.url}/{code}/json", params={"since": "all", "poll": "1"}).text.splitlines()
    return [event["text"] for event in map(json.loads, lines) if event["kind"] == "message"]


def test_a_backup_of_a_running_server_holds_what_was_answered_and_can_go_back(server: Server, tmp_path: Path) -> None:
    room = server.create()
    code = room["code"]
    post(server, code, "one", "two")
    said = chadchat(server.data, "backup", tmp_path / "copy")
    assert said == (0, "", f"{tmp_path / 'copy'} holds 1 rooms with 4 events, and is whole.\n")
    post(server, code, "three")
    server.stop()

    said = chadchat(server.data, "restore", tmp_path / "copy")

    assert said.status == 0
    assert re.match(
        r"Restored 1 rooms with 2 messages, of [-0-9]{10} [0-9:]{5} UTC \(less than a day ago\). Readers will start",
        said.err,
    )
    server.start()
    assert texts(server, code) == ["one", "two"]
    headers = {"Authorization": f"Bearer {room['token']}"}
    assert httpx.post(f"{server.url}/{code}", content="still my seat", headers=headers).status_code == 201


def test_readers_that_had_seen_more_than_the_backup_holds_are_reset(server: Server, tmp_path: Path) -> None:
    room = server.create()
    chadchat(server.data, "backup", tmp_path / "copy")
    post(server, room["code"], "lost")
    server.stop()
    chadchat(server.data, "restore", tmp_path / "copy")
    server.start()

    epoch = room["cursor"].split("-")[0]
    answer = httpx.get(f"{server.url}/{room['code']}/json", params={"since": f"{epoch}-3", "poll": "1"}).json()

    assert (answer["kind"], answer["reason"]) == ("reset", "epoch")
    assert not answer["cursor"].startswith(epoch)


def test_the_replaced_database_is_kept_with_all_that_was_in_it(server: Server, tmp_path: Path) -> None:
    code = server.create()["code"]
    chadchat(server.data, "backup", tmp_path / "copy")
    post(server, code, "not in the backup")
    server.stop()

    replaced = restore(server.data, tmp_path / "copy").replaced

    assert replaced
    with closing(sqlite3.connect(replaced)) as db:
        assert db.execute("SELECT count(*) FROM log WHERE event LIKE '%not in the backup%'").fetchone() == (1,)
    assert sorted(path.name for path in server.data.iterdir()) == sorted(
        [FILE, "chadchat.lock", "last-backup.json", replaced.name]
    )


def test_restoring_is_refused_while_the_server_runs_and_changes_nothing(server: Server, tmp_path: Path) -> None:
    code = server.create()["code"]
    chadchat(server.data, "backup", tmp_path / "copy")
    post(server, code, "one")

    said = chadchat(server.data, "restore", tmp_path / "copy")

    assert said.status == 1
    assert f"Another chadchat (process {server.pid}) is using" in said.err
    assert texts(server, code) == ["one"]


def test_a_damaged_backup_is_refused_and_changes_nothing(server: Server, tmp_path: Path) -> None:
    code = server.create()["code"]
    post(server, code, *(str(number) * 500 for number in range(100)))
    chadchat(server.data, "backup", tmp_path / "copy")
    server.stop()
    damage(tmp_path / "copy")
    before = (server.data / FILE).read_bytes()

    said = chadchat(server.data, "restore", tmp_path / "copy")

    assert said.status == 1
    assert "is damaged" in said.err or "no database" in said.err
    assert (server.data / FILE).read_bytes() == before
    assert not [path for path in server.data.iterdir() if "restoring" in path.name]


def test_a_backup_whose_log_has_a_hole_is_refused(server: Server, tmp_path: Path) -> None:
    post(server, server.create()["code"], "one", "two", "three")
    server.stop()
    back_up(server.data, tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy")) as db, db:
        db.execute("DELETE FROM log WHERE seq = 4")

    with pytest.raises(DataError, match=r"not whole: [A-Z]{4} should have events 1 to 5, and has 4 up to 5"):
        restore(server.data, tmp_path / "copy")


@pytest.mark.parametrize("content", [None, b"", b"not a database at all " * 500], ids=["missing", "empty", "text"])
def test_what_is_no_backup_is_refused_with_a_sentence(empty: Path, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "copy").write_bytes(content)

    with pytest.raises(DataError, match="copy"):
        restore(empty, tmp_path / "copy")


def test_a_backup_of_a_damaged_database_is_refused_and_the_last_good_one_stays(server: Server, tmp_path: Path) -> None:
    post(server, server.create()["code"], *(str(number) * 500 for number in range(100)))
    server.stop()
    back_up(server.data, tmp_path / "copy")
    good = (tmp_path / "copy").read_bytes()
    damage(server.data / FILE)

    with pytest.raises(DataError):
        back_up(server.data, tmp_path / "copy")

    assert (tmp_path / "copy").read_bytes() == good
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy"]


def test_a_backup_is_for_its_owner_only_and_remembered(server: Server, tmp_path: Path) -> None:
    back_up(server.data, tmp_path / "first")
    back_up(server.data, tmp_path / "second")

    assert stat.S_IMODE((tmp_path / "second").stat().st_mode) == 0o600
    made = newest(server.data)
    assert made
    assert made.file == str(tmp_path / "second")
    assert way_out(server.data).endswith(f"chadchat restore {tmp_path / 'second'}")

    (tmp_path / "second").unlink()
    assert way_out(server.data) == "No backup of it is known here. If you have one: chadchat restore FILE"


def test_a_backup_into_a_folder_that_is_not_there_is_refused_with_a_sentence(empty: Path, tmp_path: Path) -> None:
    said = chadchat(empty, "backup", tmp_path / "nowhere" / "copy")

    assert (said.status, said.out) == (1, "")
    assert "There is no backup at" in said.err


def test_without_a_database_every_command_says_where_it_looked(tmp_path: Path) -> None:
    for arguments in (["backup", tmp_path / "copy"], ["check"], ["rooms"], ["rooms", "close", "KQZF"]):
        said = chadchat(tmp_path / "empty", *arguments)
        assert (said.status, said.err) == (
            1,
            f"Error: There is no database {tmp_path / 'empty' / FILE}. Name its folder with --data.\n",
        )


def test_a_backup_restores_where_there_was_nothing(server: Server, tmp_path: Path) -> None:
    code = server.create()["code"]
    post(server, code, "one")
    chadchat(server.data, "backup", tmp_path / "copy")

    restored = restore(tmp_path / "elsewhere", tmp_path / "copy")

    assert restored.replaced is None
    other = Server(tmp_path / "elsewhere").start()
    assert texts(other, code) == ["one"]
    other.stop()


def test_a_folder_in_use_is_not_touched(standing: Server, tmp_path: Path) -> None:
    back_up(standing.data, tmp_path / "copy")
    with pytest.raises(StartupError, match="Stop it first"):
        restore(standing.data, tmp_path / "copy")


@pytest.mark.parametrize("name", [FILE, f"{FILE}-wal", f"{FILE}-shm", "chadchat.lock", "chadchat.key", FILE.upper()])
def test_a_backup_onto_a_file_of_ours_or_no_file_is_refused(server: Server, tmp_path: Path, name: str) -> None:
    code = server.create()["code"]
    (tmp_path / "link").symlink_to(server.data / name)
    os.link(server.data / FILE, tmp_path / "hard")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to("/dev/null")
    (tmp_path / "folder").mkdir()
    before = (server.data / FILE).stat().st_ino
    odd = [server.data / name, server.data / ".." / "data" / name, *map(tmp_path.joinpath, ["link", "hard", "pipe"])]

    for target in [*odd, tmp_path / "null", tmp_path / "folder", Path("/dev/full")]:
        with pytest.raises(DataError, match="Nothing was changed"):
            back_up(server.data, target)

    assert (server.data / FILE).stat().st_ino == before
    post(server, code, "still there")
    server.restart()
    assert texts(server, code) == ["still there"]
