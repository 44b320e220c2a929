"""Files: the folder with the bytes of attachments. A file is written under another name, synced, renamed, and its
folder synced, before an event names it: what an event names is there, whole.

Every step that touches the disk runs in a thread, as none of them may hold the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final

from ..refusal import StartupError
from .named import FOLDER
from .private import PRIVATE, make_folder

PART: Final = ".part"
BUFFER: Final = 256 * 1024  # bytes gathered in memory before a thread writes them
ID: Final = re.compile("[0-9a-f]{32}", re.ASCII)
_OURS: Final = re.compile(r"([0-9a-f]{32})(\.[0-9]+\.webp)?(\.part)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reencoded:
    """What a picture is on the disk: its width and height, and of its largest file the bytes and their SHA-256; and the
    bytes of all its files.
    """

    width: int
    height: int
    size: int
    sha256: str
    on_disk: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is on the disk: its id; as it was sent, its bytes, their SHA-256 in hexadecimal digits, and the first
    of them; and what it is instead, if it is a picture that was encoded anew.
    """

    id: str
    size: int
    sha256: str
    head: bytes = b""
    picture: Reencoded | None = None


class Files:
    """The folder `files` of a data folder; it is made with the first file."""

    def __init__(self, data: Path) -> None:
        self.folder = data / FOLDER

    def begin(self) -> Part:
        """A file to be written: `async with files.begin() as part`. Left without `finish`, nothing stays of it."""
        return Part(self, secrets.token_hex(16))

    def path(self, id: str, suffix: str = "") -> Path:
        """Where the bytes of a file are, or with a suffix (`.800.webp`) those of a picture made of it. Raises
        ValueError for what is no id.
        """
        if not ID.fullmatch(id):
            raise ValueError(id)
        return self.folder / id[:2] / f"{id}{suffix}"

    async def remove(self, ids: Iterable[str]) -> None:
        """Delete the bytes of files, and all that was made of them. What is not there is no error."""
        await asyncio.to_thread(self.remove_now, list(ids))

    async def sweep(self, lives: Callable[[str], bool], *, older: float | None = None, since: float = 0.0) -> int:
        """Delete what has an id that does not live, or of that only what is older than so many seconds, and nothing
        that is older than the time `since`; returns how many it deleted.
        """
        return await asyncio.to_thread(self._sweep, lives, older, since)

    async def count_missing(self, ids: Iterable[str]) -> int:
        """How many of these files have no bytes."""
        return await asyncio.to_thread(lambda: sum(not self._is_there(id) for id in ids))

    def require_usable(self) -> None:
        """Take the rights of group and others from a folder that is there. Raises StartupError if it cannot be used."""
        found = os.path.lexists(self.folder)
        if found and not (self.folder.is_dir() and os.access(self.folder, os.R_OK | os.W_OK | os.X_OK)):
            raise StartupError(
                f"Cannot use {self.folder}, which has the files of messages:"
                " it must be a folder that this user may read and write in."
            )
        if found:
            with contextlib.suppress(OSError):  # only its owner can
                self.folder.chmod(self.folder.stat().st_mode & 0o700)

    def settle(self, part: Path, path: Path) -> None:
        """Give a part its name, durably. Runs in a thread. Raises OSError."""
        with open(part, "rb") as written:
            os.fsync(written.fileno())
        part.replace(path)
        sync_folder(path.parent)

    def make(self, path: Path) -> None:
        """Make the folder of a file, durably. Raises OSError."""
        if not path.parent.exists():
            make_folder(path.parent)
            sync_folder(self.folder)
            sync_folder(self.folder.parent)

    def remove_now(self, ids: Iterable[str]) -> None:
        """The same without an event loop."""
        for id in ids:
            path = self.path(id)
            with contextlib.suppress(FileNotFoundError):
                for found in path.parent.iterdir():
                    if found.name.startswith(id):
                        found.unlink(missing_ok=True)

    def _is_there(self, id: str) -> bool:
        path = self.path(id)
        return path.exists() or any(path.parent.glob(f"{id}.*.webp"))

    def _sweep(self, lives: Callable[[str], bool], older: float | None, since: float) -> int:
        count, before = 0, float("inf") if older is None else time.time() - older
        for path in self.folder.glob("??/*"):
            named = _OURS.fullmatch(path.name)
            with contextlib.suppress(FileNotFoundError):
                if named and (named[3] or not lives(named[1])) and since <= path.stat().st_mtime < before:
                    path.unlink()
                    count += 1
        return count


class Part:
    """A file that is being written, as an async context manager."""

    def __init__(self, files: Files, id: str) -> None:
        self.id = id
        self.size = 0
        self._files = files
        self._to = files.path(id)
        self.path = files.path(id, PART)
        self._hash = hashlib.sha256()
        self._buffer = bytearray()
        self._file: IO[bytes] | None = None
        self._head = b""
        self._finished = False

    async def __aenter__(self) -> Part:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._finished:
            await self.discard()

    async def write(self, data: bytes) -> None:
        """Add bytes to the file. Raises OSError."""
        self.size += len(data)
        self._buffer += data
        if len(self._buffer) >= BUFFER:
            await self._in_thread(self._flush)

    async def finish(self) -> Stored:
        """Put the file under its id, durably. Raises OSError."""
        await self._in_thread(self._settle)
        self._finished = True
        return Stored(self.id, self.size, self._hash.hexdigest(), self._head)

    async def whole(self) -> bytes:
        """End the writing, and leave the file as a part that can be read; its first bytes. Raises OSError."""
        await self._in_thread(self._complete)
        return self._head

    async def finish_as(self, picture: Reencoded, made: Mapping[Path, str]) -> Stored:
        """Put parts that were made of this file under its id, durably, each with its suffix. The file itself goes.
        Raises OSError.
        """

        def settle() -> None:
            for part, suffix in made.items():
                self._files.settle(part, self._files.path(self.id, suffix))
            self.path.unlink()

        await self._in_thread(settle)
        self._finished = True
        return Stored(self.id, self.size, self._hash.hexdigest(), self._head, picture)

    async def discard(self) -> None:
        """Leave nothing of the file, and nothing that was made of it."""
        await self._in_thread(self._discard)

    async def _in_thread(self, step: Callable[[], None]) -> None:
        """Run a step to its end, also where the caller is cancelled meanwhile: the next step must not overtake it."""
        running = asyncio.get_running_loop().run_in_executor(None, step)
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.gather(running, return_exceptions=True)
            raise

    def _flush(self) -> None:
        if self._file is None:
            self._files.make(self.path)
            self._file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb")
        data, self._buffer = self._buffer, bytearray()
        self._head = self._head or bytes(data[:BUFFER])
        self._hash.update(data)
        self._file.write(data)

    def _complete(self) -> None:
        if self._file is None or not self._file.closed:
            self._flush()
            self._close()

    def _settle(self) -> None:
        self._complete()
        self._files.settle(self.path, self._to)

    def _close(self) -> None:
        if self._file:
            self._file.close()

    def _discard(self) -> None:
        with contextlib.suppress(OSError):  # what is left is swept
            self._close()
            self._files.remove_now([self.id])


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
