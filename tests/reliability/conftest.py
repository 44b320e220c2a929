"""Prints the table of results after `make torture`, for docs/reliability.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ..serving import Server
from .scale import scale

Proved = Callable[..., None]
_LINES = pytest.StashKey[list[tuple[str, str, str]]]()


@pytest.fixture
def proved(request: pytest.FixtureRequest) -> Proved:
    """`proved("P1", "what was done", messages=12, lost=0)` adds a line to the table. Call it at the end of a test."""
    lines = request.config.stash.setdefault(_LINES, [])

    def say(promise: str, what: str, **figures: float) -> None:
        result = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in figures.items())
        lines.append((promise, what, result))

    return say


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that the tests of a module share, and must not stop."""
    started = Server(tmp_path_factory.mktemp("standing") / "data").start()
    yield started
    started.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, in the order of the promises."""
    lines = config.stash.get(_LINES, [])
    if not lines or not scale(0, 1):
        return
    terminalreporter.write_sep("=", "what was proved")
    terminalreporter.write_line("| promise | test | result |\n|---|---|---|")
    for line in sorted(lines, key=lambda line: int(line[0][1:])):
        terminalreporter.write_line(f"| {' | '.join(line)} |")
