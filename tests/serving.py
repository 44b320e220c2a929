"""A real `chadchat serve` in a process of its own, for tests: start, stop, kill, and restart on the same port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self

import httpx

from .forking import Forked, environment, fork

# What systemd does: the socket is descriptor 3 of a process that is told so.
_HANDED = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3);"
    " os.execve(sys.argv[2], sys.argv[2:], os.environ | {'LISTEN_PID': str(os.getpid()), 'LISTEN_FDS': '1'})"
)


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


class Server:
    """`url` is where it listens. The data folder and the port stay the same over restarts; so does the socket where
    this process holds it, as systemd does (`held`). `code` is a folder with another copy of the code. `prefix` is a
    command that starts the command after it; `module` is what Python runs.
    """

    def __init__(
        self,
        data: Path,
        held: socket.socket | None = None,
        code: Path | None = None,
        *,
        prefix: Sequence[str] = (),
        module: str = "chadchat",
        **settings: str,
    ) -> None:
        self.data = data
        self._prefix = prefix
        self._module = module
        self.port = "0"
        self.url = ""
        self.stderr = data.parent / f"{data.name}.stderr"
        self._settings = {"CHADCHAT_LIMITS": "off"} | {
            f"CHADCHAT_{name.upper()}": value for name, value in settings.items()
        }
        self._held = held
        self._code = code
        self._process: subprocess.Popen[str] | Forked | None = None
        self._stdout: IO[str] | None = None

    def start(self) -> Self:
        """Start and wait for the ready line."""
        said, stdout = os.pipe()
        self._stdout = os.fdopen(said)
        with self.stderr.open("a") as errors, os.fdopen(stdout, "w") as heard:
            self._process = self._started(heard, errors)
        return self.ready()

    def ready(self) -> Self:
        """Wait for the next ready line."""
        assert self._stdout is not None
        ready = self._stdout.readline()
        assert ready.startswith("chadchat: listening on http://"), self.stderr.read_text()
        self.url = ready.rsplit(" ", 1)[-1].strip()
        self.port = self.url.rsplit(":", 1)[-1]
        return self

    def _started(self, stdout: IO[str], stderr: IO[str]) -> subprocess.Popen[str] | Forked:
        """The process: forked where it is chadchat as it lies here and nothing is put before it."""
        arguments = ["serve", "--port", self.port, "--data", str(self.data)]
        held = self._held.fileno() if self._held else None
        if not self._prefix and not self._code and self._module == "chadchat":
            return fork(arguments, self._settings, stdout.fileno(), stderr.fileno(), held=held)
        command = [*self._prefix, sys.executable, "-m", self._module, *arguments]
        if held is not None:
            command = [sys.executable, "-c", _HANDED, str(held), *command]
        changing = {"PYTHONDONTWRITEBYTECODE": "1"} if self._code else {}  # a test changes that code within a second
        return subprocess.Popen(
            command,
            stdout=stdout,
            stderr=stderr,
            text=True,
            env=environment() | self._settings | changing,
            pass_fds=[] if held is None else [held],
            cwd=self._code,
        )

    def send(self, what: signal.Signals) -> None:
        """Send a signal."""
        assert self._process is not None
        self._process.send_signal(what)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit status."""
        self.send(how)
        return self.ended()

    def ended(self, within: float = 60) -> int:
        """Wait for the end, for so many seconds at most; the exit status."""
        assert self._process is not None
        process, self._process = self._process, None
        status = process.wait(timeout=within)
        assert self._stdout is not None
        self._stdout.close()
        return status

    def restart(self) -> None:
        """Stop as a planned restart does, and start again at the same address."""
        self.stop()
        self.start()

    def renew(self) -> None:
        """Let it become its own next version."""
        self.send(signal.SIGHUP)
        self.ready()

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
