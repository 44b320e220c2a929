"""One run: a fresh server on one core, a fresh generator on the other, and their figures."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from .load.plan import Plan
from .process import Failed
from .servers import Place, Server
from .system import busy_elsewhere, cores

LIMIT: Final = 240.0  # seconds a generator may take before it is killed and the run is void

Result = dict[str, Any]  # {"figures": {name: number}} or {"void": why}, and "elsewhere", see `watched`


def run(server: Server, scenario: str, *, rooms: int = 1, html: bool = False, **plan: Any) -> Result:
    """Start a server, put it under load, stop it. `plan` are fields of Plan."""
    core, other = cores()
    with tempfile.TemporaryDirectory(prefix="chadchat-bench-") as folder:
        try:
            with server.start(Place(Path(folder), core, rooms, html)) as serving:
                told = Plan(
                    scenario=scenario,
                    host="127.0.0.1",
                    port=serving.port,
                    pids=serving.pids,
                    reads=serving.reads,
                    posts=serving.posts,
                    socketio=server.socketio,
                    core=other,
                    headers=serving.headers,
                    **plan,
                )
                return generate(told)
        except Failed as reason:
            return {"void": str(reason)}


def watched(measure: Callable[[], Result]) -> Result:
    """A result, with the cores that other programs used meanwhile as "elsewhere"."""
    began, before = time.monotonic(), busy_elsewhere()
    result = measure()
    return {**result, "elsewhere": (busy_elsewhere() - before) / (time.monotonic() - began)}


def generate(plan: Plan) -> Result:
    """Let a generator carry out a plan."""
    command = [sys.executable, "-m", "bench.load"]
    root = Path(__file__).parent.parent
    try:
        done = subprocess.run(  # noqa: S603 our own command
            command, input=plan.dumps(), capture_output=True, text=True, timeout=LIMIT, cwd=root
        )
    except subprocess.TimeoutExpired:
        return {"void": f"the generator was not done after {LIMIT:g} s"}
    if done.returncode:
        return {"void": f"the generator failed: {done.stderr.strip().splitlines()[-1]}"}
    result: Result = json.loads(done.stdout)
    return result
