"""Backup: a copy of the running database, checked before it gets its name."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from ..events import now
from ..refusal import DataError
from .copies import Copies, beside, copying
from .db import FILE, connect_reader
from .named import FOLDER, named
from .output import is_stdout, publish_file, replacing, write_out
from .private import make_private, require_replaceable

NOTE: Final = "last-backup.json"
_PAGES: Final = 2048  # pages copied between two reports of the progress
_TRIES: Final = 20  # times that a file goes between the moment that is copied and the copy of the file

# Each room's log has every event from its tail to its head. Below the tail are events that a prune cut off and that are
# not removed yet; `check` looks at those.
_GAPS: Final = """
    SELECT code, head, tail, count(seq), coalesce(max(seq), 0)
    FROM rooms LEFT JOIN log ON log.room = rooms.id AND seq >= tail
    GROUP BY rooms.id HAVING count(seq) != head - tail + 1 OR max(seq) != head
"""

Progress = Callable[[int, int], None]
"""Told how much is done, of how much."""


def silent(done: int, total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The number of rooms, events and files in a database, and how many of the files a backup of it lacks."""

    rooms: int
    events: int
    files: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Made:
    """The note about the last backup, which is stored beside the database."""

    file: str
    at: str


def back_up(folder: Path, target: Path, progress: Progress = silent) -> Contents:
    """Copy the database in `folder` to `target`, and its files to the folder beside it, whether a server runs or not.
    They hold everything that was answered before this began. Raises DataError; then both are what they were before.
    """
    connect_reader(folder / FILE).close()
    try:
        if is_stdout(target):
            with tempfile.TemporaryDirectory(prefix="chadchat-") as own:
                contents = _copy_whole(folder, Path(own) / FILE, progress)
                write_out(Path(own) / FILE)
            return replace(contents, missing=contents.files)
        require_replaceable(folder, target)
        with copying(beside(Path(os.path.realpath(target)))) as copies, replacing(folder, target) as part:
            contents = _copy_whole(folder, part, progress, copies)
        with closing(connect_reader(target)) as db:
            copies.keep_only(named(db))
        with contextlib.suppress(OSError):  # the backup is made, also if the folder cannot be written
            _remember(folder, target)
    except BrokenPipeError:  # nobody reads the standard output
        raise
    except (sqlite3.Error, OSError) as error:
        is_old = os.path.lexists(target)
        left = "There is no new backup" if is_old else "There is no backup"
        raise DataError(f"{left} at {target}: {error}. Nothing was changed.") from error
    return contents


def _copy_whole(folder: Path, part: Path, progress: Progress, copies: Copies | None = None) -> Contents:
    with closing(connect_reader(folder / FILE)) as source:
        if copies:
            copies.take(named(source), folder / FOLDER)  # most of them, before the moment that is copied
        copy(source, part, progress, lambda: copies is not None and copies.take(named(source), folder / FOLDER))
    return replace(verify(part), missing=len(copies.missing) if copies else 0)


def copy(
    source: sqlite3.Connection, target: Path, progress: Progress = silent, again: Callable[[], bool] = lambda: False
) -> None:
    """Copy one state of `source` into a new file, which only its owner may read, as it holds all messages.

    `again` is called with that state to read: if it is True, a newer one is copied.
    """
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(target, isolation_level=None)) as made:
        # Without a transaction the copy would start over after each post.
        for left in reversed(range(_TRIES)):
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if not again() or not left:
                break
            source.execute("ROLLBACK")
        source.backup(made, pages=_PAGES, progress=lambda status, left, total: progress(total - left, total))
        source.execute("ROLLBACK")
        made.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it


def verify(file: Path) -> Contents:
    """The contents of a database, after SQLite's own check and a check of each room's log. Raises DataError."""
    try:
        with closing(connect_reader(file)) as db:
            (found,) = db.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok":
                raise DataError(f"{file} is damaged: {found}.")
            for code, head, tail, count, last in db.execute(_gaps(db)):
                raise DataError(
                    f"{file} is not whole: {code} should have events {tail} to {head}, and has {count} up to {last}."
                )
            (rooms,), (events,) = (db.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("rooms", "log"))  # noqa: S608
            files = sum(1 for _ in named(db))
    except sqlite3.Error as error:
        raise DataError(f"{file} is no database of chadchat's: {error}.") from error
    return Contents(rooms, events, files)


def newest(folder: Path) -> Made | None:
    """The last backup of the database in `folder`; None if it is not in its place any more."""
    try:
        made = Made(**json.loads((folder / NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return made if Path(made.file).is_file() else None


def way_out(folder: Path) -> str:
    """A sentence that says what to do about a damaged database."""
    made = newest(folder)
    if made is None:
        return "No backup of it is known here. If you have one: chadchat restore FILE"
    return (
        f"The newest backup is of {made.at}. To go back to it, stop the server and type: chadchat restore {made.file}"
    )


def _remember(folder: Path, target: Path) -> None:
    part = folder / f"{NOTE}.part"
    make_private(part)
    part.write_text(json.dumps(asdict(Made(str(target.absolute()), now()))), encoding="utf-8")
    publish_file(part, folder / NOTE)


def _gaps(db: sqlite3.Connection) -> str:
    """The query, also for old databases without the column `tail`."""
    columns = {row[1] for row in db.execute("PRAGMA table_info(rooms)")}
    return _GAPS if "tail" in columns else _GAPS.replace("tail", "1")
