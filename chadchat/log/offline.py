"""The log while no server runs: operators' commands append through here, in one transaction."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import StorageFull
from ..events import Committed, Event
from ..storage.apply import apply
from ..storage.db import FILE, connect_reader, connect_writer, lock
from ..storage.files import Files
from ..storage.migrate import migrate
from ..storage.named import GONE


class OfflineLog:
    """The log inside a `writing` block; it is committed when the block ends. `db` reads what was appended so far."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def append(self, event: Event) -> Committed:
        """Store one event. Raises the ChatError of the rule it breaks."""
        return apply(self.db, event)


@contextmanager
def writing(folder: Path, *, new: bool = False) -> Iterator[OfflineLog]:
    """The log in `folder`, locked and brought up to date: everything that is appended inside is kept, or nothing of it.

    Raises StartupError while a server runs, DataError where there is no database, StorageFull. With `new` a database
    is made where there is none; it stays only if the block ends without an error.
    """
    file = folder / FILE
    missing = new and not os.path.lexists(file)
    if not missing:
        connect_reader(file).close()
    with closing(lock(folder)), _unless_made(missing, file), closing(connect_writer(file)) as db:
        migrate(db)
        db.execute("BEGIN IMMEDIATE")
        try:
            yield OfflineLog(db)
            db.execute("COMMIT")
            Files(folder).remove_now(id for (id,) in db.execute(GONE))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
                raise StorageFull from error
            raise
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")


@contextmanager
def _unless_made(missing: bool, file: Path) -> Iterator[None]:
    """After an error, remove a database that was missing before."""
    try:
        yield
    except BaseException:
        if missing:
            for end in ("", "-wal", "-shm"):
                Path(f"{file}{end}").unlink(missing_ok=True)
        raise
