"""Restore: replaces the database by a backup. Every reader has to start over."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ..events import Event, draw_epoch, now
from ..refusal import DataError
from .apply import apply
from .backup import Contents, Progress, copy, silent, verify
from .carry import Carried, carry
from .copies import Copies, beside, bring_back, copying
from .db import FILE, connect_reader, connect_writer, lock
from .migrate import migrate
from .named import FOLDER, named
from .output import publish_file, uninterrupted
from .search import drop


@dataclass(frozen=True, slots=True)
class Restored:
    """The result: the contents now, and the path of the replaced database (None: there was none).

    `carried` is None if the replaced database could not be read, `newest` is the time of the backup's newest event.
    `lost` is how many of its files are neither whole in the folder beside the backup nor in the data folder.
    """

    contents: Contents
    replaced: Path | None
    carried: Carried | None
    messages: int
    newest: str | None
    lost: int = 0


def restore(folder: Path, backup: Path, progress: Progress = silent) -> Restored:
    """Put a backup in place of the database in `folder`, which is kept under another name.

    Raises StartupError while a server runs, and DataError for a backup that is not whole; then nothing has changed.
    """
    if not backup.is_file():
        raise DataError(f"There is no file {backup}.")
    held = lock(folder)
    part = folder / f"{FILE}.restoring"
    try:
        verify(backup)
        with closing(connect_reader(backup)) as source:
            copy(source, part, progress)
        messages, newest = _age(part)
        carried = _renew(part, folder / FILE)
        contents = verify(part)
        replaced = _free_name(folder / FILE)
        with copying(folder / FOLDER) as copies, closing(connect_reader(part)) as db:
            lost = bring_back(named(db), beside(backup), copies)
            with copying(beside(replaced)) as kept, uninterrupted():
                _keep_files(folder, kept)
                drop(folder)  # of what is replaced: the server makes it anew
                there = _exchange(part, folder / FILE, replaced)
        return Restored(contents, replaced if there else None, carried, messages, newest, lost)
    except (sqlite3.Error, OSError) as error:
        raise DataError(f"{backup} was not restored: {error}.") from error
    finally:
        for end in ("", "-journal"):
            Path(f"{part}{end}").unlink(missing_ok=True)
        held.close()


def _age(file: Path) -> tuple[int, str | None]:
    """The number of messages in a backup, and the time of its newest event."""
    with closing(connect_reader(file)) as db:
        (messages,) = db.execute("SELECT count(*) FROM log WHERE kind = 'message'").fetchone()
        return messages, db.execute("SELECT max(last_at) FROM rooms").fetchone()[0]


def _renew(file: Path, replaced: Path) -> Carried | None:
    """Give every room a new epoch, as readers may have seen later events. Then carry over bans and the like."""
    used = _epochs(replaced)
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("PRAGMA secure_delete = ON")  # removed words go from this file, too
        migrate(db)
        db.execute("BEGIN IMMEDIATE")
        for code, epoch in db.execute("SELECT code, epoch FROM rooms ORDER BY id").fetchall():
            fresh = draw_epoch()
            while fresh in used or fresh == epoch:
                fresh = draw_epoch()
            event = Event(room=code, kind="room", at=now(), changes={"restored": True}, detail={"epoch": fresh})
            apply(db, event)
        carried = _carry(replaced, db)
        db.execute("COMMIT")
        return carried


def _carry(replaced: Path, db: sqlite3.Connection) -> Carried | None:
    """Carry over from the replaced database. None, and without any change, if it cannot be read."""
    if not replaced.exists():
        return Carried()
    db.execute("SAVEPOINT carry")
    try:
        with closing(connect_reader(replaced)) as old:
            old.execute("BEGIN")
            return carry(old, db)
    except (sqlite3.Error, DataError, OSError, ValueError, TypeError, LookupError):
        db.execute("ROLLBACK TO carry")
        return None
    finally:
        db.execute("RELEASE carry")


def _epochs(database: Path) -> set[str]:
    """The epochs that readers may have cursors of, as far as the database can be read."""
    with contextlib.suppress(sqlite3.Error, DataError), closing(connect_reader(database)) as db:
        return {epoch for (epoch,) in db.execute("SELECT epoch FROM rooms")}
    return set()


def _free_name(database: Path) -> Path:
    """The path that the replaced database gets."""
    return database.with_name(f"{FILE}.replaced-{now().replace(':', '').replace('.', '')}")


def _keep_files(folder: Path, kept: Copies) -> None:
    """Put the files of the replaced database beside it, as far as it can be read, so that it is a backup, too."""
    with contextlib.suppress(sqlite3.Error, DataError, ValueError), closing(connect_reader(folder / FILE)) as old:
        kept.take(named(old), folder / FOLDER)


def _exchange(part: Path, database: Path, replaced: Path) -> bool:
    """Replace the database, and return whether there was one, which is under its new path then. At every moment there
    is a database, and never with the write-ahead log of another.
    """
    if not database.exists():
        publish_file(part, database)
        return False
    with contextlib.suppress(sqlite3.Error), closing(connect_writer(database)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.link(database, replaced)
    log, shared = (database.with_name(f"{FILE}{end}") for end in ("-wal", "-shm"))
    moved = Path(f"{replaced}-wal") if log.exists() else None
    if moved:
        log.rename(moved)
    shared.unlink(missing_ok=True)
    try:
        publish_file(part, database)
    except OSError:
        if database.samefile(replaced):  # not replaced: put its log back, and remove its second name
            if moved:
                moved.rename(log)
            replaced.unlink()
        raise
    return True
