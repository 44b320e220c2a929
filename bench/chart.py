"""A bar chart as SVG, readable on light and on dark."""

from __future__ import annotations

from html import escape
from typing import Final

from .report import Results, median
from .servers import BY_NAME

WIDTH: Final = 760
LABELS: Final = 230  # pixels left of the bars
BAR: Final = 22
GAP: Final = 8
_STYLE: Final = """
text { font: 14px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.note { fill: #57606a }
.bar { fill: #afb8c1 }
.ours { fill: #0a6b52 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .note { fill: #9198a1 } .bar { fill: #57606a } .ours { fill: #3fb998 }
}
"""
_PANELS: Final = (
    ("busy", "deliveries_per_second", "Busy room: deliveries a second, 1,000 readers, 16 posters (more is better)", 0),
    ("quiet", "cpu_per_delivery", "Quiet room: microseconds of CPU for one delivery (less is better)", 1),
)


def chart(results: Results) -> str:
    """The busy and the quiet room, one bar for each server."""
    parts, top = [], 0
    for scenario, key, title, digits in _PANELS:
        runs = results["scenarios"].get(scenario, {}).get("", {})
        values = [(name, value) for name, rounds in runs.items() if (value := median(rounds, key)) is not None]
        if values:
            drawn, top = _panel(top, title, values, digits)
            parts.append(drawn)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img">'
    return f"{head}\n<title>chadchat and its peers</title>\n<style>{_STYLE}</style>\n{''.join(parts)}</svg>\n"


def _panel(top: int, title: str, values: list[tuple[str, float]], digits: int) -> tuple[str, int]:
    lines = [f'<text class="title" x="4" y="{top + 20}">{escape(title)}</text>\n']
    most, top = max(value for _, value in values), top + 36
    for name, value in values:
        width = max(1, round((WIDTH - LABELS - 110) * value / most))
        middle = top + BAR - 6
        kind = "bar ours" if name == "chadchat" else "bar"
        lines += [
            f'<text x="{LABELS - 10}" y="{middle}" text-anchor="end">{escape(BY_NAME[name].title)}</text>\n',
            f'<rect class="{kind}" x="{LABELS}" y="{top}" width="{width}" height="{BAR}" rx="3"/>\n',
            f'<text class="note" x="{LABELS + width + 8}" y="{middle}">{value:,.{digits}f}</text>\n',
        ]
        top += BAR + GAP
    return "".join(lines), top + 16
