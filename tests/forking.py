"""Starts chadchat's command without the second of CPU in which Python imports it, templates are compiled and static
files compressed: a process that has done so, and has nothing open, forks, and the fork runs the command, as
`python -m chadchat` would.

A command with other code or after most prefixes is started as anybody starts it (tests/serving.py, tests/starting.py);
so is every restart, which executes the command again.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from select import POLLIN, poll
from tempfile import TemporaryFile
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
_MOST: Final = 128 * 1024  # bytes of one order: most are the environment


class Forked:
    """A process like `subprocess.Popen`, whose parent is the process that forks."""

    def __init__(self, order: socket.socket) -> None:
        self._order = order
        self._lines = order.makefile("r")
        self.pid = int(self._lines.readline())
        self.returncode: int | None = None

    def send_signal(self, what: signal.Signals) -> None:
        """Send a signal. The parent may have reaped a process that ended: then nothing is there to hear it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, what)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; the exit status. Raises TimeoutError."""
        if self.returncode is None:
            self._order.settimeout(timeout)
            self.returncode = int(self._lines.readline())
            self._lines.close()
            self._order.close()
        return self.returncode


def environment() -> dict[str, str]:
    """What a command finds that this process starts, without any setting of the machine's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CHADCHAT_")}


def fork(
    arguments: Sequence[str],
    settings: Mapping[str, str],
    stdout: int,
    stderr: int,
    *,
    held: int | None = None,
    prefix: Sequence[str] = (),
) -> Forked:
    """Run `chadchat` with these arguments, with these variables added to `environment()` and these descriptors. `held`
    is a listening socket, given as systemd does. `prefix` takes rights from the process that forks.
    """
    forking, _ = _forking(tuple(sorted(_steady().items())), tuple(prefix))
    ours, theirs = socket.socketpair()
    order = {"arguments": list(arguments), "environment": environment() | dict(settings), "folder": os.getcwd()}
    given = [theirs.fileno(), stdout, stderr, *([] if held is None else [held])]
    with theirs:
        socket.send_fds(forking, [json.dumps(order).encode()], given)
    return Forked(ours)


def run(
    arguments: Sequence[str | Path | bytes],
    settings: Mapping[str, str | bytes],
    *,
    prefix: Sequence[str] = (),
    within: float = 60,
) -> tuple[int, bytes, bytes]:
    """Run a command to its end: its status, and what it wrote. Raises TimeoutError."""
    with TemporaryFile() as out, TemporaryFile() as errors:
        told = {name: os.fsdecode(value) for name, value in settings.items()}
        process = fork([*map(os.fsdecode, arguments)], told, out.fileno(), errors.fileno(), prefix=prefix)
        try:
            status = process.wait(within)
        except TimeoutError:
            process.send_signal(signal.SIGKILL)
            raise
        out.seek(0)
        errors.seek(0)
        return status, out.read(), errors.read()


def _steady() -> dict[str, str]:
    return {name: value for name, value in environment().items() if name != "PYTEST_CURRENT_TEST"}


@functools.cache
def _forking(
    given: tuple[tuple[str, str], ...], prefix: tuple[str, ...]
) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """The process that forks in such an environment: Python has read it when it started. It ends with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * _MOST)
    command = [*prefix, sys.executable, "-m", "tests.forking", str(theirs.fileno())]
    with theirs:
        return ours, subprocess.Popen(command, cwd=ROOT, env=dict(given), pass_fds=[theirs.fileno()])


def _run(arguments: list[str], environment: dict[str, str], folder: str, given: list[int]) -> None:
    """What the fork does: it has what a new process would have, and runs the module."""
    _, stdout, stderr, *held = given
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for source, target in ((stdout, 1), (stderr, 2), *((one, 3) for one in held)):
        os.dup2(source, target)
    if held:
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
    os.closerange(3 + len(held), 65536)
    command = ["-m", "chadchat", *arguments]
    sys.orig_argv[:] = [sys.orig_argv[0], *command]
    sys.argv[:] = command[1:]
    runpy.run_module("chadchat", run_name="__main__", alter_sys=True)


def main(orders: int) -> None:
    """Fork for every order until nobody is left who gives any. A process is answered for with its id and its status."""
    import chadchat.cli.data
    import chadchat.cli.rooms
    import chadchat.cli.serve
    import chadchat.cli.transfer  # noqa: F401

    from .reusing import make_one, reused

    with reused():
        make_one()
        gc.collect()
        gc.freeze()  # none of the forks looks through it again
        _fork_for(orders)


def _fork_for(orders: int) -> None:
    assert threading.active_count() == 1
    running: dict[int, tuple[int, int]] = {}  # by the descriptor that tells of the end: process, and whom to tell
    watched = poll()
    watched.register(orders, POLLIN)
    while True:
        for ready, _ in watched.poll():
            if ready != orders:
                process, asking = running.pop(ready)
                watched.unregister(ready)
                status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
                os.close(ready)
                with contextlib.suppress(BrokenPipeError):  # nobody waits any more
                    os.write(asking, f"{status}\n".encode())
                os.close(asking)
                continue
            with socket.socket(fileno=os.dup(orders)) as reading:
                order, given, _, _ = socket.recv_fds(reading, _MOST, 4)
            if not order:
                return
            if not (process := os.fork()):
                told: dict[str, Any] = json.loads(order)
                return _run(told["arguments"], told["environment"], told["folder"], given)
            asking, *others = given
            for one in others:
                os.close(one)
            os.write(asking, f"{process}\n".encode())
            ending = os.pidfd_open(process)
            running[ending] = process, asking
            watched.register(ending, POLLIN)


if __name__ == "__main__":
    main(int(sys.argv[1]))
