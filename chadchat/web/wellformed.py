"""Checks and normalises the request line and headers of an ASGI scope, before the framework uses them.

Quart builds addresses from the Host of every request, and an invalid Host raises an error outside of all handlers.
`settle` normalises the scope and returns what is wrong with it. A refused request keeps only the headers that the
refusal needs, and is then answered like any other request.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any, Final

from ..refusal import ChatError
from .errors import HeadersTooLarge, Malformed
from .fields import HEADERS
from .session import MOST_COOKIES

Scope = MutableMapping[str, Any]

MOST_HEADERS: Final = 16_384
MOST_LINES: Final = 128  # headers; a browser sends about 20, and proxies add a few
LONGEST_HOST: Final = 255  # RFC 1035, 2.3.4, port included
_SHORTEST_LIMIT: Final = min(HEADERS.values())
_NEEDED: Final = (b"accept", b"hx-request", b"content-length", b"transfer-encoding", b"cookie")  # for a refusal
_ONCE: Final = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-type",
        b"filename",
        b"idempotency-key",
        b"last-event-id",
        b"name",
        b"origin",
        b"sec-fetch-site",
    }
)
_SLASHES: Final = re.compile("/{2,}")
_PORTS: Final = {"http": ":80", "https": ":443"}
_HOST: Final = re.compile(r"([a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::([0-9]{0,5}))?", re.ASCII)


def settle(scope: Scope) -> ChatError | None:
    """Normalise the scope. Returns Malformed or HeadersTooLarge if something is wrong with the request, else None.

    Afterwards the scope has a path that begins with a slash and has no two in a row, the scheme http or https, and one
    Host in lower case: from the request target, else from the header, else the address of the socket.
    """
    scope["scheme"] = "https" if scope["scheme"].strip().lower() == "https" else "http"
    refused = _long_headers(scope) or _twice(scope) or _target(scope) or _host(scope)
    if "//" in scope["path"]:
        scope["path"] = _SLASHES.sub("/", scope["path"])
    if refused:
        scope["path"], scope["query_string"] = "/", b""
        scope["headers"] = [(name, value) for name, value in map(_cut, scope["headers"]) if name in _NEEDED and value]
        _set_host(scope, _own(scope))
    return refused


def _cut(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """A header cut down for a refusal: of too many cookies only the oldest; empty if any other header is too long."""
    name, value = header
    if name == b"cookie":
        return name, value[:MOST_COOKIES].rpartition(b";")[0] if len(value) > MOST_COOKIES else b""
    return name, value if len(value) <= HEADERS.get(name, _SHORTEST_LIMIT) else b""


def _long_headers(scope: Scope) -> ChatError | None:
    if len(scope["headers"]) > MOST_LINES:
        return HeadersTooLarge(f"These are {len(scope['headers'])} headers; a request may have {MOST_LINES}.")
    size = 0
    for name, value in scope["headers"]:
        length = len(value)
        size += len(name) + length + 4
        if length > _SHORTEST_LIMIT and length > HEADERS.get(name, length):
            return HeadersTooLarge(
                f"The header {name.decode('latin-1')} has {length} bytes; it may have {HEADERS[name]}."
            )
    # Hypercorn's own limit only counts headers that have not arrived completely.
    size += len(scope["path"]) + len(scope["query_string"])
    if size > MOST_HEADERS:
        return HeadersTooLarge(f"These headers are {size} bytes, address included; a request may have {MOST_HEADERS}.")
    return None


def _twice(scope: Scope) -> ChatError | None:
    """Malformed if a header is there twice of which we would read the first and a proxy perhaps the last."""
    seen = [name for name, _ in scope["headers"] if name in _ONCE]
    if len(seen) > len(set(seen)):
        name = next(name for name in seen if seen.count(name) > 1)
        return Malformed(f"A request has the header {name.decode('latin-1')} once.")
    return None


def _target(scope: Scope) -> ChatError | None:
    """Normalise the request target (RFC 9112, 3.2) to a path. Returns Malformed if that is not possible.

    A path stays as it is; of an absolute address the host becomes the Host; `*` (for OPTIONS) becomes the home page.
    The fourth form, an authority for CONNECT, is refused, as it is for proxies.
    """
    path: str = scope["path"]
    if path.startswith("/"):
        return None
    if path == "*" and scope["method"] == "OPTIONS":
        scope["path"] = "/"
        return None
    scheme, separator, rest = path.partition("://")
    if not separator or scheme.lower() not in _PORTS:
        return Malformed("An address begins with a slash.")
    host, slash, path = rest.partition("/")
    scope["path"] = slash + path or "/"
    _set_host(scope, host.encode())
    return None


def _host(scope: Scope) -> ChatError | None:
    given = next((value for name, value in scope["headers"] if name == b"host"), None)
    if given is None:
        _set_host(scope, _own(scope))
        return None if scope["http_version"] < "1.1" else Malformed("A request names its host.")
    clean = _authority(given, scope["scheme"]) if len(given) <= LONGEST_HOST else None
    if clean is None:
        return Malformed("That Host is none: letters, digits, dots and hyphens, or an IP address, and perhaps a port.")
    if clean != given:
        _set_host(scope, clean)
    return None


@lru_cache(maxsize=1024)
def _authority(given: bytes, scheme: str) -> bytes | None:
    """A host and its port in lower case, without the default port of the scheme; None if it is invalid."""
    match = _HOST.fullmatch(given.decode("latin-1").lower())
    if match is None or not _is_host(match[1]) or int(match[2] or 0) > 65_535:
        return None
    port = f":{int(match[2])}" if match[2] else ""
    return f"{match[1]}{'' if port == _PORTS[scheme] else port}".encode()


def _is_host(host: str) -> bool:
    try:
        if host.startswith("["):
            ipaddress.IPv6Address(host[1:-1])
        host.encode("idna").decode("idna")  # fails for labels that are empty, longer than 63, or invalid Punycode
    except ValueError:
        return False
    return True


def _own(scope: Scope) -> bytes:
    """The address of the socket, as the Host of a request that names none."""
    server = scope.get("server")
    if not server or server[1] is None:
        return b"localhost"
    host = f"[{server[0]}]" if ":" in server[0] else server[0]
    return f"{host}:{server[1]}".removesuffix(_PORTS[scope["scheme"]]).encode()


def _set_host(scope: Scope, host: bytes) -> None:
    scope["headers"] = [(b"host", host), *((name, value) for name, value in scope["headers"] if name != b"host")]
