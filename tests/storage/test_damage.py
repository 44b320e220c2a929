"""A damaged database is kept, nothing is written to it, and the operator is told what to do."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from chadchat.storage.backup import back_up
from chadchat.storage.db import FILE

from ..operating import chadchat, damage
from ..reusing import copied
from ..serving import Server
from ..waiting import PATIENCE


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a server that was stopped after a few hundred messages, to be copied."""
    server = Server(tmp_path_factory.mktemp("filled") / "data").start()
    room = server.create()
    with httpx.Client(headers={"Authorization": f"Bearer {room['token']}"}) as client:
        for number in range(200):
            client.post(room["url"], content=f"{number} " * 200).raise_for_status()
    server.stop()
    return server.data


@pytest.fixture
def stopped(filled: Path, tmp_path: Path) -> Iterator[Server]:
    """A server that is stopped and has such a folder, and a backup of it."""
    server = Server(copied(filled, tmp_path / "data"), leave_after="0.5")
    back_up(server.data, tmp_path / "copy")
    yield server
    if server.running:
        server.stop()


def refused(server: Server) -> str:
    said = chadchat(server.data, "serve", "--port", "0")
    assert (said.status, said.out) == (1, "")
    return said.err


def test_a_file_that_is_no_database_is_refused_and_kept(stopped: Server, tmp_path: Path) -> None:
    file = stopped.data / FILE
    for end in ("-wal", "-shm"):
        Path(f"{file}{end}").unlink(missing_ok=True)
    file.write_bytes(b"\xa5" * 40_000)

    said = refused(stopped)

    assert f"The database {file} is damaged (file is not a database). It is kept as it is." in said
    assert f"chadchat restore {tmp_path / 'copy'}" in said
    assert file.read_bytes() == b"\xa5" * 40_000
    assert chadchat(stopped.data, "restore", tmp_path / "copy").status == 0
    stopped.start()


def test_a_room_that_has_lost_the_end_of_its_log_is_refused(stopped: Server) -> None:
    with closing(sqlite3.connect(stopped.data / FILE)) as db, db:
        db.execute("DELETE FROM log WHERE seq > 150")

    assert "is damaged (1 rooms have lost a part of their log)" in refused(stopped)


def test_damage_inside_is_found_beside_the_work_and_stops_writing(stopped: Server, tmp_path: Path) -> None:
    code = chadchat(stopped.data, "rooms").out.splitlines()[1].split()[0]
    damage(stopped.data / FILE, first=40, step=1000)  # one in the middle of the log, where no start looks
    stopped.start()

    until = time.monotonic() + PATIENCE
    with httpx.Client(base_url=stopped.url) as client:
        while (ready := client.get("/readyz", headers={"Accept": "application/json"})).status_code == 200:
            assert time.monotonic() < until
        posted = client.post(f"/{code}", content="hello?")
        assert client.get("/healthz").status_code == 200
    stopped.stop()

    assert (ready.status_code, ready.json()["code"]) == (503, "log_damaged")
    assert (posted.status_code, posted.json()["code"], posted.headers["Retry-After"]) == (503, "log_damaged", "60")
    logged = stopped.stderr.read_text()
    assert "the database is damaged (" in logged
    assert f'chadchat restore {tmp_path / "copy"}"}}\n' in logged


def test_commands_that_meet_the_damage_say_so_in_a_sentence(stopped: Server) -> None:
    damage(stopped.data / FILE, first=4)

    said = chadchat(stopped.data, "rooms")

    assert (said.status, said.out) == (1, "")
    assert said.err == "Error: The database cannot be used: database disk image is malformed.\n"


def test_a_database_that_is_whole_is_not_complained_about(stopped: Server) -> None:
    stopped.start()
    until = time.monotonic() + 2  # longer than the examination waits and takes
    while time.monotonic() < until:
        assert httpx.get(f"{stopped.url}/readyz").status_code == 200
    stopped.stop()

    assert "damaged" not in stopped.stderr.read_text()
