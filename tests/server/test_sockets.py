"""Listening sockets that are inherited from another process, such as systemd."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from chadchat.server import sockets

TAKE = """
import os, socket, sys
from chadchat.server import sockets
from chadchat.refusal import StartupError
os.dup2(int(sys.argv[1]), 3)
os.environ |= {'LISTEN_PID': str(os.getpid()), 'LISTEN_FDS': sys.argv[2], 'LISTEN_FDNAMES': 'chadchat.socket'}
try:
    taken = sockets.take('127.0.0.1', 1)
except StartupError as refusal:
    sys.exit(str(refusal))
[first] = taken.sockets
options = [(socket.SOL_SOCKET, socket.SO_SNDBUF), (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)]
print(taken.address, taken.kept, os.get_inheritable(3), 'LISTEN_FDS' in os.environ, 'LISTEN_FDNAMES' in os.environ,
      *(first.getsockopt(*option) for option in options))
"""


def take(given: socket.socket, count: int = 1) -> subprocess.CompletedProcess[str]:
    """What a process makes of a socket that it was given."""
    command = [sys.executable, "-c", TAKE, str(given.fileno()), str(count)]
    return subprocess.run(
        command, pass_fds=[given.fileno()], capture_output=True, text=True, timeout=60, check=False, cwd=os.getcwd()
    )


def test_a_socket_that_was_handed_over_is_served_with_the_options_of_our_own() -> None:
    with socket.create_server(("127.0.0.1", 0)) as given:
        taken = take(given)

        address = "{}:{}".format(*given.getsockname())
    assert taken.stdout == f"{address} True False False False {2 * sockets.SEND_BUFFER} {sockets.STUCK}\n", taken.stderr


def test_a_socket_that_does_not_listen_is_refused_with_a_sentence() -> None:
    with socket.socket() as given:
        refused = take(given)

    assert refused.returncode == 1
    assert refused.stderr == ("LISTEN_FDS says that descriptor 3 is a listening socket, but: it is not listening.\n")


def test_fewer_sockets_than_promised_are_refused_with_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as given:
        refused = take(given, 200)

    assert refused.returncode == 1
    assert "is a listening socket, but: [Errno" in refused.stderr


@pytest.mark.parametrize(
    "environment",
    [
        {"LISTEN_PID": "1", "LISTEN_FDS": "1"},
        {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "0"},
        {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "many"},
        {"LISTEN_FDS": "1"},
    ],
)
def test_sockets_that_are_meant_for_another_process_are_left_alone(environment: dict[str, str]) -> None:
    listening = sockets.take("127.0.0.1", 0, environment)

    assert not listening.kept
    assert listening.address.startswith("127.0.0.1:")
    assert environment == {}
    listening.sockets[0].close()
