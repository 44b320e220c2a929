"""Runs chadchat's commands as an operator does in a terminal."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from chadchat.cli import main


class Said(NamedTuple):
    """What a command answered."""

    status: int
    out: str
    err: str


def chadchat(data: Path, *arguments: str | Path) -> Said:
    """Run a command on the data folder, without any setting of the machine's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHADCHAT_")}
    run = subprocess.run(
        [sys.executable, "-m", "chadchat", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env=kept | {"CHADCHAT_DATA": str(data)},
        check=False,
    )
    assert "Traceback" not in run.stderr, run.stderr
    return Said(run.returncode, run.stdout, run.stderr)


def within(data: Path, *arguments: str | Path) -> Said:
    """The same in this process, where many of them would take a second each."""
    run = CliRunner().invoke(main, [*map(str, arguments)], env={"CHADCHAT_DATA": str(data)}, catch_exceptions=False)
    return Said(run.exit_code, run.stdout, run.stderr)


def damage(database: Path, *, first: int = 2, step: int = 3) -> None:
    """Overwrite a page in so many from `first` on, as a failing disk might."""
    with closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # or what is read from the log beside it would be whole
    size = 4096
    content = bytearray(database.read_bytes())
    for page in range(first, len(content) // size, step):
        content[page * size : page * size + 64] = b"\xa5" * 64
    database.write_bytes(content)
