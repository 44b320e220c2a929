"""Connections to the one SQLite file: one that writes, a few that only read, and the lock that keeps other processes
out.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote

import aiosqlite

from .errors import DataError, StartupError

FILE: Final = "chadchat.sqlite3"  # in the data folder

# Reads are short (a page of history); four keep two cores busy while one waits for the disk.
READERS: Final = 4

# What the writing connection sets. FULL is what makes a commit outlive a cut of the power: NORMAL does not
# (tests/reliability/test_p01_acknowledged_is_never_lost.py).
WRITER: Final = {"journal_mode": "WAL", "synchronous": "FULL", "foreign_keys": "ON", "busy_timeout": "5000"}

Row = tuple[Any, ...]
Parameters = Sequence[Any] | Mapping[str, Any]


def connect_writer(path: Path) -> sqlite3.Connection:
    """The only connection that writes and checkpoints: SQLite before 3.51.3 can corrupt a WAL that has two (DESIGN
    6).
    """
    db = sqlite3.connect(path, isolation_level=None)
    try:
        for name, value in WRITER.items():
            db.execute(f"PRAGMA {name} = {value}")
    except BaseException:  # whatever it was goes on; nobody else could close this
        db.close()
        raise
    return db


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads, beside a running server or without one. Raises DataError where there is no file."""
    if not path.is_file():
        raise DataError(f"There is no database {path}. Name its folder with --data.")
    db = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)
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
        """Open the readers of an existing database."""
        return cls([await _connect_reader(path) for _ in range(READERS)])

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


async def _connect_reader(path: Path) -> aiosqlite.Connection:
    reader = await aiosqlite.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    await reader.execute("PRAGMA query_only = ON")
    await reader.execute("PRAGMA busy_timeout = 5000")
    return reader


def lock(folder: Path) -> IO[str]:
    """Make the data folder and hold it for this process; keep the file open as long as the database is.

    Raises StartupError when another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = open(folder / "chadchat.lock", "a+", encoding="ascii")  # noqa: SIM115 - open as long as the lock is held
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        owner = file.read().strip() or "?"
        file.close()
        raise StartupError(
            f"Another chadchat (process {owner}) is using {folder}."
            " Stop it first, or start this one with another --data."
        ) from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
