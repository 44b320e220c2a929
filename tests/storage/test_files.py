"""The folder of files: a file is there whole or not at all, and nothing that is not named stays."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from pathlib import Path

import pytest

from chadchat.storage.files import BUFFER, Files, Part


def there(files: Files) -> set[str]:
    return {path.name for path in files.folder.rglob("*") if path.is_file()}


async def test_a_file_is_stored_under_its_id_with_its_size_and_hash(tmp_path: Path) -> None:
    files, said = Files(tmp_path), os.urandom(BUFFER + 5)

    async with files.begin() as part:
        await part.write(said[:100])
        await part.write(said[100:])
        stored = await part.finish()

    assert files.path(stored.id).read_bytes() == said
    assert (stored.size, stored.sha256) == (len(said), hashlib.sha256(said).hexdigest())
    assert there(files) == {stored.id}
    assert (files.path(stored.id).stat().st_mode & 0o777, files.folder.stat().st_mode & 0o777) == (0o600, 0o700)


async def test_of_a_file_that_was_not_finished_nothing_stays(tmp_path: Path) -> None:
    files = Files(tmp_path)

    async with files.begin() as part:
        await part.write(b"x" * BUFFER)
        assert there(files) == {f"{part.id}.part"}

    assert there(files) == set()


async def test_a_cut_in_the_middle_of_a_write_leaves_nothing(tmp_path: Path) -> None:
    files, began = Files(tmp_path), asyncio.Event()

    async def upload() -> None:
        async with files.begin() as part:
            began.set()
            while True:
                await part.write(b"x" * BUFFER)

    task = asyncio.create_task(upload())
    await began.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert there(files) == set()


async def stored(files: Files) -> str:
    async with files.begin() as part:
        await part.write(b"x")
        return (await part.finish()).id


async def test_what_was_made_of_a_file_goes_with_it(tmp_path: Path) -> None:
    files = Files(tmp_path)
    id, other = await stored(files), await stored(files)
    files.path(id, ".800.webp").write_bytes(b"x")

    await files.remove([id, "0" * 32])

    assert there(files) == {other}


async def test_a_sweep_deletes_what_does_not_live_and_is_old(tmp_path: Path) -> None:
    files = Files(tmp_path)
    lives, dead, fresh = [await stored(files) for _ in range(3)]
    part: Part = files.begin()
    await part.write(b"x" * BUFFER)
    foreign = files.folder / "ab" / "notes"
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_bytes(b"x")
    old = time.time() - 3601
    for path in (files.path(lives), files.path(dead), part.path, foreign):
        os.utime(path, (old, old))

    assert await files.sweep({lives}.__contains__, older=3600) == 2
    assert there(files) == {lives, fresh, "notes"}

    assert await files.sweep({lives}.__contains__) == 1
    assert there(files) == {lives, "notes"}
    await part.discard()


def test_only_an_id_leads_into_the_folder(tmp_path: Path) -> None:
    for id in ("../../etc/passwd", "", "A" * 32, "a" * 31):
        with pytest.raises(ValueError, match=f"^{id}$"):
            Files(tmp_path).path(id)
