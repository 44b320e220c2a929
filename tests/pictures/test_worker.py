"""The worker process: what a picture can do to it costs that upload only, and it ends with the server."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image

from chadchat.pictures.limits import Limits
from chadchat.pictures.process import Picture
from chadchat.pictures.reencoder import PictureInvalid, Reencoder

from ..waiting import until, wait_until
from .conftest import Darkroom
from .making import coloured, encoded, many_frames, noise

GOOD = encoded(coloured(20, 20), "PNG")
ROOT = Path(__file__).parents[2]
LONG = many_frames(240, 800, 500)  # small, and takes two seconds
SERVER = """
import asyncio, sys
from pathlib import Path
from chadchat.pictures.reencoder import Reencoder

async def serve():
    reencoder = Reencoder()
    folder = Path(sys.argv[1])
    await reencoder.reencode(folder / "good", folder / "made")
    while Path(f"/proc/{reencoder.pid}/task/{reencoder.pid}/children").read_text():
        await asyncio.sleep(0.01)
    print(reencoder.pid, flush=True)
    await reencoder.reencode(folder / "long", folder / "made")

asyncio.run(serve())
"""


@asynccontextmanager
async def darkroom(folder: Path, limits: Limits | None = None, **more: float) -> AsyncIterator[Darkroom]:
    made = Darkroom(Reencoder(limits, **more), folder)
    try:
        yield made
    finally:
        await made.reencoder.close()


def state(pid: int) -> str:
    """The letter of a process's state; none once it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def is_over(pid: int) -> bool:
    return state(pid) in ("", "Z")


def used(pid: int) -> int:
    """The CPU that a process has used so far, in hundredths of a second."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def forked(pid: int) -> list[int]:
    """The processes that the threads of a process have started."""
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(one) for thread in threads for one in thread.read_text().split()]


async def at_work(room: Darkroom) -> tuple[asyncio.Task[Picture], int, int]:
    """An upload that takes long, the worker, and the process that it has forked for it."""
    await room.reencode(GOOD)
    for name in room.left:
        (room.folder / name).unlink()
    worker = room.reencoder.pid
    assert worker
    await until(lambda: forked(worker) == [])
    busy = asyncio.create_task(room.reencode(LONG))
    await until(lambda: forked(worker) != [])
    return busy, worker, forked(worker)[0]


async def test_the_worker_starts_with_the_first_picture_and_ends_after_the_last(tmp_path: Path) -> None:
    async with darkroom(tmp_path, idle=0.3) as room:
        assert room.reencoder.pid is None
        await room.reencode(GOOD)
        worker = room.reencoder.pid
        assert worker
        await room.reencode(GOOD)
        assert room.reencoder.pid == worker

        await until(lambda: room.reencoder.pid is None)
        await until(lambda: state(worker) == "")  # and was waited for

        await room.reencode(GOOD)
        assert room.reencoder.pid not in (None, worker)


async def test_a_worker_has_no_environment_no_folder_and_no_descriptor_of_the_server(tmp_path: Path) -> None:
    async with darkroom(tmp_path) as room:
        await room.reencode(GOOD)
        worker = Path(f"/proc/{room.reencoder.pid}")

        assert (worker / "environ").read_bytes() == b""
        assert (worker / "cwd").readlink() == Path("/")
        opened = [str(one.readlink()) for one in (worker / "fd").iterdir()]
        assert len(opened) == 3
        assert {name.partition("[")[0] for name in opened} == {"socket:", "/dev/null"}
        assert (worker / "oom_score_adj").read_text() == "1000\n"


async def test_while_a_picture_is_decoded_nothing_can_be_opened_or_started(tmp_path: Path) -> None:
    async with darkroom(tmp_path) as room:
        busy, _, child = await at_work(room)
        limits = Path(f"/proc/{child}/limits")
        await until(lambda: "Max open files            0 " in limits.read_text())
        lines = await asyncio.to_thread(lambda: limits.read_text().splitlines())
        said = {" ".join(line[:26].split()): line[26:].split()[:2] for line in lines}
        busy.cancel()
        with pytest.raises(asyncio.CancelledError):
            await busy

    for name in ("open files", "processes", "file size", "core file size"):
        assert said[f"Max {name}"] == ["0", "0"]
    assert said["Max cpu time"] == ["20", "20"]
    assert said["Max address space"] == [str(1 << 30)] * 2


async def test_a_crash_costs_one_upload(tmp_path: Path) -> None:
    async with darkroom(tmp_path) as room:
        busy, worker, child = await at_work(room)
        os.kill(child, signal.SIGSEGV)

        with pytest.raises(PictureInvalid):
            await busy
        assert room.left == []
        assert state(worker) == ""

        assert await room.reencode(GOOD)


async def test_a_worker_that_was_ended_while_it_was_idle_costs_none(tmp_path: Path) -> None:
    async with darkroom(tmp_path) as room:
        await room.reencode(GOOD)
        worker = room.reencoder.pid
        assert worker
        os.kill(worker, signal.SIGKILL)
        await until(lambda: is_over(worker))

        assert await room.reencode(GOOD)


async def test_a_worker_that_hangs_is_ended(tmp_path: Path) -> None:
    async with darkroom(tmp_path) as room:
        await room.reencode(GOOD)
        worker = room.reencoder.pid
        assert worker
        os.kill(worker, signal.SIGSTOP)
        room.reencoder.patience = 0.3

        with pytest.raises(PictureInvalid):
            await room.reencode(GOOD)

        assert state(worker) == ""
        assert room.reencoder.pid is None


@pytest.mark.parametrize(
    ("limits", "uploaded"),
    [
        (Limits(cpu=1), LONG),
        (Limits(memory=60 << 20), encoded(Image.new("RGB", (4000, 3000)), "PNG")),
    ],
    ids=["cpu", "memory"],
)
async def test_a_picture_over_a_limit_is_refused_and_the_next_is_taken(
    tmp_path: Path, limits: Limits, uploaded: bytes
) -> None:
    async with darkroom(tmp_path, limits) as room:
        with pytest.raises(PictureInvalid):
            await room.reencode(uploaded)

        assert room.left == []
        assert await room.reencode(GOOD)


async def test_an_upload_that_is_given_up_leaves_nothing_and_disturbs_no_other(tmp_path: Path) -> None:
    async with darkroom(tmp_path) as room:
        given_up, _, _ = await at_work(room)
        source = tmp_path / "second"
        source.write_bytes(GOOD)
        waiting = asyncio.create_task(room.reencoder.reencode(source, tmp_path / "other"))
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up

        assert [one.path.name for one in (await waiting).files] == ["other.800.webp.part"]
        assert room.left == ["other.800.webp.part", "second"]


async def test_the_loop_goes_on_while_a_picture_is_re_encoded(tmp_path: Path) -> None:
    async with darkroom(tmp_path) as room:
        busy = asyncio.create_task(room.reencode(encoded(noise(1000, 800), "JPEG")))
        turns = 0
        while not busy.done():
            await asyncio.sleep(0)
            turns += 1

        assert (await busy).files
        assert turns > 100  # it has two threads to wait for, which are ten turns at most


async def test_after_the_end_a_picture_is_refused_and_no_worker_starts(tmp_path: Path) -> None:
    async with darkroom(tmp_path) as room:
        await room.reencoder.close()

        with pytest.raises(PictureInvalid):
            await room.reencode(GOOD)

        assert room.reencoder.pid is None


async def test_the_end_does_not_wait_for_a_picture(tmp_path: Path) -> None:
    async with darkroom(tmp_path) as room:
        busy, worker, child = await at_work(room)

        await room.reencoder.close()

        with pytest.raises(PictureInvalid):
            await busy
        assert state(worker) == ""
        await until(lambda: is_over(child))


def test_nothing_of_the_worker_outlives_a_server_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(GOOD)
    (tmp_path / "long").write_bytes(LONG)
    command = [sys.executable, "-c", SERVER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        worker = int(server.stdout.readline())
        wait_until(lambda: forked(worker) != [])
        [child] = forked(worker)
        wait_until(lambda: used(child) > 20)  # it decodes

        server.kill()

        seen = [used(child)]
        while not is_over(child):
            seen.append(used(child))
        assert max(seen) < 100  # it did not go on to its end
        wait_until(lambda: is_over(worker))


def test_without_pillow_nothing_is_re_encoded(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['PIL'] = None\nfrom chadchat.pictures import reencoder\nprint(reencoder.available())"
    )
    said = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)

    assert said == "False\n"
