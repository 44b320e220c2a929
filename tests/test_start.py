"""A start that cannot use its folder, files or key prints one sentence, exits with status 1, and leaves no process."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from chadchat.domain.addresses import NOTE, OLD_FILE, Addresses
from chadchat.errors import StorageFull
from chadchat.log.local import LocalLog
from chadchat.refusal import StartupError
from chadchat.server.sockets import listen
from chadchat.storage.db import FILE, LOCK_FILE

from .operating import Said, chadchat
from .reliability.namespaces import can_unshare
from .serving import Server
from .starting import attempt, refused, unprivileged


@dataclass(frozen=True)
class Made:
    """The files of a data folder that a server made, the code of the room in it, a backup of it and an export."""

    files: dict[str, bytes]
    code: str
    backup: Path
    export: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made")
    server = Server(folder / "data").start()
    code = server.create()["code"]
    server.stop()
    files = {path.name: path.read_bytes() for path in server.data.iterdir()}
    assert chadchat(server.data, "backup", folder / "backup").status == 0
    assert chadchat(server.data, "export", code, folder / "export.jsonl").status == 0
    return Made(files, code, folder / "backup", folder / "export.jsonl")


@pytest.fixture
def data(tmp_path: Path, made: Made) -> Path:
    """A copy of that folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name, content in made.files.items():
        (folder / name).write_bytes(content)
    return folder


def forget_key(data: Path) -> None:
    """As a database was that has its key in a file beside it."""
    with closing(sqlite3.connect(data / FILE)) as db, db:
        assert db.execute("DELETE FROM node WHERE name = ?", (NOTE,)).rowcount == 1


def a_folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def holding(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def mode(bits: int) -> Callable[[Path], object]:
    return lambda path: path.chmod(bits)


def a_link_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("elsewhere")


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (holding(b""), "has 0 bytes, and a key has 32"),
        (holding(b"x" * 31), "has 31 bytes"),
        (holding(b"x" * 33), "has more than 32 bytes"),
        (holding(b"x" * 1_000_000), "has more than 32 bytes"),
        (a_folder, "Is a directory"),
        (a_pipe, "has 0 bytes"),
        (a_link_to_nothing, "No such file"),
    ],
    ids=["empty", "31 bytes", "33 bytes", "long", "a folder", "a pipe", "a link to nothing"],
)
async def test_an_old_key_that_is_none_is_refused_and_left_as_it_is(
    log: LocalLog, tmp_path: Path, make: Callable[[Path], object], why: str
) -> None:
    key = tmp_path / OLD_FILE
    key.touch()
    make(key)
    before = key.lstat()

    with pytest.raises(StartupError, match=f"key {key}.*{why}"):
        await Addresses.load(log, tmp_path)

    assert key.lstat()[:7] == before[:7]
    assert await log.noted(NOTE) is None


@pytest.mark.parametrize("make", [holding(b""), a_folder, mode(0)], ids=["empty", "a folder", "unreadable"])
def test_a_server_of_before_without_its_key_ends(data: Path, make: Callable[[Path], object]) -> None:
    forget_key(data)
    (data / OLD_FILE).touch()
    make(data / OLD_FILE)

    assert f"key {data / OLD_FILE}" in refused(data, prefix=unprivileged())


async def test_the_key_is_made_once_and_kept_in_the_database(log: LocalLog, tmp_path: Path) -> None:
    first = await Addresses.load(log, tmp_path / "data")

    assert len(bytes.fromhex(await log.noted(NOTE) or "")) == 32
    assert (await Addresses.load(log, tmp_path / "data")).hashed("192.0.2.7") == first.hashed("192.0.2.7")
    assert not (tmp_path / "data" / OLD_FILE).exists()


async def test_an_old_key_is_taken_in_once_and_left_alone(
    log: LocalLog, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = tmp_path / OLD_FILE
    key.write_bytes(bytes(range(32)))
    expected = Addresses(bytes(range(32))).hashed("192.0.2.7")

    assert (await Addresses.load(log, tmp_path)).hashed("192.0.2.7") == expected
    assert [record.getMessage() for record in caplog.records] == [
        f"{key} is no longer used: its key is in the database now, and in every backup of it"
    ]
    assert key.read_bytes() == bytes(range(32))

    key.write_bytes(b"any other")
    assert (await Addresses.load(log, tmp_path)).hashed("192.0.2.7") == expected
    assert len(caplog.records) == 1


async def test_a_disk_that_does_not_take_the_key_ends_the_start(
    log: LocalLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(name: str, value: str) -> None:
        raise StorageFull

    monkeypatch.setattr(log, "note", full)

    with pytest.raises(StartupError, match="Cannot keep the key for addresses"):
        await Addresses.load(log, tmp_path)


@pytest.mark.parametrize(
    ("name", "make", "why"),
    [
        (FILE, a_folder, "unable to open database file"),
        (FILE, mode(0), "unable to open database file"),
        (FILE, mode(0o444), "attempt to write a readonly database"),
        (f"{FILE}-wal", a_folder, "unable to open database file"),
        (f"{FILE}-shm", a_folder, "attempt to write a readonly database"),
        (LOCK_FILE, a_folder, "Is a directory"),
        (LOCK_FILE, mode(0), "Permission denied"),
        (LOCK_FILE, mode(0o444), "Permission denied"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_file_that_cannot_be_used_is_refused(data: Path, name: str, make: Callable[[Path], object], why: str) -> None:
    make(data / name)

    sentence = refused(data, prefix=unprivileged())

    assert (str(data) in sentence, why in sentence) == (True, True), sentence


def test_a_write_ahead_log_that_can_only_be_read_is_refused(data: Path) -> None:
    with closing(sqlite3.connect(data / FILE)) as db, closing(sqlite3.connect(data / FILE)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM rooms").fetchone()  # so that the log stays beside the file
        (version,) = db.execute("PRAGMA user_version").fetchone()
        db.execute(f"PRAGMA user_version = {version}")
        wal = (data / f"{FILE}-wal").read_bytes()
    (data / f"{FILE}-wal").write_bytes(wal)
    (data / f"{FILE}-wal").chmod(0o444)

    sentence = refused(data, prefix=unprivileged())

    assert f"Cannot open {data / FILE}" in sentence


@pytest.mark.parametrize("bits", [0, 0o500, 0o600], ids=["closed", "unwritable", "unsearchable"])
def test_a_folder_that_may_not_be_used_is_refused(data: Path, bits: int) -> None:
    (data / LOCK_FILE).unlink()
    data.chmod(bits)

    sentence = refused(data, prefix=unprivileged())

    data.chmod(0o700)
    assert f"Cannot use the data folder {data}: [Errno 13] Permission denied" in sentence


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    (tmp_path / "loop").symlink_to("loop")

    for data in (tmp_path / "file", tmp_path / "file" / "data", tmp_path / "loop", tmp_path / ("x" * 256)):
        assert f"Cannot use the data folder {data}: " in refused(data)
    assert (tmp_path / "file").read_text() == "kept"


if can_unshare():

    @pytest.mark.parametrize(
        ("options", "prepare", "why"),
        [
            ("size=4k", "head --bytes=4096 /dev/zero >{0}/full", "No space left on device"),
            ("size=64k", "true", "database or disk is full"),
            ("nr_inodes=1", "true", "No space left on device"),
            ("nr_inodes=2", "true", "No space left on device"),
            ("ro", "true", "Read-only file system"),
        ],
        ids=["full", "nearly full", "no inodes", "nearly no inodes", "read-only"],
    )
    def test_a_new_folder_on_a_disk_that_takes_nothing_is_refused(
        tmp_path: Path, options: str, prepare: str, why: str
    ) -> None:
        script = f'mount -t tmpfs -o {options} none {tmp_path} && {prepare.format(tmp_path)}; exec "$@"'

        sentence = refused(tmp_path, prefix=["unshare", "--mount", "sh", "-c", script, "sh"])

        assert why in sentence

    def test_an_existing_folder_on_a_read_only_disk_is_refused(tmp_path: Path, data: Path) -> None:
        script = f'mount --bind {data} {data} && mount -o remount,bind,ro {data}; exec "$@"'

        assert "Read-only file system" in refused(data, prefix=["unshare", "--mount", "sh", "-c", script, "sh"])


def test_a_file_size_limit_below_the_database_is_refused(tmp_path: Path) -> None:
    assert f"{tmp_path / 'data'}" in refused(tmp_path / "data", prefix=["prlimit", "--fsize=1000"])


def test_a_port_that_only_root_may_have_is_refused(tmp_path: Path) -> None:
    said = attempt("serve", "--port", "1", "--data", tmp_path / "data", prefix=unprivileged())

    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("Error: Cannot listen on 127.0.0.1 port 1: [Errno 13] Permission denied.")


@pytest.mark.parametrize(
    "host", ["nowhere.invalid", "256.0.0.1", "x" * 64, "a..b", "[::1]", "192.0.2.1", "\udcff", "é"]
)
def test_a_host_that_is_not_here_is_refused(host: str) -> None:
    with pytest.raises(StartupError, match="Cannot listen on "):
        listen(host, 0)


def test_a_host_that_is_no_text_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    assert "Cannot listen on " in refused(tmp_path / "data", host=b"\xff")


def test_a_start_that_fails_late_lets_go_of_port_and_lock(data: Path) -> None:
    forget_key(data)
    (data / OLD_FILE).write_bytes(b"")
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        port = found.getsockname()[1]
    for _ in range(2):
        said = attempt("serve", "--port", str(port), "--data", data)
        assert "has 0 bytes" in said.err
    (data / OLD_FILE).unlink()

    server = Server(data)
    server.port = str(port)
    server.start()
    server.stop()


@pytest.mark.parametrize("name", [b"a\xffb", b"?a#b%20", "ä b".encode(), b"a\\b'\""])
def test_a_folder_may_have_any_name(tmp_path: Path, name: bytes) -> None:
    data = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    server = Server(data).start()
    room = server.create()
    server.stop()

    assert room["code"] in chadchat(data, "rooms").out
    assert chadchat(data, "check").status == 0


def test_a_folder_may_begin_with_two_slashes(tmp_path: Path) -> None:
    data = Path(f"/{tmp_path}/data")
    assert str(data).startswith("//")
    server = Server(data).start()
    code = server.create()["code"]
    server.stop()

    assert code in chadchat(tmp_path / "data", "rooms").out
    for command in (["rooms"], ["check"], ["export", code], ["backup", tmp_path / "copy"]):
        assert chadchat(data, *command).status == 0


COMMANDS = {
    "backup": ["backup", "COPY"],
    "restore": ["restore", "BACKUP"],
    "check": ["check"],
    "rooms": ["rooms"],
    "keep": ["rooms", "keep", "CODE", "--days", "1"],
    "export": ["export", "CODE"],
    "import": ["import", "LINES"],
}


def run(made: Made, data: Path, tmp_path: Path, command: str) -> Said:
    known = {"CODE": made.code, "COPY": str(tmp_path / "copy"), "BACKUP": str(made.backup), "LINES": str(made.export)}
    said = attempt(*[known.get(part, part) for part in COMMANDS[command]], prefix=unprivileged(), data=str(data))
    data.chmod(0o700)
    assert "Traceback" not in said.err
    return said


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("make", [mode(0), a_folder], ids=["unreadable", "a folder"])
def test_other_commands_say_so_too(
    data: Path, tmp_path: Path, made: Made, command: str, make: Callable[[Path], object]
) -> None:
    make(data / FILE)
    make(data / LOCK_FILE)

    said = run(made, data, tmp_path, command)

    assert (said.status, said.out) == (1, ""), said
    assert said.err


@pytest.mark.parametrize("command", ["restore", "keep", "import"])
def test_a_command_that_writes_is_refused_in_a_folder_that_can_only_be_read(
    data: Path, tmp_path: Path, made: Made, command: str
) -> None:
    (data / FILE).chmod(0o444)
    data.chmod(0o500)

    said = run(made, data, tmp_path, command)

    assert (said.status, said.out, said.err.count("\n")) == (1, "", 1), said


@pytest.mark.parametrize("command", ["rooms", "restore"])
def test_a_command_on_a_folder_that_cannot_be_read_says_so(
    data: Path, tmp_path: Path, made: Made, command: str
) -> None:
    data.chmod(0)

    said = run(made, data, tmp_path, command)

    assert (said.status, said.out, "Permission denied" in said.err) == (1, "", True), said
