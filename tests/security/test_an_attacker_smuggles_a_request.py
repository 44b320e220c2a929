"""Requirement 15, on the wire: two lengths, protocol upgrades, and what answers reveal about the server."""

from __future__ import annotations

import socket

import pytest

from ..serving import Server


def exchange(server: Server, request: bytes) -> bytes:
    """Send raw bytes, and that no more follow; what comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", int(server.port)), timeout=60) as wire:
        answer = b""
        try:
            wire.sendall(request)
            wire.shutdown(socket.SHUT_WR)
            while chunk := wire.recv(65_536):
                answer += chunk
        except OSError:  # it did not wait for the end
            pass
        return answer


@pytest.mark.parametrize("method", [b"POST", b"GET"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_request_with_two_lengths_is_refused(standing: Server, method: bytes, order: tuple[int, int]) -> None:
    code = standing.create()["code"].encode()
    lengths = [b"Content-Length: 5", b"Transfer-Encoding: chunked"]
    start = b"%b /%b HTTP/1.1\r\nHost: x\r\n%b\r\n%b\r\n\r\n" % (method, code, lengths[order[0]], lengths[order[1]])
    answer = exchange(standing, start + b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 400")
    assert b"never both" in answer
    assert answer.count(b"HTTP/1.1 ") == 1  # what came after it is not taken for a request


def test_a_request_cannot_change_to_http_2_on_the_way(standing: Server) -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
    answer = exchange(standing, b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + upgrade + b"\r\n")

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"ok\n")


@pytest.mark.parametrize("path", [b"/healthz", b"/", b"/ZZZZ", b"/static/app.js", b"/nowhere/at/all"])
def test_no_answer_names_the_server(standing: Server, path: bytes) -> None:
    head = exchange(standing, b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path).partition(b"\r\n\r\n")[
        0
    ]

    assert head.startswith(b"HTTP/1.1 ")
    assert b"\r\nserver:" not in head.lower()
    assert b"x-powered-by" not in head.lower()
    assert b"hypercorn" not in head.lower()


def test_transport_security_is_asked_for_over_tls_and_only_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    server = Server(tmp_path_factory.mktemp("tls") / "data", trusted_hops="1").start()
    try:
        for path in (b"/", b"/healthz", b"/ZZZZ", b"/static/app.js"):
            request = b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" % path
            plain = exchange(server, request + b"\r\n").lower()
            secure = exchange(server, request + b"X-Forwarded-Proto: https\r\n\r\n").lower()
            assert b"strict-transport-security" not in plain
            assert secure.count(b"strict-transport-security: max-age=31536000; includesubdomains\r\n") == 1
    finally:
        server.stop()
