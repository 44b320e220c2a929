"""A real `chadchat serve` in its own process, for tests: start, stop, kill, restart on the same port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import httpx


class Server:
    """`url` is where it listens. The data folder and the port stay the same over restarts. `prefix` is a command that
    starts the command after it; `module` is what Python runs.
    """

    def __init__(self, data: Path, *, prefix: Sequence[str] = (), module: str = "chadchat", **environment: str) -> None:
        self.data = data
        self._prefix = prefix
        self._module = module
        self.port = "0"
        self.url = ""
        self.stderr = data.parent / f"{data.name}.stderr"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CHADCHAT_")}
        self._environment = kept | {f"CHADCHAT_{name.upper()}": value for name, value in environment.items()}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start and wait for the ready line."""
        python = [*self._prefix, sys.executable, "-m", self._module]
        command = [*python, "serve", "--port", self.port, "--data", str(self.data)]
        with self.stderr.open("a") as errors:
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, env=self._environment
            )
        assert self._process.stdout is not None
        ready = self._process.stdout.readline()
        assert ready.startswith("chadchat: listening on http://"), self.stderr.read_text()
        self.url = ready.rsplit(" ", 1)[-1].strip()
        self.port = self.url.rsplit(":", 1)[-1]
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit status."""
        assert self._process is not None
        process, self._process = self._process, None
        process.send_signal(how)
        status = process.wait(timeout=10)
        assert process.stdout is not None
        process.stdout.close()
        return status

    def restart(self) -> None:
        """Stop as a planned restart does, and start again at the same address."""
        self.stop()
        self.start()

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def create(self, name: str = "Grace") -> dict[str, str]:
        """A new room: its code, url, cursor, and the owner's name, member and token."""
        answer = httpx.post(f"{self.url}/rooms", json={"name": name})
        assert answer.status_code == 201, answer.text
        created: dict[str, str] = answer.json()
        return created
