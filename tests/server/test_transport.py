"""The contract with Hypercorn: the walk finds the transport, and anything unknown means the standard way."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from chadchat.live.writers import AsgiWriter, FastWriter, writer_for
from chadchat.server import transport
from chadchat.server.transport import find_wire, wire_of

from ..sites import serving

H1 = {"http_version": "1.1"}


@pytest.fixture
async def served() -> AsyncIterator[dict[str, Any]]:
    """One request to a real site: the scope and the `send` that an application gets."""
    seen: dict[str, Any] = {}
    done = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope=scope, send=send, wire=find_wire(scope, send), writer=writer_for(scope, send))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        done.set()

    async with serving(app) as site:
        _, writer = await site.connect()
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        await done.wait()
        yield seen
        writer.close()
        await writer.wait_closed()


async def test_the_walk_finds_the_transport_of_the_pinned_hypercorn(served: dict[str, Any]) -> None:
    steps = [served["send"].__self__]
    for kind, attribute in transport._STEPS:
        assert isinstance(steps[-1], kind), (
            f"Hypercorn changed: expected {kind.__name__}, found {type(steps[-1]).__name__}"
        )
        step = getattr(steps[-1], attribute)
        steps.append(getattr(step, "__self__", step))

    stream = steps[-1]
    assert type(stream) is asyncio.StreamWriter
    assert served["wire"], "asyncio changed: no plain socket under its transport"
    assert (served["wire"].stream, served["wire"].socket.family) == (stream, socket.AF_INET)
    assert isinstance(served["writer"], FastWriter)


async def test_http_1_0_takes_the_standard_way(served: dict[str, Any]) -> None:
    assert find_wire({"http_version": "1.0"}, served["send"]) is None


@pytest.mark.parametrize("send", [None, print, lambda message: None, SimpleNamespace(a=1).__repr__])
async def test_an_unknown_server_takes_the_standard_way(send: Any) -> None:
    assert find_wire(H1, send) is None
    assert isinstance(writer_for(H1, send), AsgiWriter)


class Other(asyncio.WriteTransport):
    """Neither asyncio's plain transport nor a subclass: as with TLS, and with uvloop."""

    def is_closing(self) -> bool:
        return True


async def test_a_transport_that_is_not_the_plain_one_is_not_passed_by() -> None:
    protocol = asyncio.StreamReaderProtocol(asyncio.StreamReader())

    assert wire_of(asyncio.StreamWriter(Other(), protocol, None, asyncio.get_running_loop())) is None
