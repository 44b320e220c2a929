"""Prints the table of results after `make torture`, and writes it into docs/reliability.md where it is asked to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from ..serving import Server
from .scale import scale
from .table import Row, renewed, table

Proved = Callable[..., None]
_ROWS = pytest.StashKey[list[Row]]()
_BOTH: Final = {"tests/reliability", "tests/browser/test_cuts.py"}  # the arguments of `make torture`


@pytest.fixture
def proved(request: pytest.FixtureRequest) -> Proved:
    """`proved("P1", "what was done", messages=12, lost=0)` adds a line to the table. Call it at the end of a test."""
    rows = request.config.stash.setdefault(_ROWS, [])

    def say(promise: str, what: str, **figures: float) -> None:
        result = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in figures.items())
        rows.append(Row(promise, what, result))

    return say


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that the tests of a module share, and must not stop."""
    started = Server(tmp_path_factory.mktemp("standing") / "data").start()
    yield started
    started.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    """Print the table, and write it into the page that CHADCHAT_TABLE names if nothing failed."""
    rows = config.stash.get(_ROWS, [])
    if not rows or not scale(0, 1):
        return
    terminalreporter.write_sep("=", "what was proved")
    terminalreporter.write(table(rows))
    if (path := os.environ.get("CHADCHAT_TABLE")) and exitstatus == pytest.ExitCode.OK:
        page = config.rootpath / path
        whole = not terminalreporter.stats.get("deselected") and set(config.args) >= _BOTH
        page.write_text(renewed(page.read_text(encoding="utf-8"), rows, whole=whole), encoding="utf-8")
        terminalreporter.write_line(f"{path} has {'this table' if whole else 'these rows'} now.")
