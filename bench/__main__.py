"""`python -m bench`: run the scenarios, print the tables, keep the figures."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from . import page
from .docs import write_docs
from .prove import prove
from .report import tables
from .run import watched
from .scenarios import SCENARIOS, SHORT, SHORT_PLAN, Case, Scenario
from .servers import BY_NAME
from .system import cores, machine, raise_open_files

RESULTS: Final = Path(__file__).parent / "results"


def main() -> int:
    """The exit status: 1 where a run of chadchat was void."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that servers are stopped, too
    options = _options()
    if options.prove:
        return 0 if prove() else 1
    if options.write_docs is not None:
        write_docs(json.loads(_result_file(options.write_docs).read_text()))
        return 0
    scenarios = _chosen(options)
    raise_open_files()
    if cores()[1] is None:
        _say("There is one core only: server and generator share it, and the figures are about both.")
    results: dict[str, Any] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": machine(),
        "command": " ".join(["python -m bench", *sys.argv[1:]]),
        "missing": _missing(scenarios),
        "scenarios": {},
    }
    for scenario in scenarios:
        results["scenarios"][scenario.name] = _rounds(scenario, options, results["missing"])
    if not options.only:
        results["page"] = (
            f"The page is not measured: {why}." if (why := page.missing()) else page.report(*page.measure())
        )
    print(tables(results))
    file = _keep(results)
    _say(f"kept in {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file.name}")
    return int(_chadchat_is_void(results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="three scenarios, the nearest peers, 3 minutes")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="a scenario or a server; repeatable"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured; medians count (3)")
    parser.add_argument("--prove", action="store_true", help="show that lost and repeated messages are noticed")
    parser.add_argument(
        "--write-docs",
        nargs="?",
        const="",
        metavar="RESULT",
        help="put the tables and the chart of a result (the newest) into docs/performance.md, and run nothing",
    )
    return parser.parse_args()


def _chosen(options: argparse.Namespace) -> list[Scenario]:
    names = {scenario.name for scenario in SCENARIOS}
    wanted = [name for name in options.only if name in names]
    if unknown := [name for name in options.only if name not in names and name not in BY_NAME]:
        known = ", ".join([*sorted(names), *BY_NAME])
        raise SystemExit(f"There is no scenario or server {unknown[0]}. There are: {known}.")
    return [
        scenario
        for scenario in SCENARIOS
        if scenario.name in wanted or (not wanted and (not options.short or scenario.name in SHORT))
    ]


def _servers(scenario: Scenario, options: argparse.Namespace) -> list[str]:
    servers = SHORT.get(scenario.name, scenario.servers) if options.short else scenario.servers
    wanted = [name for name in options.only if name in BY_NAME]
    return [name for name in servers if not wanted or name in wanted]


def _missing(scenarios: list[Scenario]) -> dict[str, str]:
    options = _options()
    names = {name: None for scenario in scenarios for name in _servers(scenario, options)}
    return {name: why for name in names if (why := BY_NAME[name].missing())}


def _rounds(scenario: Scenario, options: argparse.Namespace, missing: dict[str, str]) -> dict[str, Any]:
    """{case: {server: [result of each round]}}; within a round the servers take turns."""
    servers = [name for name in _servers(scenario, options) if name not in missing]
    found: dict[str, Any] = {case.label: {name: [] for name in servers} for case in scenario.cases}
    for turn in range(min(options.rounds, scenario.rounds)):
        for case in scenario.cases:
            for name in servers:
                plan = {**case.plan, **(SHORT_PLAN if options.short else {})}
                began = time.monotonic()
                result = watched(partial(scenario.measure, BY_NAME[name], scenario, Case(case.label, plan)))
                found[case.label][name].append(result)
                said = "void: " + result["void"] if "void" in result else _figures(scenario, result["figures"])
                label = " ".join(filter(None, [scenario.name, case.label, name]))
                _say(f"{label}, round {turn + 1} ({time.monotonic() - began:.0f} s): {said}")
    return found


def _figures(scenario: Scenario, figures: dict[str, float]) -> str:
    shown = [column for column in scenario.columns if column.key in figures]
    return ", ".join(f"{column.label} {figures[column.key]:,.{column.digits}f}" for column in shown)


def _keep(results: dict[str, Any]) -> Path:
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}.json"
    file.write_text(json.dumps(results, indent=1) + "\n")
    return file


def _result_file(named: str) -> Path:
    if named:
        return Path(named)
    files = sorted(RESULTS.glob("*.json"))
    if not files:
        raise SystemExit("There is no result yet. Run python -m bench first.")
    return files[-1]


def _chadchat_is_void(results: dict[str, Any]) -> bool:
    runs = [runs for cases in results["scenarios"].values() for runs in cases.values()]
    return any("void" in result for servers in runs for result in servers.get("chadchat", []))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
