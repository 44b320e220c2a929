"""Migrations: applied forward, once, and never to a newer database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from chadchat.refusal import StartupError
from chadchat.storage.migrate import migrate


def test_a_fresh_database_is_brought_up_to_date_once() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)

    assert migrate(db) == migrate(db) >= 1
    assert db.execute("PRAGMA user_version").fetchone() == (migrate(db),)
    db.close()


def test_a_newer_database_is_refused_with_a_sentence() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute("PRAGMA user_version = 99")

    with pytest.raises(StartupError, match="version 99"):
        migrate(db)
    db.close()


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "0001_good.sql").write_text("CREATE TABLE good (x);")
    (tmp_path / "0002_bad.sql").write_text("CREATE TABLE half (x); CREATE TABLE good (x);")
    db = sqlite3.connect(":memory:", isolation_level=None)

    with pytest.raises(sqlite3.OperationalError, match="good already exists"):
        migrate(db, tmp_path)
    db.execute("ROLLBACK")

    assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("good",)]
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    db.close()
