"""Runs `chadchat serve` or another command in situations in which it cannot use its files, and must fail."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .forking import environment, run
from .operating import Said

SOON = 15  # seconds in which a start that fails has ended, on a loaded machine


def unprivileged() -> list[str]:
    """The start of a command for which permissions hold: root without its capabilities; anybody else as they are."""
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []


def attempt(
    *arguments: str | Path | bytes, prefix: Sequence[str] = (), within: float = 60, **settings: str | bytes
) -> Said:
    """Run a command that is to fail, to its end. A process that hangs, or leaves a thread, fails the test."""
    added = {f"CHADCHAT_{name.upper()}": value for name, value in settings.items()}
    if list(prefix) in ([], unprivileged()):
        return _said(*run(arguments, added, prefix=prefix, within=within))
    ran = subprocess.run(
        ["timeout", str(within), *prefix, sys.executable, "-m", "chadchat", *arguments],
        capture_output=True,
        env={**environment(), **added},
        check=False,
    )
    return _said(ran.returncode, ran.stdout, ran.stderr)


def _said(status: int, out: bytes, err: bytes) -> Said:
    return Said(status, out.decode(), err.decode(errors="replace"))


def refused(data: Path | bytes, *, prefix: Sequence[str] = (), **settings: str | bytes) -> str:
    """The sentence with which `chadchat serve` ends on this data folder."""
    said = attempt("serve", "--port", "0", "--data", data, prefix=prefix, within=SOON, **settings)
    assert (said.status, said.out) == (1, ""), said
    assert said.err.startswith("Error: "), said.err
    assert (said.err.count("\n"), "Traceback" in said.err) == (1, False), said.err
    return said.err.removeprefix("Error: ").strip()
