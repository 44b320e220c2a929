"""Numbered SQL files bring a database up to date, each in its own transaction. A released file is never edited.

The tables of bases follow their tables by themselves.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ..paths import folder
from ..refusal import StartupError
from .apply.bases import make_bases


def migrate(db: sqlite3.Connection, migrations: Path | None = None) -> int:
    """Apply the migrations after `PRAGMA user_version`; returns the new version. Raises StartupError for a newer
    database.
    """
    files = sorted((migrations or folder("migrations")).glob("[0-9][0-9][0-9][0-9]_*.sql"))
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(files):
        raise StartupError(
            f"This database is at version {version}, and this chadchat knows {len(files)}."
            " Install the newer chadchat that made it."
        )
    for number, file in enumerate(files[version:], start=version + 1):
        sql = file.read_text(encoding="utf-8")
        db.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;")
    make_bases(db)
    return len(files)
