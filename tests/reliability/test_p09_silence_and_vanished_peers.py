"""P9: a silent stream gets a byte every 15 seconds; a peer that has vanished is freed within 60."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from chadchat.server import sockets
from chadchat.settings import Settings

from ..serving import Server
from .conftest import Proved
from .namespaces import can_unshare, inside_network, own_network
from .scale import scale

HEARTBEAT = 0.3
IMPATIENT = "tests.reliability.impatient"
STUCK = scale(3_000, sockets.STUCK)  # milliseconds
FORMATS = {"sse": b":\n", "sse?as=html": b"event: beat\n\n", "json": b'{"kind":"heartbeat"}\n', "raw": b"\n"}

# Streams opened inside the server's own network, which say so and wait for what never comes.
PEERS = """
import socket, sys
port, room, count = sys.argv[1:]
peers = []
for _ in range(int(count)):
    peer = socket.create_connection(("127.0.0.1", int(port)))
    peer.sendall(f"GET /{room}/sse HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n".encode())
    assert peer.recv(4096).startswith(b"HTTP/1.1 200")
    peers.append(peer)
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("quiet") / "data", heartbeat=str(HEARTBEAT)).start()
    yield started
    started.stop()


@pytest.mark.parametrize("path", FORMATS)
def test_a_silent_stream_gets_a_byte_in_every_interval(quiet: Server, path: str, proved: Proved) -> None:
    assert Settings().heartbeat == 15
    room = quiet.create()["code"]
    gaps: list[float] = []
    with httpx.stream("GET", f"{quiet.url}/{room}/{path}", timeout=60) as stream:
        last = 0.0
        for chunk in stream.iter_raw():
            if last:
                gaps.append(time.monotonic() - last)
                assert chunk == FORMATS[path] or b"people" in chunk
            last = time.monotonic()
            if len(gaps) == scale(3, 30):
                break

    # The timer looks four times in an interval, so that an interval may grow by a quarter; the rest is this machine's.
    assert max(gaps) < HEARTBEAT * 1.25 + 0.4
    proved("P9", f"silence of /{path}, heartbeat {HEARTBEAT} s", ms_at_most=round(max(gaps) * 1000))


def connections(pid: int) -> int:
    """The sockets of a process that speak TCP."""
    table = {line.split()[9] for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]}
    links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    return sum(link.startswith("socket:") and link[8:-1] in table for link in links)


def until_freed(pid: int, count: int, seconds: float) -> float:
    """Wait until a process has so many connections at most; how long it took."""
    start = time.monotonic()
    while connections(pid) > count:
        assert time.monotonic() - start < seconds, connections(pid)
        time.sleep(0.1)
    return time.monotonic() - start


if can_unshare():

    @pytest.mark.slow
    def test_peers_that_vanish_are_freed(tmp_path: Path, proved: Proved) -> None:
        server = Server(
            tmp_path / "data", prefix=own_network(), module=IMPATIENT, heartbeat="0.5", stuck=str(STUCK)
        ).start()
        inside = inside_network(server.pid)
        created = subprocess.run(
            [*inside, "curl", "-sS", "-d", "name=Grace", f"{server.url}/rooms"], capture_output=True, check=True
        )
        room = httpx.Response(201, content=created.stdout).json()["code"]
        idle = 1  # the socket that listens
        until_freed(server.pid, idle, 60)
        with subprocess.Popen(
            [*inside, sys.executable, "-c", PEERS, server.port, room, "20"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as peers:
            assert peers.stdout is not None
            assert peers.stdout.readline() == "open\n"
            opened = connections(server.pid)
            subprocess.run([*inside, "ip", "link", "set", "lo", "down"], check=True)
            seconds = until_freed(server.pid, idle, 60)
            subprocess.run([*inside, "ip", "link", "set", "lo", "up"], check=True)
            peers.communicate("")
        said = subprocess.run(
            [*inside, "curl", "-sS", "-d", "tea?", f"{server.url}/{room}"], capture_output=True, check=True
        )
        assert b'"text":"tea?"' in said.stdout
        assert server.stop() == 0

        assert opened >= idle + 20
        assert '"level": "error"' not in server.stderr.read_text()
        # It is found out with the next heartbeat, and then that long after it.
        assert seconds <= STUCK / 1000 + 5
        assert Settings().heartbeat + sockets.STUCK / 1000 <= 60
        proved("P9", "peers in a black hole", peers=20, seconds_until_freed=round(seconds, 1))
