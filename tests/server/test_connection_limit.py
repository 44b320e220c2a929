"""The limit of connections and its packet filter, with real sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chadchat.server import connection_limit, sockets
from chadchat.server.connection_limit import ConnectionLimit
from chadchat.server.packet_filter import ignore, program

SOON = 0.3  # seconds; the kernel asks again after one


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """Of both families."""
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as made:
        yield made


@contextmanager
def visit(listening: socket.socket, source: str) -> Iterator[socket.socket]:
    """A connection from there to there."""
    host = "::1" if ":" in source else "127.0.0.1"
    port = listening.getsockname()[1]
    with socket.create_connection((host, port), timeout=SOON, source_address=(source, 0)) as peer:
        yield peer


def let_in(listening: socket.socket, source: str) -> bool:
    try:
        with visit(listening, source):
            return True
    except TimeoutError:
        return False


@pytest.mark.parametrize("ignored", ["127.0.0.2", "::/64"])
def test_the_ignored_are_not_let_in_and_all_others_are(listening: socket.socket, ignored: str) -> None:
    mallory, ada = ("127.0.0.2", "::1") if "." in ignored else ("::1", "127.0.0.2")
    assert let_in(listening, mallory)

    ignore([listening], {"192.0.2.7", ignored, "2001:db8::/64"})
    assert not let_in(listening, mallory)
    assert let_in(listening, ada)
    assert let_in(listening, "127.0.0.3")

    ignore([listening], ())
    assert let_in(listening, mallory)


def test_who_was_let_in_goes_on(listening: socket.socket) -> None:
    with visit(listening, "127.0.0.2") as peer:
        stands, _ = listening.accept()
        ignore([listening], {"127.0.0.2"})
        peer.sendall(b"tea?")
        assert stands.recv(4) == b"tea?"
        stands.close()


def test_the_kernel_takes_a_filter_of_as_many_as_may_be_ignored(listening: socket.socket) -> None:
    most = {f"2001:db8:0:{number:x}::/64" for number in range(connection_limit.MOST_IGNORED)}

    assert len(program(most)) < 4096
    ignore([listening], most)
    assert let_in(listening, "127.0.0.2")


def test_a_process_ignores_nobody_that_the_one_before_it_did(listening: socket.socket) -> None:
    ignore([listening], {"127.0.0.2"})
    with sockets._inherit(listening.detach()) as handed_over:
        assert let_in(handed_over, "127.0.0.2")


def test_a_crowd_is_ignored_until_a_quarter_of_it_has_gone(
    listening: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    counted = ConnectionLimit(8, 8, [listening])
    assert all(counted.enter("127.0.0.2") for _ in range(7))
    assert let_in(listening, "127.0.0.2")
    assert counted.enter("127.0.0.2")
    assert not let_in(listening, "127.0.0.2")
    assert not counted.enter("127.0.0.2"), "it came before the filter"
    assert let_in(listening, "127.0.0.3")

    for _ in range(2):
        counted.leave("127.0.0.2")
    assert not let_in(listening, "127.0.0.2")
    counted.leave("127.0.0.2")
    assert let_in(listening, "127.0.0.2")

    for _ in range(6):
        counted.leave("127.0.0.2")
    assert not counted.open, "nothing is kept of who has gone"
    assert [record.getMessage() for record in caplog.records] == [
        "a visitor has 8 connections, which is the most; more of theirs wait:"
        " CHADCHAT_LIMIT_STREAMS is how many an address may always have"
    ]


def test_only_so_many_visitors_are_ignored_and_the_rest_is_still_counted(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_limit, "MOST_IGNORED", 1)
    counted = ConnectionLimit(1, 1, [listening])
    assert [counted.enter(visitor) for visitor in ("127.0.0.2", "127.0.0.3", "127.0.0.3")] == [True, True, False]

    assert not let_in(listening, "127.0.0.2")
    assert let_in(listening, "127.0.0.3")


def test_a_server_that_has_closed_its_sockets_still_counts(listening: socket.socket) -> None:
    counted = ConnectionLimit(1, 1, [listening])
    listening.close()

    assert counted.enter("127.0.0.2")
    assert not counted.enter("127.0.0.2")


def test_a_crowd_has_a_fair_share_and_only_the_least_once_it_is_crowded(listening: socket.socket) -> None:
    counted = ConnectionLimit(3, 40, [listening])
    assert counted.share == 10
    assert all(counted.enter("127.0.0.2") for _ in range(7))
    assert counted.share == 8
    assert let_in(listening, "127.0.0.2")
    assert counted.enter("127.0.0.2")
    assert not let_in(listening, "127.0.0.2"), "eight of forty: a fifth"

    assert counted.enter("127.0.0.3")
    for _ in range(23):
        counted.enter("127.0.0.4")
    assert counted.share == 3, "four fifths are in use"
    assert counted.enter("127.0.0.5"), "a newcomer gets in even then"
    assert counted.open["127.0.0.2"] == 8, "no open connection is cut"


def test_a_connection_that_carries_a_stream_counts_as_a_stream_only(listening: socket.socket) -> None:
    counted = ConnectionLimit(2, 2, [listening])
    for _ in range(5):
        assert counted.enter("127.0.0.2")
        counted.set_aside("127.0.0.2")
        assert let_in(listening, "127.0.0.2")
    assert counted.enter("127.0.0.2")
    counted.resume("127.0.0.2")  # the stream has ended, and its connection waits for the next request
    assert not let_in(listening, "127.0.0.2")

    counted.set_aside("127.0.0.2")
    counted.leave("127.0.0.2")
    for _ in range(5):  # the connection is lost first, then the stream hears of it
        counted.leave("127.0.0.2")
        counted.resume("127.0.0.2")
    assert not counted.open
    assert let_in(listening, "127.0.0.2")


def test_a_proxy_is_not_counted(listening: socket.socket) -> None:
    counted = ConnectionLimit(1, 1, [listening])
    counted.enter("127.0.0.2")
    assert not let_in(listening, "127.0.0.2")
    counted.exempt("127.0.0.2")

    assert let_in(listening, "127.0.0.2")
    assert all(counted.enter("127.0.0.2") for _ in range(9))
    assert let_in(listening, "127.0.0.2")
