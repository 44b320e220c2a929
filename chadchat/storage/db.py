"""Connections to the one SQLite file: one that writes, a few that only read, and the lock that keeps other processes
out.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote

import aiosqlite

from ..refusal import DataError, StartupError
from .private import PRIVATE, keep_private, make_folder, make_private, ours

FILE: Final = "chadchat.sqlite3"  # in the data folder
LOCK_FILE: Final = "chadchat.lock"  # beside it; holds the number of the process

# Reads are short (a page of history); four keep two cores busy while one waits for the disk.
READERS: Final = 4

# The settings of the writing connection. Only FULL makes a commit survive a power cut, NORMAL does not
# (tests/reliability/test_p01_acknowledged_is_never_lost.py). secure_delete writes zeros over deleted rows. Its FAST,
# the default of some systems, does not overwrite the overflow pages of long rows.
WRITER: Final = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "busy_timeout": "5000",
    "secure_delete": "ON",
}

Row = tuple[Any, ...]
Parameters = Sequence[Any] | Mapping[str, Any]


def connect_writer(path: Path) -> sqlite3.Connection:
    """The only connection that writes and checkpoints: SQLite before 3.51.3 can corrupt a WAL that has two.

    The file is made if it is not there, and is its owner's alone; those that SQLite puts beside it take its mode.
    """
    if not path.exists():
        make_private(path)
    db = sqlite3.connect(path, isolation_level=None)
    try:
        for name, value in WRITER.items():
            db.execute(f"PRAGMA {name} = {value}")
    except BaseException:  # the error goes on; nobody else has this connection to close
        db.close()
        raise
    return db


def connect_reader(path: Path, *, one_thread: bool = True) -> sqlite3.Connection:
    """A connection that only reads, beside a running server or without one. Raises DataError where there is no file."""
    if not path.is_file():
        raise DataError(f"There is no database {path}. Name its folder with --data.")
    db = sqlite3.connect(_read_only(path), uri=True, isolation_level=None, check_same_thread=one_thread)
    db.execute("PRAGMA query_only = ON")
    db.execute("PRAGMA busy_timeout = 5000")
    return db


class Database:
    """Reading connections. A query takes one, fetches everything, and gives it back: no read transaction outlives its
    call.
    """

    def __init__(self, connections: Sequence[aiosqlite.Connection]) -> None:
        self._connections = connections
        self._free: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        for connection in connections:
            self._free.put_nowait(connection)

    @classmethod
    async def open(cls, path: Path) -> Database:
        """Open the readers of an existing database: all of them, or none stays open."""
        async with AsyncExitStack() as opened:
            readers = []
            for _ in range(READERS):
                reader = await aiosqlite.connect(_read_only(path), uri=True)
                opened.push_async_callback(reader.close)
                await reader.execute("PRAGMA query_only = ON")
                await reader.execute("PRAGMA busy_timeout = 5000")
                readers.append(reader)
            opened.pop_all()
        return cls(readers)

    async def all(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Every row of a query."""
        async with self._reader() as reader:
            return list(await reader.execute_fetchall(sql, parameters))  # type: ignore[arg-type]

    async def one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row of a query, or None."""
        rows = await self.all(sql, parameters)
        return rows[0] if rows else None

    async def close(self) -> None:
        """Close the readers; their threads would keep the process alive."""
        for connection in self._connections:
            await connection.close()

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[aiosqlite.Connection]:
        reader = await self._free.get()
        try:
            yield reader
        finally:
            self._free.put_nowait(reader)


def _read_only(path: Path) -> str:
    """The URI that opens a database for reading (https://sqlite.org/uri.html).

    Its authority is empty, or the first of two leading slashes would begin one; a name need not be UTF-8.
    """
    return f"file://{quote(os.fsencode(path.absolute()))}?mode=ro{_still(path)}"


def _still(path: Path) -> str:
    """The option `immutable` for a database that cannot change: its folder is read-only for this user and has no
    write-ahead log, so that no server runs. Without the option SQLite would try to create one.
    """
    folder = path.absolute().parent
    return "" if os.access(folder, os.W_OK) or os.path.lexists(f"{path}-wal") else "&immutable=1"


def lock(folder: Path) -> IO[bytes]:
    """Make the data folder if needed, and lock it for this process; keep the file open as long as the database is open.
    Existing files of chadchat lose all rights of group and others.

    Raises StartupError when another process holds it, or the folder or the file cannot be used.
    """
    try:
        make_folder(folder)
        file = os.fdopen(os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, PRIVATE), "r+b", buffering=0)
        for path in ours(folder):
            keep_private(path)
    except OSError as error:
        raise StartupError(
            f"Cannot use the data folder {folder}: {error}."
            " It must be a folder that this user may write in, on a disk with room; choose another with --data."
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Write before truncating: on a full disk existing bytes can be replaced, but new ones might not be available.
        file.truncate(file.write(b"%d" % os.getpid()))
    except BlockingIOError as error:
        owner = file.read(20).decode("ascii", "replace").strip() or "?"
        file.close()
        raise StartupError(
            f"Another chadchat (process {owner}) is using {folder}."
            " Stop it first, or start this one with another --data."
        ) from error
    except OSError as error:
        file.close()
        raise StartupError(f"Cannot lock {folder / LOCK_FILE}: {error}.") from error
    return file
