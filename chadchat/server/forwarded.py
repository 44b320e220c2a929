"""X-Forwarded-*: the visitor's address, the scheme and the host as trusted proxies give them.

Each header is read from the right, as many entries as there are trusted proxies: a visitor's own entries are further
left.
"""

from __future__ import annotations

from typing import Any

from .asgi import App, MutableScope
from .visitors import parse


class Forwarded:
    """The application behind so many proxies. An entry that is no address leaves the proxy's own: what it stands for
    cannot be told from any other such.
    """

    def __init__(self, app: App, hops: int) -> None:
        self._app = app
        self._hops = hops

    async def __call__(self, scope: MutableScope, receive: Any, send: Any) -> None:
        """Answer a request."""
        if scope["type"] in ("http", "websocket"):
            self._believe(scope)
        await self._app(scope, receive, send)

    def _believe(self, scope: MutableScope) -> None:
        if address := parse(self._said(scope, b"x-forwarded-for")):
            scope["client"] = (str(address), 0)
        if (scheme := self._said(scope, b"x-forwarded-proto").lower()) in ("http", "https"):
            scope["scheme"] = scheme
        if host := self._said(scope, b"x-forwarded-host"):
            others = [header for header in scope["headers"] if header[0] != b"host"]
            scope["headers"] = [*others, (b"host", host.encode("latin-1"))]

    def _said(self, scope: MutableScope, wanted: bytes) -> str:
        """The entry of the outermost proxy that is trusted; empty where there are fewer than there should be."""
        found = [part for name, value in scope["headers"] if name.lower() == wanted for part in value.split(b",")]
        return found[-self._hops].decode("latin-1").strip() if len(found) >= self._hops else ""
