"""The walk from an ASGI `send` to the transport behind it, on the one server whose inside is known: Hypercorn 0.18.

There is no documented way, so every step is checked by exact type and anything else gives None: then the standard
`send` is used. Hypercorn is pinned, and tests/live/test_transport.py fails, with the step that changed, when a new
one no longer has this shape.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MethodType
from typing import Any

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.http_stream import HTTPStream

# Each step: the type that the bound method must belong to, and the attribute that holds the next bound method.
_STEPS = ((HTTPStream, "send"), (H11Protocol, "send"), (TCPServer, "writer"))


def find_stream(scope: Mapping[str, Any], send: object) -> asyncio.StreamWriter | None:
    """The connection's StreamWriter, if this is a response of Hypercorn's over HTTP/1.1 in chunks; else None."""
    if scope.get("http_version") != "1.1":
        return None
    found: object = send
    for kind, attribute in _STEPS:
        owner = found.__self__ if isinstance(found, MethodType) else None
        if type(owner) is not kind:
            return None
        found = getattr(owner, attribute, None)
    return found if type(found) is asyncio.StreamWriter else None
