"""The private names of asyncio, h11 and Hypercorn that this server uses, looked for once when it starts.

None of them is documented, so a new version may be without one. Then the part of the server that needs it is done the
standard way, which is slower, and the log says so in one line.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hypercorn.config import Config

if TYPE_CHECKING:
    from .connection import Connection

logger = logging.getLogger(__name__)

# Each use: what the log says of it, and the names it needs, by the object that has them.
CONNECTIONS: Final = "connections"
ONE_WRITE: Final = "answers in one write"
STREAMS: Final = "streams straight to the socket"
RAW_PATHS: Final = "paths that are not ASCII"
NAMES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    CONNECTIONS: {
        "hypercorn TCPServer": ("run", "_read_data", "protocol_send", "idle_task", "send_lock", "writer", "context"),
        "hypercorn H11Protocol": (
            *("_check_protocol", "_create_stream", "_send_error_response", "stream_send", "stream_send", "handle"),
            *("connection", "connection_state", "stream", "keep_alive_requests", "task_group", "client", "server"),
            *("ssl", "config", "app", "context"),
        ),
        "hypercorn HTTPStream": ("handle", "closed"),
    },
    ONE_WRITE: {
        "hypercorn H11Protocol": ("send", "connection", "keep_alive_requests", "config"),
        "hypercorn HTTPStream": ("send", "state", "stream_id"),
        "hypercorn HTTPStream.state": ("CLOSED",),
        "hypercorn Config": ("response_headers", "keep_alive_max_requests"),
    },
    STREAMS: {"asyncio.selector_events": ("_SelectorSocketTransport",), "asyncio transport": ("_sock",)},
    RAW_PATHS: {"h11._events": ("request_target_re",), "h11._readers": ("request_line_re",)},
}
_NEEDS_CONNECTIONS: Final = (ONE_WRITE, STREAMS)


@dataclass(frozen=True, slots=True)
class Private:
    """The uses whose names were found. `connection` is our class of connections; None means Hypercorn's own."""

    connection: type[Connection] | None
    uses: frozenset[str]

    @property
    def plain_transport(self) -> type | None:
        """asyncio's own transport, under which there is nothing but a socket; None: streams go the standard way."""
        return vars(asyncio.selector_events)["_SelectorSocketTransport"] if STREAMS in self.uses else None


async def look_up() -> Private:
    """Look for every name, and log what is missing."""
    owners = await _owners()
    missing = {use: list(_missing(names, owners)) for use, names in NAMES.items()}
    connection = None if missing[CONNECTIONS] else _connection(missing[CONNECTIONS])
    for use, names in missing.items():
        if names:
            logger.warning("%s go the standard way, which is slower: there is no %s", use, " and no ".join(names))
    without = {use for use in NAMES if missing[use] or (use in _NEEDS_CONNECTIONS and connection is None)}
    return Private(connection, frozenset(NAMES) - without)


def has(owner: object, name: str) -> bool:
    """Whether the name is there."""
    return hasattr(owner, name)


def _missing(names: dict[str, tuple[str, ...]], owners: dict[str, object]) -> Iterable[str]:
    for owner, attributes in names.items():
        if owner not in owners:
            yield owner
        else:
            yield from (f"{owner}.{name}" for name in attributes if not has(owners[owner], name))


def _connection(missing: list[str]) -> type[Connection] | None:
    try:
        from .connection import Connection
    except ImportError as error:
        missing.append(f"{error.name}: {error}")
        return None
    return Connection


async def _owners() -> dict[str, object]:
    """The objects to look at, by their names in the table. Those that cannot be made are left out."""
    made: dict[str, object] = {"hypercorn Config": Config()}
    for module in ("asyncio.selector_events", "h11._events", "h11._readers"):
        with suppress(ImportError):
            made[module] = importlib.import_module(module)
    with suppress(ImportError, TypeError, AttributeError):
        made["hypercorn TCPServer"] = _tcp_server()
    with suppress(ImportError, TypeError, AttributeError):
        made["hypercorn H11Protocol"] = _protocol()
    with suppress(ImportError, TypeError, AttributeError):
        made["hypercorn HTTPStream"] = _http_stream()
        made["hypercorn HTTPStream.state"] = type(made["hypercorn HTTPStream"].state)  # type: ignore[attr-defined]
    made["asyncio transport"] = await _transport()
    return made


def _tcp_server() -> object:
    from hypercorn.asyncio.tcp_server import TCPServer
    from hypercorn.asyncio.worker_context import WorkerContext

    loop, nothing = asyncio.get_running_loop(), _nothing()
    return TCPServer(nothing, loop, Config(), WorkerContext(None), {}, nothing, nothing)


def _protocol() -> object:
    from hypercorn.asyncio.worker_context import WorkerContext
    from hypercorn.protocol.h11 import H11Protocol
    from hypercorn.typing import ConnectionState

    nothing = _nothing()
    state = ConnectionState({})
    return H11Protocol(nothing, Config(), WorkerContext(None), nothing, state, False, None, None, nothing)


def _http_stream() -> object:
    from hypercorn.asyncio.worker_context import WorkerContext
    from hypercorn.protocol.http_stream import HTTPStream

    nothing = _nothing()
    return HTTPStream(nothing, Config(), WorkerContext(None), nothing, False, None, None, nothing, 1)


async def _transport() -> object:
    """A transport as asyncio makes it for a connection that is accepted."""
    ours, theirs = socket.socketpair()
    with theirs:
        ours.setblocking(False)
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(asyncio.Protocol, ours)
        transport.close()
        await asyncio.sleep(0)
        return transport


def _nothing() -> Any:
    """A stand-in for arguments that are not used: the objects are only looked at."""
    return None
