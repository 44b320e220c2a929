"""What commands write: backup and export against every odd target. The old file stays, and a sentence says so."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from chadchat.storage.backup import verify
from chadchat.storage.db import FILE, LOCK_FILE

from ..forking import fork
from ..operating import chadchat
from ..serving import Server

COMMANDS = ("backup", "export")
OLD = b"the good old file"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("targets") / "data", limits="off").start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def code(server: Server) -> str:
    room = server.create()
    for _ in range(40):
        httpx.post(room["url"], content="x" * 4000)
    return str(room["code"])


def arguments(command: str, code: str) -> list[str]:
    return [command] if command == "backup" else [command, code]


def is_whole(command: str, file: Path) -> bool:
    return verify(file).rooms == 1 if command == "backup" else file.read_bytes().count(b'"kind":"message"') == 40


def linked(kind: Callable[[Path, Path], None]) -> Callable[[Server, Path], Path]:
    def target(server: Server, folder: Path) -> Path:
        kind(server.data / FILE, folder / "link")
        return folder / "link"

    return target


def fifo(server: Server, folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


ODD: dict[str, Callable[[Server, Path], Path]] = {
    "the database": lambda server, folder: server.data / FILE,
    "its log": lambda server, folder: server.data / f"{FILE}-wal",
    "its index": lambda server, folder: server.data / f"{FILE}-shm",
    "the lock": lambda server, folder: server.data / LOCK_FILE,
    "an old key": lambda server, folder: server.data / "chadchat.key",
    "the note": lambda server, folder: server.data / "last-backup.json",
    "another spelling": lambda server, folder: server.data / ".." / server.data.name / FILE,
    "a symlink": linked(lambda file, link: link.symlink_to(file)),
    "a hard link": linked(lambda file, link: os.link(file, link)),
    "a folder": lambda server, folder: folder,
    "the data folder": lambda server, folder: server.data,
    "a pipe": fifo,
    "a device": lambda server, folder: Path("/dev/null"),
    "a full device": lambda server, folder: Path("/dev/full"),
    "a folder that is not there": lambda server, folder: folder / "missing" / "file",
    "below a file": lambda server, folder: server.data / FILE / "file",
}


def inodes(data: Path) -> dict[str, int]:
    """The inodes of what is there, but for the file of the search, which is made a little later."""
    return {path.name: path.stat().st_ino for path in data.iterdir() if not path.name.startswith("search.")}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("command", COMMANDS)
def test_an_odd_target_is_refused_and_nothing_is_changed(
    server: Server, code: str, tmp_path: Path, command: str, odd: str
) -> None:
    target = ODD[odd](server, tmp_path)
    before = inodes(server.data)

    said = chadchat(server.data, *arguments(command, code), target)

    assert said.status == 1
    assert said.err.startswith("Error: ")
    assert len(said.err.strip().splitlines()) == 1
    assert inodes(server.data) == before
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []
    assert httpx.get(f"{server.url}/readyz").status_code == 200


@pytest.mark.parametrize("command", COMMANDS)
def test_a_regular_target_is_replaced_as_a_whole_and_a_symlink_stays_one(
    server: Server, code: str, tmp_path: Path, command: str
) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(OLD)
    link.symlink_to(real)
    (tmp_path / "real.part").write_bytes(b"mine")

    assert chadchat(server.data, *arguments(command, code), link).status == 0

    assert link.is_symlink()
    assert is_whole(command, real)
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert (tmp_path / "real.part").read_bytes() == b"mine"
    assert {path.name for path in tmp_path.iterdir()} == {"real", "link", "real.part"}


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("command", COMMANDS)
def test_it_goes_to_the_standard_output(server: Server, code: str, tmp_path: Path, command: str, name: str) -> None:
    given = [*arguments(command, code), name]
    data = {"CHADCHAT_DATA": str(server.data)}
    piped, plain = tmp_path / "piped", tmp_path / "plain"
    with Path(os.devnull).open("w") as unread:
        reading, writing = os.pipe()
        with open(reading, "rb") as pipe:
            command_to_pipe = fork(given, data, writing, unread.fileno())
            os.close(writing)
            piped.write_bytes(pipe.read())
            assert command_to_pipe.wait(60) == 0
        with plain.open("wb") as out:
            assert fork(given, data, out.fileno(), unread.fileno()).wait(60) == 0
    assert is_whole(command, piped)
    assert is_whole(command, plain)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_pipe_that_is_closed_early_is_no_traceback(server: Server, code: str, command: str) -> None:
    line = f'"{sys.executable}" -m chadchat {" ".join(arguments(command, code))} - | head -c 10 >/dev/null'
    environment = {**os.environ, "CHADCHAT_DATA": str(server.data)}

    run = subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True, check=True)

    assert "Traceback" not in run.stderr


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))


@pytest.mark.parametrize("command", COMMANDS)
def test_on_a_full_disk_the_old_file_stays(server: Server, code: str, tmp_path: Path, command: str) -> None:
    target = tmp_path / "file"
    target.write_bytes(OLD)
    environment = {**os.environ, "CHADCHAT_DATA": str(server.data)}

    run = subprocess.run(
        [sys.executable, "-m", "chadchat", *arguments(command, code), target],
        env=environment,
        preexec_fn=_small_files,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    assert run.stderr.startswith("Error: ")
    assert target.read_bytes() == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


SLOW = """
import asyncio, signal, sys, time, types
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job is started without
from chadchat.domain import export
from chadchat.storage import backup
kept = backup.copy
def copy(*given):
    kept(*given)
    print("now", file=sys.stderr, flush=True)
    time.sleep(60)
backup.copy = copy
async def sleep(seconds):
    print("now", file=sys.stderr, flush=True)
    await asyncio.sleep(60)
export.asyncio = types.SimpleNamespace(sleep=sleep)
from chadchat.cli import main
main()
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", COMMANDS)
def test_in_the_middle_it_can_be_stopped_and_the_old_file_stays(
    server: Server, code: str, tmp_path: Path, command: str, how: signal.Signals
) -> None:
    target = tmp_path / "file"
    target.write_bytes(OLD)
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, *arguments(command, code), target],
        env={**os.environ, "CHADCHAT_DATA": str(server.data)},
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stderr
        assert run.stderr.readline() == "now\n"
        run.send_signal(how)
        said = run.stderr.read()

    assert (run.returncode, said) == (1, "Error: Stopped.\n")
    assert target.read_bytes() == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_import_makes_the_database_of_a_new_folder_or_leaves_none(server: Server, code: str, tmp_path: Path) -> None:
    file, folder = tmp_path / "room.jsonl", tmp_path / "new" / "data"
    chadchat(server.data, "export", code, file)
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(file.read_bytes() + b"no event\n")

    refused = chadchat(folder, "import", bad)
    assert refused.status == 1
    assert "is not JSON" in refused.err
    assert [path.name for path in folder.iterdir()] == [LOCK_FILE]

    said = chadchat(folder, "import", file)
    assert said.status == 0, said.err
    assert chadchat(folder, "check").status == 0
    assert said.out.strip() in chadchat(folder, "rooms").out


SLOW_RESTORE = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from chadchat.storage import restore
kept = restore.copy
def copy(*given):
    kept(*given)
    print("now", file=sys.stderr, flush=True)
    time.sleep(60)
restore.copy = copy
from chadchat.cli import main
main()
"""


@pytest.fixture
def stopped(server: Server, code: str, tmp_path: Path) -> tuple[Path, Path]:
    """A data folder of a stopped server, and a backup of it."""
    folder, file = tmp_path / "stopped", tmp_path / "copy"
    assert chadchat(server.data, "backup", file).status == 0
    assert chadchat(folder, "restore", file).status == 0
    return folder, file


def _inode(folder: Path) -> tuple[int, list[str]]:
    return (folder / FILE).stat().st_ino, sorted(path.name for path in folder.iterdir() if path.name != LOCK_FILE)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_restore_that_is_stopped_leaves_the_database_that_was_there(
    stopped: tuple[Path, Path], how: signal.Signals
) -> None:
    folder, file = stopped
    before = _inode(folder)
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_RESTORE, "restore", file],
        env={**os.environ, "CHADCHAT_DATA": str(folder)},
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stderr
        assert run.stderr.readline() == "now\n"
        run.send_signal(how)
        said = run.stderr.read()

    assert (run.returncode, said) == (1, "Error: Stopped.\n")
    assert _inode(folder) == before
    assert chadchat(folder, "check").status == 0


def test_a_restore_on_a_full_disk_leaves_the_database_that_was_there(stopped: tuple[Path, Path]) -> None:
    folder, file = stopped
    before = _inode(folder)

    run = subprocess.run(
        [sys.executable, "-m", "chadchat", "restore", file],
        env={**os.environ, "CHADCHAT_DATA": str(folder)},
        preexec_fn=_small_files,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, "Traceback" in run.stderr) == (1, False)
    assert "was not restored" in run.stderr
    assert _inode(folder) == before
    assert chadchat(folder, "check").status == 0


@pytest.mark.parametrize("source", ["/dev/null", "/dev/zero", "missing", "folder", "text"])
def test_a_restore_from_what_is_no_backup_changes_nothing(
    stopped: tuple[Path, Path], tmp_path: Path, source: str
) -> None:
    folder, _ = stopped
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_bytes(OLD)
    before = _inode(folder)

    said = chadchat(folder, "restore", tmp_path / source)

    assert said.status == 1
    assert said.err.startswith("Error: ")
    assert _inode(folder) == before
