"""How the process ends, and how it restarts as the next version of itself.

The database has one owner at a time, so an old and a new process cannot overlap. On SIGHUP this one lets go of
everything but its listening sockets and then executes its own command again, with the same process id: connections
wait in the kernel's backlog meanwhile, and none is refused. The new code is tried first, while the old still serves.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from .sockets import hand_over

logger = logging.getLogger(__name__)

TRIAL: Final = 20.0  # seconds `--check` may take


class Ending:
    """`begun` is set when the process is to end. `again`: it is to restart. `failed`: the disk failed."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.again = False
        self.failed = False
        self._trying: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Handle signals. SIGTERM and SIGINT end the process even while it restarts."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.stop)
        # In a terminal SIGHUP means that the terminal was closed: then the server ends.
        loop.add_signal_handler(signal.SIGHUP, self.stop if _in_terminal() else self.restart)

    def stop(self) -> None:
        """End for good."""
        self.again = False
        if self._trying:
            self._trying.cancel()
        self.begun.set()

    def fail(self) -> None:
        """End, because nothing can be stored any more."""
        self.failed = True
        self.stop()

    def restart(self) -> None:
        """End and start again, if the code on the disk starts. A second call meanwhile changes nothing."""
        if self._trying is None and not self.begun.is_set():
            self._trying = asyncio.create_task(self._try())

    async def _try(self) -> None:
        fit = await _starts()
        self._trying = None
        if not fit:
            logger.error("the new version does not start, so this one goes on serving")
            return
        self.again = True
        self.begun.set()


def begin_again(sockets: Sequence[socket.socket]) -> NoReturn:
    """Execute the command again, with these sockets. Everything else must be closed or finished."""
    # Until the new program handles signals itself, SIGHUP would kill it. That a signal is ignored is inherited.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    sys.stdout.flush()
    os.execve(sys.executable, sys.orig_argv, os.environ | hand_over(sockets))  # noqa: S606 - our own command, no shell


async def _starts() -> bool:
    """Whether the command would start with the code that is on the disk now. Its output goes to our stderr."""
    trial = await asyncio.create_subprocess_exec(
        sys.executable,
        *sys.orig_argv[1:],
        "--check",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        return await asyncio.wait_for(trial.wait(), TRIAL) == 0
    except TimeoutError:
        return False
    finally:
        if trial.returncode is None:
            trial.kill()


def _in_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()
