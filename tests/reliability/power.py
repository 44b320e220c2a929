"""A simulated disk, with SQLite on it, whose power can be cut and whose calls can fail.

Bytes are durable only once xSync has returned. Of all other writes a random part survives a cut: any writes, in any
order, any sectors of each. The disk has no shared memory, so WAL needs `locking_mode = EXCLUSIVE` on it.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, cast

import apsw

from chadchat.storage.db import WRITER

SECTOR = 512
PATH = "/chadchat.sqlite3"

Fault = Callable[[int, str], int | None]  # (number of the call, what it does) -> the error it ends with
_numbers = itertools.count()


@dataclass
class Content:
    """What a file looks like to who reads it now, what of it is safe, and what has been written since."""

    now: bytearray = field(default_factory=bytearray)
    safe: bytearray | None = None  # None: not even the file's name is
    since: list[tuple[int, bytes | None]] = field(default_factory=list)  # (where, what), or (size, None): truncated

    def change(self, at: int, data: bytes | None) -> None:
        """Write, or truncate."""
        self.since.append((at, data))
        _change(self.now, at, data)

    def sync(self) -> None:
        """Make everything written so far safe."""
        self.safe = self.safe or bytearray()
        for at, data in self.since:
            _change(self.safe, at, data)
        self.since.clear()

    def survivor(self, random: Random) -> Content | None:
        """What is found when the power is back: what was safe, and a random part of the rest."""
        if self.safe is None and random.random() < 0.5:
            return None
        left, luck = bytearray(self.safe or b""), random.choice([0.0, 0.1, 0.5, 0.9, 1.0])
        for at, data in random.sample(self.since, len(self.since)):
            if data is None:
                if random.random() < luck:
                    _change(left, at, None)
                continue
            for start in range(0, len(data), SECTOR):
                if random.random() < luck:
                    _change(left, at + start, data[start : start + SECTOR])
        return Content(left, bytearray(left))


def _change(content: bytearray, at: int, data: bytes | None) -> None:
    if data is None:
        del content[at:]
        return
    content.extend(bytes(max(0, at - len(content))))
    content[at : at + len(data)] = data


class Disk(apsw.VFS):
    """Files in memory. `fault` may end any call with an error; once the power is `off` every call does."""

    def __init__(self, files: dict[str, Content] | None = None) -> None:
        self.vfs = f"disk{next(_numbers)}"
        super().__init__(self.vfs, "")
        self.files = files or {}
        self.calls = 0
        self.off = False
        self.fault: Fault = lambda number, what: None

    def cut(self, random: Random) -> Disk:
        """Cut the power, and switch it on again: the disk as it is then."""
        self.off = True
        found = {name: content.survivor(random) for name, content in self.files.items()}
        return Disk({name: content for name, content in found.items() if content})

    def copy(self) -> Disk:
        """Another disk with the same on it, all of it safe."""
        return Disk({name: Content(bytearray(file.now), bytearray(file.now)) for name, file in self.files.items()})

    def io(self, what: str) -> None:
        """Count a call. Raises what it ends with."""
        self.calls += 1
        error = None if self.off else self.fault(self.calls, what)
        if self.off or error:
            raise apsw.exception_for(error or apsw.SQLITE_IOERR)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> Any:  # noqa: N802 - SQLite's name
        """See SQLite's sqlite3_vfs, as the rest here."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else (name or f"temporary{next(_numbers)}")
        flags[1] = flags[0]
        return _File(self, self.files.setdefault(path, Content()))

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.io("delete")
        self.files.pop(filename, None)

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802
        return pathname in self.files

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name

    def excepthook(self, *failure: Any) -> bool:
        """A failure that SQLite met where apsw has nobody to tell: SQLite acts on it all the same."""
        return True


class _File:
    def __init__(self, disk: Disk, content: Content) -> None:
        self._disk = disk
        self._content = content

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        self._disk.io("read")
        return bytes(self._content.now[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.io("write")
        self._content.change(offset, bytes(data))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.io("truncate")
        self._content.change(newsize, None)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.io("sync")
        self._content.sync()

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._content.now)

    def xSectorSize(self) -> int:  # noqa: N802
        return 4096  # this and the next are what SQLite's own unix VFS says

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def xFileControl(self, op: int, ptr: int) -> bool:  # noqa: N802
        return False

    def xLock(self, level: int) -> None:  # noqa: N802
        """Nobody else is there."""

    xUnlock = xLock  # noqa: N815

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    excepthook = Disk.excepthook

    def xClose(self) -> None:  # noqa: N802
        """Nothing is kept but the bytes."""


class Rows:
    """A cursor of sqlite3's kind, with everything fetched."""

    def __init__(self, rows: list[tuple[Any, ...]], rowcount: int, lastrowid: int) -> None:
        self._rows = iter(rows)
        self.rowcount = rowcount
        self.lastrowid = lastrowid

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row."""
        return next(self._rows, None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows that are left."""
        return list(self._rows)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self._rows


class Connection:
    """What the writer, `apply` and `migrate` use of a sqlite3.Connection, on a Disk."""

    def __init__(self, disk: Disk) -> None:
        self._db = apsw.Connection(PATH, vfs=disk.vfs)

    @property
    def in_transaction(self) -> bool:
        """See sqlite3.Connection, as the rest here."""
        return self._db.in_transaction

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        try:
            rows = list(self._db.execute(sql, parameters))
        except apsw.Error as error:
            raise _translated(error) from error
        return Rows(rows, self._db.changes(), self._db.last_insert_rowid())

    def executescript(self, script: str) -> Rows:
        return self.execute(script)

    def close(self) -> None:
        with suppress(apsw.Error):  # sqlite3 does not say either that the last checkpoint failed
            self._db.close()


def connect(disk: Disk, checkpoint: int = 1000, **pragmas: str) -> sqlite3.Connection:
    """The writer's connection, on a disk; `pragmas` replace what chadchat sets, `checkpoint` is in pages.

    Raises sqlite3.Error.
    """
    try:
        db = Connection(disk)
    except apsw.Error as error:
        raise _translated(error) from error
    wanted = {"locking_mode": "EXCLUSIVE"} | WRITER | {"wal_autocheckpoint": str(checkpoint)} | pragmas
    for name, value in wanted.items():
        db.execute(f"PRAGMA {name} = {value}")
    return cast(sqlite3.Connection, db)


def _translated(error: apsw.Error) -> sqlite3.Error:
    kind = sqlite3.IntegrityError if isinstance(error, apsw.ConstraintError) else sqlite3.OperationalError
    same = kind(str(error))
    same.sqlite_errorcode = getattr(error, "extendedresult", apsw.SQLITE_ERROR)
    return same
