"""Installs the peers into a virtual environment and a node_modules of their own, both in `.venv-bench`; again when the
pins change.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
FOLDER: Final = _HERE.parent / ".venv-bench"
PYTHON: Final = FOLDER / "bin" / "python"
NODE: Final = FOLDER / "socketio_node"
_REQUIREMENTS: Final = _HERE / "peers" / "requirements.txt"
_PATIENCE: Final = 300.0  # seconds for one installation


@cache
def python_is_missing() -> str | None:
    """Why the Python peers cannot run, after an attempt to install them."""

    def install() -> None:
        _run([sys.executable, "-m", "venv", "--clear", str(FOLDER)])
        (FOLDER / ".gitignore").write_text("*\n")  # as venv itself does from Python 3.13 on
        pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--require-hashes"]
        _run([*pip, "--requirement", str(_REQUIREMENTS)])

    return _made(FOLDER / "python.stamp", [_REQUIREMENTS], install)


@cache
def socketio_node_is_missing() -> str | None:
    """Why Node's socket.io cannot run, after an attempt to install it."""
    if not shutil.which("npm"):
        return "Node and npm are not installed"
    if reason := python_is_missing():  # it makes the folder anew
        return reason
    source = _HERE / "peers" / "socketio_node"

    def install() -> None:
        shutil.copytree(source, NODE, dirs_exist_ok=True)
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(NODE)])

    return _made(FOLDER / "node.stamp", sorted(source.iterdir()), install)


def _made(stamp: Path, pins: Sequence[Path], install: Callable[[], None]) -> str | None:
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in pins)).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return None
    try:
        install()
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        return f"it could not be installed: {said.strip().splitlines()[-1][:200]}"
    stamp.write_text(digest)
    return None


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE)  # noqa: S603 our own commands
