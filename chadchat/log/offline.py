"""The log while no server runs: operators' commands write through here, in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import StorageFull
from ..storage.db import FILE, connect_reader, connect_writer, lock
from ..storage.migrate import migrate


@contextmanager
def writing(folder: Path) -> Iterator[sqlite3.Connection]:
    """The database in `folder`, locked and brought up to date: all that happens inside is kept, or nothing of it.

    Raises StartupError while a server runs, DataError where there is no database, StorageFull.
    """
    connect_reader(folder / FILE).close()
    with closing(lock(folder)), closing(connect_writer(folder / FILE)) as db:
        migrate(db)
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
                raise StorageFull from error
            raise
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
