"""What a request's first line and headers must be before anything looks into them, the framework included: it builds
addresses of the host for every request, and fails outside of every handler on one that is none.

`settle` takes the server's scope as it came, brings it to one form, and says what is wrong with it. A request that is
refused here keeps only what the refusal needs, and is then answered like any other.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any, Final

from ..errors import ChatError
from .errors import HeadersTooLarge, Malformed
from .fields import HEADERS
from .session import MOST_COOKIES

Scope = MutableMapping[str, Any]

MOST_HEADERS: Final = 16_384
MOST_LINES: Final = 128  # headers; a browser sends some 20, and proxies add a few
LONGEST_HOST: Final = 255  # RFC 1035, 2.3.4, and a port does not make it longer
_SHORTEST_LIMIT: Final = min(HEADERS.values())
_NEEDED: Final = (b"accept", b"hx-request", b"content-length", b"transfer-encoding", b"cookie")  # to refuse
_PORTS: Final = {"http": ":80", "https": ":443"}
_HOST: Final = re.compile(r"([a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::([0-9]{0,5}))?", re.ASCII)


def settle(scope: Scope) -> ChatError | None:
    """What is wrong with this request, else None: a Host that is none, or none where HTTP/1.1 needs one, a target that
    is no path, headers that are too long.

    The scope has afterwards a path that begins with a slash, the scheme http or https, and one Host, in lower case: the
    one that the target names, else the header's, else the address that the connection came to.
    """
    scope["scheme"] = "https" if scope["scheme"].strip().lower() == "https" else "http"
    refused = _long_headers(scope) or _target(scope) or _host(scope)
    if refused:
        scope["path"], scope["query_string"] = "/", b""
        scope["headers"] = [(name, value) for name, value in map(_cut, scope["headers"]) if name in _NEEDED and value]
        _set_host(scope, _own(scope))
    return refused


def _cut(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """A header as a refusal needs it: of too many cookies the oldest, and nothing else that is too long."""
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
    # Hypercorn's own limit counts only headers that have not fully arrived.
    size += len(scope["path"]) + len(scope["query_string"])
    if size > MOST_HEADERS:
        return HeadersTooLarge(f"These headers are {size} bytes, address included; a request may have {MOST_HEADERS}.")
    return None


def _target(scope: Scope) -> ChatError | None:
    """The target's four forms (RFC 9112, 3.2): a path; an absolute address; `*`, which is asked of the whole server and
    answered as for its home page; and an authority, for CONNECT, which is for proxies.
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
    """A host and its port, in lower case, without the scheme's own port; None for what is none."""
    match = _HOST.fullmatch(given.decode("latin-1").lower())
    if match is None or not _is_host(match[1]) or int(match[2] or 0) > 65_535:
        return None
    port = f":{int(match[2])}" if match[2] else ""
    return f"{match[1]}{'' if port == _PORTS[scheme] else port}".encode()


def _is_host(host: str) -> bool:
    try:
        if host.startswith("["):
            ipaddress.IPv6Address(host[1:-1])
        host.encode("idna").decode("idna")  # no label is empty, longer than 63, or says xn-- of nothing
    except ValueError:
        return False
    return True


def _own(scope: Scope) -> bytes:
    """The address that the connection came to: a Host for whoever did not say one."""
    server = scope.get("server")
    if not server or server[1] is None:
        return b"localhost"
    host = f"[{server[0]}]" if ":" in server[0] else server[0]
    return f"{host}:{server[1]}".removesuffix(_PORTS[scope["scheme"]]).encode()


def _set_host(scope: Scope, host: bytes) -> None:
    scope["headers"] = [(b"host", host), *((name, value) for name, value in scope["headers"] if name != b"host")]
