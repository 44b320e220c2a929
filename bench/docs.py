"""Puts the figures of a result into docs/performance.md, between its two markers, and draws its picture."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .chart import chart
from .report import Results, tables

_DOCS: Final = Path(__file__).parent.parent / "docs"
BEGIN: Final = "<!-- figures: python -m bench --write-docs -->"
END: Final = "<!-- end of the figures -->"


def write_docs(results: Results) -> None:
    """Rewrite what stands between the markers. The rest of the page is written by hand."""
    page = _DOCS / "performance.md"
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"docs/performance.md has lost its markers: {BEGIN} and {END}")
    picture = "![Deliveries a second, and CPU for one delivery, of chadchat and its peers](performance.svg)"
    said = f"Measured on {results['date']} with `{results['command']}`: {results['machine']}."
    page.write_text("\n\n".join([before + BEGIN, picture, said, tables(results), END + after]))
    (_DOCS / "performance.svg").write_text(chart(results))
