"""The visitor: a caller known only by address, the unit that limits and bans count.

The address is that of the socket. Behind proxies that CHADCHAT_TRUSTED_HOPS trusts (`auto`: one on this machine) it is
one from X-Forwarded-For, counting that many from the right: entries further left could be forged by the client.
"""

from __future__ import annotations

from base64 import b64decode
from typing import Final

from ..server.asgi import Scope
from ..server.visitors import network
from .respond import request

COOKIE: Final = "chad-"  # the prefix of our cookies' names, over TLS after HOST_ONLY
HOST_ONLY: Final = "__Host-"


def visitor() -> str:
    """The visitor that sent the current request: `192.0.2.7` for IPv4; for IPv6 its network, `2001:db8:0:1::/64`."""
    return visitor_of(request().scope)


def visitor_of(scope: Scope) -> str:
    """The visitor of an ASGI scope."""
    client = scope.get("client")
    return network(client[0]) if client else "local"


def token_of(scope: Scope, code: str) -> str | None:
    """The token in an ASGI scope for a room, not yet checked: the bearer token, else the cookie, else None."""
    for name, value in scope["headers"]:
        if name == b"authorization" and (bearer := token_in(value)) is not None:
            return bearer
        if name == b"cookie" and (token := _cookie(value, f"{COOKIE}{code}".encode())):
            return token.decode("latin-1")
    return None


def token_in(authorization: bytes) -> str | None:
    """The token in an Authorization header, not yet checked: of Bearer, or the password of Basic. None if there is no
    token in it.
    """
    scheme, _, given = authorization.decode("latin-1").partition(" ")
    match scheme.lower():
        case "bearer":
            return given.strip()
        case "basic":
            try:
                _, _, password = b64decode(given.strip(), validate=True).decode("latin-1").partition(":")
            except ValueError:
                return None
            return password or None
    return None


def sender_of(scope: Scope, code: str, seated: bool) -> int | str:
    """The key by which posts are counted: a hash of the seat's token if the caller is seated, else the visitor."""
    token = token_of(scope, code) if seated else None
    return hash((code, token)) if token else visitor_of(scope)


def _cookie(header: bytes, wanted: bytes) -> bytes | None:
    """The value of a cookie, with or without the prefix HOST_ONLY."""
    if wanted not in header:
        return None
    for pair in header.split(b";"):
        name, _, value = pair.strip().partition(b"=")
        if name.removeprefix(HOST_ONLY.encode()) == wanted:
            return value
    return None
