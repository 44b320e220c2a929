"""Checks the pinned packages for known vulnerabilities: `python -m tests.audit`.

A finding is an error; a database that does not answer is not. It asks about the pinned versions, not the installed
ones, and resolves or downloads nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATIENCE = 120  # seconds


def main() -> int:
    """Audit every file of pins; the exit status. What builds chadchat is among what the tests need."""
    return max(_audit(file) for file in ("requirements.txt", "requirements-dev.txt", "requirements-npm.txt"))


def _audit(file: str) -> int:
    command = [sys.executable, "-m", "pip_audit", "--format=json", "--progress-spinner=off", "--timeout=10"]
    command += ["--disable-pip", "--require-hashes", "--no-deps", "--requirement", file]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, cwd=ROOT, check=False)
        answer = asked.stdout
    except subprocess.TimeoutExpired:
        answer = ""
    status, said = verdict(file, answer)
    print(said)
    return status


def verdict(file: str, answer: str) -> tuple[int, str]:
    """The exit status and the sentence for what pip-audit said about a file."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return 0, f"WARNING: {file} was not audited: the database of known holes did not answer."
    found = [(package, hole) for package in packages for hole in package.get("vulns", [])]
    if not found:
        return 0, f"{file}: no known holes in {len(packages)} packages"
    lines = [
        f"{package['name']} {package['version']}: {hole['id']}, fixed in {' '.join(hole['fix_versions']) or 'none yet'}"
        for package, hole in found
    ]
    return 1, "\n".join([f"{file}: known holes", *lines])


if __name__ == "__main__":
    sys.exit(main())
