"""Requirement 7: readers that never read cost little, and do not slow other readers."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import httpx
from httpx_sse import connect_sse

from chadchat.server.sockets import SEND_BUFFER, STUCK, listen

from ..serving import Server
from ..waiting import wait_until

READERS = 20


def queued(port: int) -> list[int]:
    """Bytes the kernel holds for each established connection of that port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [int(row[4].partition(":")[0], 16) for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01"]


def deaf(stack: ExitStack, port: str, path: str) -> None:
    """Somebody who asks for that and never reads."""
    wire = stack.enter_context(socket.socket())
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    wire.connect(("127.0.0.1", int(port)))
    wire.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


def test_readers_that_never_read_hold_little_and_stop_nobody(server: Server) -> None:
    code = server.create()["code"]
    with ExitStack() as stack, httpx.Client(base_url=server.url, timeout=60) as client:
        for _ in range(READERS):
            deaf(stack, server.port, f"/{code}/sse")
        with connect_sse(client, "GET", f"/{code}/sse") as stream:
            events = stream.iter_sse()
            assert next(events).event == "open"
            for number in range(200):
                assert client.post(f"/{code}", content=f"{number}".ljust(4000)).status_code == 201
            messages = (event for event in events if event.event == "message")
            texts = [json.loads(event.data)["text"].strip() for event in islice(messages, 200)]
        assert texts == [str(number) for number in range(200)]
        held = queued(int(server.port))
        assert len(held) >= READERS
        assert max(held) <= 4 * SEND_BUFFER


def test_what_the_kernel_drops_is_no_error_of_ours(tmp_path: Path) -> None:
    """A host that has gone is everyday life, and a hundred tracebacks in a moment are a wait for everyone else."""
    server = Server(tmp_path / "data", module="tests.reliability.impatient", stuck="300").start()
    code = server.create()["code"]
    with ExitStack() as stack, httpx.Client(base_url=server.url, timeout=60) as client:
        for number in range(100):
            client.post(f"/{code}", content=f"{number}".ljust(4000, "x")).raise_for_status()
        for path in ("sse?since=all", "json?since=all&poll=1"):
            for _ in range(3):
                deaf(stack, server.port, f"/{code}/{path}")
        for path in (f"/{code}.jsonl", f"/{code}"):
            for _ in range(3):
                deaf(stack, server.port, path)
        wait_until(lambda: len(queued(int(server.port))) > 12)  # all of them, and this client
        client.post(f"/{code}", content="tea?").raise_for_status()
        wait_until(lambda: len(queued(int(server.port))) <= 1)  # this client's
    assert server.stop() == 0

    lines = [json.loads(line) for line in server.stderr.read_text().splitlines()]
    assert [line for line in lines if line["level"] != "info"] == []


def test_the_kernel_drops_whoever_acknowledges_nothing() -> None:
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()) as client:
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == STUCK == 15_000
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * SEND_BUFFER
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 0
