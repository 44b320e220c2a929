"""The way to the socket: the connection hands itself over, and anything unknown means the standard way."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chadchat.live.writers import AsgiWriter, FastWriter, writer_for
from chadchat.server.transport import CONNECTION, NUMBER, find_way, find_wire, wire_of

from ..sites import serving
from ..waiting import until

ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
async def scopes() -> AsyncIterator[list[dict[str, Any]]]:
    """The scopes of three requests on one connection to a real site, the last in HTTP/1.0; the last is still open."""
    seen: list[dict[str, Any]] = []
    end = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        if len(seen) == 1:
            assert find_way(scope)
        if len(seen) == 2:
            await end.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with serving(app) as site:
        _, writer = await site.connect()
        writer.write(ASK * 2)
        await until(lambda: len(seen) == 2)
        yield seen
        end.set()
        writer.close()
        await writer.wait_closed()


async def test_a_connection_hands_itself_to_its_requests(scopes: list[dict[str, Any]]) -> None:
    wire = find_wire(scopes[1])

    assert wire
    assert wire.socket.family == socket.AF_INET
    assert isinstance(writer_for(scopes[1], None), FastWriter)  # type: ignore[arg-type]


async def test_only_the_request_that_is_being_answered_has_a_way(scopes: list[dict[str, Any]]) -> None:
    assert [scope["state"][NUMBER] for scope in scopes] == [1, 2]
    assert find_way(scopes[0]) is None
    assert find_way(scopes[1]) is not None


async def test_http_1_0_takes_the_standard_way(scopes: list[dict[str, Any]]) -> None:
    scope = {**scopes[1], "http_version": "1.0"}

    assert (find_wire(scope), find_way(scope)) == (None, None)


@pytest.mark.parametrize("scope", [{}, {"state": {}}, {"state": {"other": 1}}])
async def test_an_unknown_server_takes_the_standard_way(scope: dict[str, Any]) -> None:
    scope = {"http_version": "1.1", **scope}

    assert (find_wire(scope), find_way(scope)) == (None, None)
    assert isinstance(writer_for(scope, print), AsgiWriter)  # type: ignore[arg-type]


async def test_a_connection_that_has_ended_has_no_way(scopes: list[dict[str, Any]]) -> None:
    del scopes[1]["state"][CONNECTION].protocol

    assert find_way(scopes[1]) is None


class Other(asyncio.WriteTransport):
    """Neither asyncio's plain transport nor a subclass: as with TLS, and with uvloop."""

    def is_closing(self) -> bool:
        return True


async def test_a_transport_that_is_not_the_plain_one_is_not_passed_by(scopes: list[dict[str, Any]]) -> None:
    plain = scopes[1]["state"][CONNECTION].plain_transport
    protocol = asyncio.StreamReaderProtocol(asyncio.StreamReader())
    stream = asyncio.StreamWriter(Other(), protocol, None, asyncio.get_running_loop())

    assert plain is not None
    assert wire_of(stream, plain) is wire_of(stream, None) is None
