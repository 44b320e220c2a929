"""Listening sockets: our own, or inherited ones (from systemd, or from this process before a restart). Connections wait
in such a socket while nobody serves it.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..refusal import StartupError
from .packet_filter import ignore
from .visitors import parse

BACKLOG: Final = 4096  # a room that reconnects at once after a restart
SEND_BUFFER: Final = 65_536  # without it the kernel holds megabytes for a reader that never reads
STUCK: Final = 15_000  # milliseconds a peer may leave sent bytes unacknowledged
FIRST: Final = 3  # the first inherited descriptor: sd_listen_fds(3)


@dataclass(frozen=True, slots=True)
class Listening:
    """The sockets to serve. `kept`: they outlive this process, so a connection that it leaves alone is not lost."""

    sockets: Sequence[socket.socket]
    kept: bool

    @property
    def address(self) -> str:
        """The address of the first socket, as the ready line shows it."""
        first = self.sockets[0]
        if first.family == socket.AF_UNIX:
            return f"unix:{first.getsockname()}"
        host, port = first.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def take(host: str, port: int, environment: MutableMapping[str, str] = os.environ) -> Listening:
    """The sockets that this process inherited (LISTEN_FDS, LISTEN_PID), else one of our own. Raises StartupError.

    The variables are taken out of the environment, so that no child process takes them for its own.
    """
    pid, count = environment.pop("LISTEN_PID", ""), environment.pop("LISTEN_FDS", "")
    environment.pop("LISTEN_FDNAMES", None)
    if pid == str(os.getpid()) and count.isdecimal() and int(count) > 0:
        return Listening([_inherit(FIRST + number) for number in range(int(count))], kept=True)
    return Listening([listen(host, port)], kept=False)


def is_loopback(host: str) -> bool:
    """Whether a server that listens there is reached from this machine only."""
    address = parse(host)
    return host.lower() == "localhost" or (address is not None and address.is_loopback)


def hand_over(sockets: Sequence[socket.socket]) -> dict[str, str]:
    """Put the sockets at the descriptors where an executed program looks for them; the environment that says so.

    Descriptors from 3 on are overwritten: only for the moment before exec.
    """
    for number, listening in enumerate(sockets, start=FIRST):
        os.dup2(listening.fileno(), number)
        os.set_inheritable(number, True)  # dup2 leaves a descriptor that is there already as it was
    return {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(sockets))}


def listen(host: str, port: int) -> socket.socket:
    """Our own socket. Raises StartupError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _tune(listening)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError, TypeError, ValueError) as error:  # the last two: no name of a host
        listening.close()
        raise StartupError(
            f"Cannot listen on {host} port {port}: {error}. Choose another with --host or --port."
        ) from error
    listening.listen(BACKLOG)
    return listening


def _inherit(descriptor: int) -> socket.socket:
    try:
        listening = socket.socket(fileno=descriptor)
        if not listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            raise OSError("it is not listening")
    except OSError as error:
        raise StartupError(
            f"LISTEN_FDS says that descriptor {descriptor} is a listening socket, but: {error}."
        ) from error
    listening.set_inheritable(False)
    _tune(listening)
    with contextlib.suppress(OSError):  # there are no such filters
        ignore([listening], ())  # the filter that the process before this one had set
    listening.listen(BACKLOG)  # on a socket that listens already this only sets the backlog
    return listening


def _tune(listening: socket.socket) -> None:
    """Set the options that accepted connections inherit."""
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if listening.family == socket.AF_UNIX:
        return
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STUCK)
