"""X-Forwarded-*: the visitor's address, the scheme and the host as trusted proxies give them.

Each header is read from the right, as many entries as there are trusted proxies: a visitor's own entries are further
left.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from .asgi import App, MutableScope
from .visitors import network, parse

logger = logging.getLogger(__name__)

ADDRESS: Final = b"x-forwarded-for"
_NAMES: Final = frozenset({ADDRESS, b"x-forwarded-proto", b"x-forwarded-host"})


class Forwarded:
    """The application behind so many proxies; `hops` None: behind one where the peer is on this machine and says for
    whom it asks. `found` is called with each such peer once, as a visitor.

    An entry that is no address leaves the proxy's own: what it stands for cannot be told from any other such.
    """

    def __init__(self, app: App, hops: int | None, found: Callable[[str], None] = lambda visitor: None) -> None:
        self._app = app
        self._hops = hops
        self._found = found
        self._known: set[str] = set()
        self._told = False

    async def __call__(self, scope: MutableScope, receive: Any, send: Any) -> None:
        """Answer a request."""
        if scope["type"] in ("http", "websocket") and (hops := self._trusted(scope)):
            self._believe(scope, hops)
        await self._app(scope, receive, send)

    def _trusted(self, scope: MutableScope) -> int:
        """How many proxies this request is trusted to have come through."""
        if self._hops is not None:
            return self._hops
        names = {name for name, _ in scope["headers"]} & _NAMES
        if not names:
            return 0
        peer = scope["client"][0] if scope["client"] else None  # None: through a unix socket
        if peer is not None and not _is_here(peer):
            self._tell()
            return 0
        if ADDRESS not in names:
            return 0
        if peer is not None and peer not in self._known:
            self._known.add(peer)
            self._found(network(peer))
        return 1

    def _tell(self) -> None:
        """Log, once, that a proxy may be overlooked. A visitor can forge the headers, so it may be none."""
        if not self._told:
            self._told = True
            logger.warning(
                "a request from another machine has X-Forwarded-* headers, which are not believed. If a proxy of yours"
                " sent it, all visitors behind it count as one, and links and cookies are not for the public address:"
                " set CHADCHAT_TRUSTED_HOPS to the number of proxies"
            )

    def _believe(self, scope: MutableScope, hops: int) -> None:
        if address := parse(_said(scope, ADDRESS, hops)):
            scope["client"] = (str(address), 0)
        if (scheme := _said(scope, b"x-forwarded-proto", hops).lower()) in ("http", "https"):
            scope["scheme"] = scheme
        if host := _said(scope, b"x-forwarded-host", hops):
            others = [header for header in scope["headers"] if header[0] != b"host"]
            scope["headers"] = [*others, (b"host", host.encode("latin-1"))]


def _said(scope: MutableScope, wanted: bytes, hops: int) -> str:
    """The entry of the outermost proxy that is trusted; empty where there are fewer than there should be."""
    found = [part for name, value in scope["headers"] if name.lower() == wanted for part in value.split(b",")]
    return found[-hops].decode("latin-1").strip() if len(found) >= hops else ""


def _is_here(host: str) -> bool:
    """Whether the address is one that only this machine has."""
    address = parse(host)
    return address is not None and address.is_loopback
