"""The way from a request to the socket of its connection. A connection of ours hands itself to its requests in
`scope["state"]`; where it does not, or where what it would need was not found at start (private.py), there is no way,
and the standard `send` is used.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from .connection import Connection
    from .http11 import Http11

CONNECTION: Final = "chadchat.connection"  # the names in `scope["state"]`
NUMBER: Final = "chadchat.number"  # of this request on its connection
STREAMING: Final = "chadchat.streaming"  # to be called when a stream begins on this connection (True), and ends


@dataclass(frozen=True, slots=True)
class Wire:
    """A connection as streams write to it: the asyncio stream that waits and closes,
    and the socket that takes bytes.
    """

    stream: asyncio.StreamWriter
    socket: socket.socket


def find_way(scope: Mapping[str, Any]) -> Http11 | None:
    """The protocol that may answer this request in one write; None means the standard way."""
    connection = _connection_of(scope)
    if connection is None or not connection.answers_in_one_write:
        return None
    protocol: Http11 | None = getattr(connection, "protocol", None)  # a connection lets go of it at its end
    if protocol is None or protocol.stream is None or protocol.number != scope["state"][NUMBER]:
        return None
    return protocol


def find_wire(scope: Mapping[str, Any]) -> Wire | None:
    """The connection under this request, if nothing is between it and the socket; None means the standard way."""
    connection = _connection_of(scope)
    return wire_of(connection.writer, connection.plain_transport) if connection else None


def wire_of(stream: asyncio.StreamWriter, plain: type | None) -> Wire | None:
    """The socket under a stream; None where something is between them (TLS), or the transport is not the `plain` one
    of asyncio (uvloop).
    """
    if type(stream.transport) is not plain:
        return None
    # The transport's own object, and not another one of the same number: when it has been closed, a write fails.
    found = getattr(stream.transport, "_sock", None)
    return Wire(stream, found) if type(found) is socket.socket else None


@asynccontextmanager
async def stream_on(scope: Mapping[str, Any]) -> AsyncIterator[None]:
    """While the block runs, the connection under this request carries a stream: only the limit of streams counts it,
    and not the limit of connections.
    """
    tell = scope.get("state", {}).get(STREAMING)
    if tell is None:
        yield
        return
    tell(True)
    try:
        yield
    finally:
        tell(False)


def _connection_of(scope: Mapping[str, Any]) -> Connection | None:
    """The connection, where it is ours and speaks HTTP/1.1."""
    if scope.get("http_version") != "1.1":
        return None
    return cast("Connection | None", scope.get("state", {}).get(CONNECTION))
