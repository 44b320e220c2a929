"""Many addresses together open as many connections as the server has file descriptors."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from chadchat.server.descriptors import KEPT

from ..serving import Server
from ..waiting import wait_until
from .test_an_attacker_opens_many_connections import answered, visit

LIMIT = 256
ADDRESSES = [f"127.0.0.{number}" for number in range(10, 26)]


def cpu(server: Server) -> float:
    """Seconds of CPU that the process has taken."""
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def open_sockets(server: Server) -> int:
    links = Path(f"/proc/{server.pid}/fd").iterdir()
    return sum(1 for _ in links)


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("chadchat", "connections, which is the most"),
        ("tests.security.full", "no connection can be accepted: Too many open files"),
    ],
)
def test_without_descriptors_the_server_waits_says_so_once_and_serves_again(
    tmp_path: Path, module: str, said: str
) -> None:
    prefix = ("prlimit", f"--nofile={LIMIT}:{LIMIT}")
    server = Server(
        tmp_path / "data", prefix=prefix, module=module, limits="on", limit_requests="10000, then 50/s"
    ).start()
    with ExitStack() as held:
        for address in ADDRESSES * 20:
            peer = held.enter_context(visit(server, address, patience=5))
            peer.sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        wait_until(lambda: said in server.stderr.read_text())
        assert open_sockets(server) <= LIMIT
        before = cpu(server)
        late = held.enter_context(visit(server, "127.0.0.3", patience=15))
        assert answered(late), "as soon as others have gone, if only for saying nothing"
        assert cpu(server) - before < 3
    wait_until(lambda: served(server))
    assert server.stop() == 0

    lines = [json.loads(line) for line in server.stderr.read_text().splitlines()]
    assert sum(said in line["message"] for line in lines) == 1
    assert len(lines) <= 6
    assert not [line for line in lines if line["level"] == "error"]


def served(server: Server) -> bool:
    try:
        with visit(server, "127.0.0.4", patience=2) as peer:
            return answered(peer)
    except OSError:
        return False


def test_the_limit_is_raised_as_far_as_it_may_be_and_said_once(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", prefix=("prlimit", "--nofile=200:1000")).start()
    limits = Path(f"/proc/{server.pid}/limits").read_text()
    assert server.stop() == 0

    [line] = [line for line in limits.splitlines() if line.startswith("Max open files")]
    assert line.split()[3:5] == ["1000", "1000"]
    assert server.stderr.read_text().count(f"up to {1000 - KEPT} connections at once") == 1
