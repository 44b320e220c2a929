"""`python -m bench.load`: a plan on standard input, figures or a reason on standard output."""

from __future__ import annotations

import json
import sys

from .plan import Plan, Void
from .scenarios import SCENARIOS
from .stage import Stage, pin


def main() -> None:
    """Run one plan. The answer is {"figures": ...} or {"void": why}."""
    plan = Plan.loads(sys.stdin.read())
    pin(plan.core)
    try:
        answer: dict[str, object] = {"figures": SCENARIOS[plan.scenario](Stage(plan))}
    except Void as reason:
        answer = {"void": str(reason)}
    print(json.dumps(answer))


main()
