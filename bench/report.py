"""The report: medians over rounds, tables with ratios to chadchat, slopes; the same text for terminal and docs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from .scenarios import SCENARIOS, Case, Column, Scenario
from .servers import BY_NAME

Results = Mapping[str, Any]  # as written to JSON: see bench/__main__.py
Runs = Mapping[str, Sequence[Mapping[str, Any]]]  # rounds by server


def median(rounds: Sequence[Mapping[str, Any]], key: str) -> float | None:
    """The median of a figure over the rounds that are not void."""
    values = [each["figures"][key] for each in rounds if key in each.get("figures", {})]
    return statistics.median(values) if values else None


def tables(results: Results) -> str:
    """Every scenario of a result, as Markdown."""
    measured = [scenario for scenario in SCENARIOS if any(results["scenarios"].get(scenario.name, {}).values())]
    parts = [_scenario(scenario, results) for scenario in measured]
    if results["missing"]:
        lines = [f"- {BY_NAME[name].title}: {why}" for name, why in results["missing"].items()]
        parts.append("\n".join(["Not measured, because missing:", "", *lines]))
    if "page" in results:
        parts.append(results["page"])
    return "\n\n".join([*parts, _elsewhere(results)])


def _elsewhere(results: Results) -> str:
    runs = [each for cases in results["scenarios"].values() for runs in cases.values() for each in runs.values()]
    shares = [result["elsewhere"] for rounds in runs for result in rounds]
    if not shares:
        return "Nothing was measured."
    return (
        f"Meanwhile, other programs used {statistics.median(shares):.2f} cores of this machine (median over the runs; "
        f"at most {max(shares):.2f}). Rates and latencies mean something where that is near 0; CPU time suffers less."
    )


def _scenario(scenario: Scenario, results: Results) -> str:
    cases = results["scenarios"][scenario.name]
    head = ["", *([""] if len(scenario.cases) > 1 else []), *(column.label for column in scenario.columns)]
    rows = [row for case in scenario.cases if case.label in cases for row in _rows(scenario, case, cases[case.label])]
    said = [f"### {scenario.title}", scenario.says, aligned([head, *rows])]
    return "\n\n".join(said + _slopes(scenario, cases) + _voids(scenario, cases))


def _rows(scenario: Scenario, case: Case, runs: Runs) -> list[list[str]]:
    ours = runs.get("chadchat", [])
    rows = []
    for server, rounds in runs.items():
        cells = [_cell(column, rounds, ours if server != "chadchat" else []) for column in scenario.columns]
        labels = [case.label] if len(scenario.cases) > 1 else []
        rows.append([BY_NAME[server].title, *labels, *cells])
    return rows


def _cell(column: Column, rounds: Sequence[Mapping[str, Any]], ours: Sequence[Mapping[str, Any]]) -> str:
    value = median(rounds, column.key)
    if value is None:
        return "-" if any("figures" in each for each in rounds) else "void"
    shown = f"{value:,.{column.digits}f}"
    reference = median(ours, column.key)
    return f"{shown} ({value / reference:.2f}x)" if column.compare and reference else shown


def _slopes(scenario: Scenario, cases: Mapping[str, Runs]) -> list[str]:
    if not scenario.slope:
        return []
    sizes = [next(iter(case.plan.values())) for case in scenario.cases]
    lines = []
    for server in scenario.servers:
        points = [
            (size, value)
            for case, size in zip(scenario.cases, sizes, strict=True)
            if (value := median(cases.get(case.label, {}).get(server, []), scenario.slope))
        ]
        if len(points) > 1:
            lines.append(f"- {BY_NAME[server].title}: {scenario.slope} grows with exponent {slope(points):.2f}")
    return ["\n".join(lines)] if lines else []


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The exponent of growth: least squares through the logarithms."""
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    return statistics.linear_regression(xs, ys).slope


def _voids(scenario: Scenario, cases: Mapping[str, Runs]) -> list[str]:
    lines = []
    for label, runs in cases.items():
        for server, rounds in runs.items():
            reasons = [each["void"] for each in rounds if "void" in each]
            if reasons:
                where = f"{BY_NAME[server].title}{', ' + label if label else ''}"
                lines.append(f"- {where}: {len(reasons)} of {len(rounds)} runs void: {reasons[0]}")
    return ["\n".join(lines)] if lines else []


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns also line up in a terminal. The first row is the head."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "| "
        + " | ".join(cell.ljust(width) if not at else cell.rjust(width) for at, (cell, width) in enumerate(pairs))
        + " |"
        for row in rows
        for pairs in [list(zip(row, widths, strict=True))]
    ]
    rule = "|" + "|".join("-" * (width + 1) + ("-" if not at else ":") for at, width in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])
