"""The way from an ASGI `send` to the socket behind it, on the one server whose inside is known: Hypercorn 0.18.

There is no documented way, so every step is checked by its type and anything else gives None: then the standard
`send` is used. Hypercorn is pinned, and tests/server/test_transport.py fails, with the step that changed, when a new
one no longer has this shape.
"""

from __future__ import annotations

import asyncio
import socket
from asyncio.selector_events import _SelectorSocketTransport  # type: ignore[attr-defined]
from collections.abc import Mapping
from dataclasses import dataclass
from types import MethodType
from typing import Any, NamedTuple

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.http_stream import HTTPStream

# Each step: the type that the bound method must belong to, and the attribute that holds the next bound method.
_STEPS = ((HTTPStream, "send"), (H11Protocol, "send"), (TCPServer, "writer"))


@dataclass(frozen=True, slots=True)
class Wire:
    """A connection's two ends on this side: the stream that waits and closes, and the socket that takes bytes."""

    stream: asyncio.StreamWriter
    socket: socket.socket


class Way(NamedTuple):
    """What a response of Hypercorn's passes on its way to the network, from `send` on."""

    exchange: HTTPStream
    protocol: H11Protocol
    server: TCPServer
    stream: asyncio.StreamWriter


def find_way(scope: Mapping[str, Any], send: object) -> Way | None:
    """The way of this response, if it is one of Hypercorn's over HTTP/1.1; else None."""
    if scope.get("http_version") != "1.1":
        return None
    found: object = send
    owners: list[Any] = []
    for kind, attribute in _STEPS:
        owner = found.__self__ if isinstance(found, MethodType) else None
        if not isinstance(owner, kind):
            return None
        owners.append(owner)
        found = getattr(owner, attribute, None)
    return Way._make([*owners, found]) if type(found) is asyncio.StreamWriter else None


def find_wire(scope: Mapping[str, Any], send: object) -> Wire | None:
    """The connection under this response, if its way is known and nothing is between it and the socket; else None."""
    way = find_way(scope, send)
    return wire_of(way.stream) if way else None


def wire_of(stream: asyncio.StreamWriter) -> Wire | None:
    """The socket under a stream; None where something is between them (TLS), or it is not asyncio's own (uvloop)."""
    if type(stream.transport) is not _SelectorSocketTransport:
        return None
    # The transport's own object, and not another one of the same number: when it has been closed, a write fails.
    found = getattr(stream.transport, "_sock", None)
    return Wire(stream, found) if type(found) is socket.socket else None
