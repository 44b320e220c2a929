"""`chadchat serve` with a log that commits to the disk only now and then: the tests must notice the loss."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from chadchat.cli import main
from chadchat.storage.db import WRITER

EVERY = 25  # commits


class Lazy(sqlite3.Connection):
    """Leaves most transactions open, and lets the next go on in them, from the first message on."""

    asked = 0
    talking = False

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:  # type: ignore[override]
        """See sqlite3.Connection."""
        if sql.startswith("BEGIN") and self.in_transaction:
            return self.cursor()
        if sql.startswith("INSERT INTO log") and parameters[2] == "message":
            self.talking = True
        if sql == "COMMIT" and self.talking:
            self.asked += 1
            if self.asked % EVERY:
                return self.cursor()
        return super().execute(sql, parameters)


def connect(path: Path) -> sqlite3.Connection:
    """See db.connect_writer."""
    db = sqlite3.connect(path, isolation_level=None, factory=Lazy)
    for name, value in WRITER.items():
        db.execute(f"PRAGMA {name} = {value}")
    return db


if __name__ == "__main__":
    with patch("chadchat.log.local.connect_writer", connect):
        main()
