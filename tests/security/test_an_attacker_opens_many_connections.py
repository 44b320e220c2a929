"""One address opens more connections than the server can handle, on a real server, while other visitors go on."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ..serving import Server
from ..waiting import wait_until

MOST = 12
ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
HALF = b"GET /healthz HTTP/1.1\r\nX-Slow: "


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Server]:
    """A visitor may have 12 connections to it."""
    started = Server(tmp_path / "small", limits="on", limit_streams=str(MOST), limit_all_streams=str(MOST)).start()
    yield started
    started.stop()


def visit(server: Server, address: str, patience: float = 0.3) -> socket.socket:
    """A connection of this visitor."""
    return socket.create_connection(("127.0.0.1", int(server.port)), timeout=patience, source_address=(address, 0))


def answered(peer: socket.socket) -> bool:
    peer.sendall(ASK)
    return peer.recv(65_536).startswith(b"HTTP/1.1 200")


def test_more_connections_than_may_be_wait_and_other_people_do_not(small: Server) -> None:
    with ExitStack() as held:
        crowd = [held.enter_context(visit(small, "127.0.0.2")) for _ in range(MOST)]
        assert all(answered(peer) for peer in crowd)
        with pytest.raises(TimeoutError):
            visit(small, "127.0.0.2")

        assert answered(held.enter_context(visit(small, "127.0.0.3")))
        assert answered(crowd[0]), "who is in goes on"
        for peer in crowd[:3]:
            peer.close()
        # The kernel of who was ignored asks again within a second.
        assert answered(held.enter_context(visit(small, "127.0.0.2", patience=3)))


def test_connections_that_all_come_at_once_are_cut_off_above_the_limit(small: Server) -> None:
    with ExitStack() as held:
        burst = [held.enter_context(socket.socket()) for _ in range(80)]
        for peer in burst:
            peer.setblocking(False)
            peer.bind(("127.0.0.2", 0))
            peer.connect_ex(("127.0.0.1", int(small.port)))
        for peer in burst:
            peer.settimeout(0.01)
        start = time.monotonic()
        wait_until(lambda: sum(stands(peer) for peer in burst) <= MOST)
        assert time.monotonic() - start < 3, "their patience ended them, not the limit"
        assert any(stands(peer) for peer in burst)
        assert answered(held.enter_context(visit(small, "127.0.0.3")))


def stands(peer: socket.socket) -> bool:
    """Whether the connection is there, and open."""
    try:
        peer.getpeername()
        return peer.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


def test_a_proxy_on_this_machine_has_as_many_connections_as_it_needs(small: Server) -> None:
    forwarded = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n"
    with ExitStack() as held:
        first = held.enter_context(visit(small, "127.0.0.2"))
        first.sendall(forwarded)
        assert first.recv(65_536).startswith(b"HTTP/1.1 200")

        assert all(answered(held.enter_context(visit(small, "127.0.0.2"))) for _ in range(2 * MOST))


@pytest.mark.parametrize(("limits", "hops"), [("off", "0"), ("on", "1")], ids=["no limits", "behind a proxy"])
def test_where_an_address_is_no_visitor_nobody_is_counted(tmp_path: Path, limits: str, hops: str) -> None:
    wanted = Server(tmp_path / "open", limits=limits, trusted_hops=hops, limit_streams="4", limit_all_streams="4")
    server = wanted.start()
    with ExitStack() as held:
        assert all(answered(held.enter_context(visit(server, "127.0.0.2"))) for _ in range(8))
    server.stop()
