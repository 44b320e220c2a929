"""The visitor: a caller known only by address, which is what limits and bans count.

The address is the socket's. Only with CHADCHAT_TRUSTED_HOPS has the launcher put in its place what that many proxies
say, counted from the right of X-Forwarded-For: what a stranger writes into that header stands further left.
"""

from __future__ import annotations

from typing import Final

from ..server.asgi import Scope
from ..server.visitors import network
from .respond import request

COOKIE: Final = "chad-"  # the names of our cookies begin so, and over TLS with HOST_ONLY before it
HOST_ONLY: Final = "__Host-"


def visitor() -> str:
    """Who makes this request: `192.0.2.7` for IPv4, `2001:db8:0:1::/64` for IPv6, where a network is one visitor."""
    return visitor_of(request().scope)


def visitor_of(scope: Scope) -> str:
    """As `visitor`, before there is a request."""
    client = scope.get("client")
    return network(client[0]) if client else "local"


def token_of(scope: Scope, code: str) -> str | None:
    """The token that a request brings for a room, not yet known to be good: bearer, else cookie."""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return str(value[7:].decode("latin-1").strip())
        if name == b"cookie" and (token := _cookie(value, f"{COOKIE}{code}".encode())):
            return token.decode("latin-1")
    return None


def sender_of(scope: Scope, code: str, seated: bool) -> int | str:
    """What posts are counted by: the seat where there is one, else the visitor. Tokens are kept as hashes only."""
    token = token_of(scope, code) if seated else None
    return hash((code, token)) if token else visitor_of(scope)


def _cookie(header: bytes, wanted: bytes) -> bytes | None:
    """A cookie's value, whether it came over TLS or not."""
    if wanted not in header:
        return None
    for pair in header.split(b";"):
        name, _, value = pair.strip().partition(b"=")
        if name.removeprefix(HOST_ONLY.encode()) == wanted:
            return value
    return None
