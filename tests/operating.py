"""Runs chadchat's commands as an operator does in a terminal."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from chadchat.cli import main

from .forking import run


class Said(NamedTuple):
    """What a command answered."""

    status: int
    out: str
    err: str


def chadchat(data: Path, *arguments: str | Path) -> Said:
    """Run a command on the data folder, without any setting of the machine's."""
    status, out, err = run(arguments, {"CHADCHAT_DATA": str(data)})
    said = Said(status, out.decode(), err.decode())
    assert "Traceback" not in said.err, said.err
    return said


def within(data: Path, *arguments: str | Path) -> Said:
    """The same in this process, where many of them would take a second each."""
    ran = CliRunner().invoke(main, [*map(str, arguments)], env={"CHADCHAT_DATA": str(data)}, catch_exceptions=False)
    return Said(ran.exit_code, ran.stdout, ran.stderr)


def damage(database: Path, *, first: int = 2, step: int = 3) -> None:
    """Overwrite a page in so many from `first` on, as a failing disk might."""
    with closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # or what is read from the log beside it would be whole
    size = 4096
    content = bytearray(database.read_bytes())
    for page in range(first, len(content) // size, step):
        content[page * size : page * size + 64] = b"\xa5" * 64
    database.write_bytes(content)
