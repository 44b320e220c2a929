"""The table of results in docs/reliability.md, into which `make torture TABLE=docs/reliability.md` writes its own.

A run of one part (`ARGS="-k p01"`) renews the rows of its own tests, and leaves the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

HEAD: Final = "| promise | test | result |\n|---|---|---|\n"


class Row(NamedTuple):
    """A promise, what was done to prove it, and the figures."""

    promise: str
    test: str
    result: str

    def __str__(self) -> str:
        return f"| {' | '.join(self)} |\n"


def table(rows: Iterable[Row]) -> str:
    """The rows as Markdown, in the order of the promises."""
    return HEAD + "".join(map(str, sorted(rows, key=_number)))


def renewed(page: str, rows: Iterable[Row], *, whole: bool) -> str:
    """The page with these rows in its table, in place of all others or (not `whole`) of those of the same tests."""
    before, head, rest = page.partition(HEAD)
    if not head:
        raise ValueError("there is no table of results in that page")
    lines = rest.splitlines(keepends=True)
    count = next((number for number, line in enumerate(lines) if not line.startswith("|")), len(lines))
    known = [Row(*line.strip("| \n").split(" | ")) for line in lines[:count]]
    new = {(row.promise, row.test): row for row in rows}
    kept = [] if whole else [new.pop((row.promise, row.test), row) for row in known]
    return before + table([*kept, *new.values()]) + "".join(lines[count:])


def _number(row: Row) -> int:
    return int(row.promise.removeprefix("P"))
