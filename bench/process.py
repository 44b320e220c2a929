"""Processes of a benchmark: started on their core, ended by their own id, whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

READY: Final = 20.0  # seconds a server may take to listen
END: Final = 5.0  # seconds a server may take to stop before it is killed


class Failed(Exception):
    """A server did not start. The text says which, and what it wrote last."""


@contextmanager
def running(
    command: Sequence[str], log: Path, core: int, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process pinned to a core, its output in `log`; stopped at the end, killed if it does not stop."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})  # inherited, and so also by what the process starts
    try:
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 our own commands
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
    finally:
        os.sched_setaffinity(0, before)
    try:
        yield process
    finally:
        _stop(process)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def wait_for_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return when something accepts connections there. Raises Failed."""
    end = time.monotonic() + READY
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise Failed(f"{process.args!r} does not listen: {log.read_text(errors='replace')[-500:].strip()}")


def wait_for_line(process: subprocess.Popen[bytes], log: Path, start: str) -> str:
    """The first line of the output that begins so, without the beginning. Raises Failed."""
    end = time.monotonic() + READY
    while time.monotonic() < end and process.poll() is None:
        for line in log.read_text(errors="replace").splitlines(keepends=True):
            if line.startswith(start) and line.endswith("\n"):
                return line[len(start) :].strip()
        time.sleep(0.002)
    raise Failed(f"{process.args!r} does not start: {log.read_text(errors='replace')[-500:].strip()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(END)
