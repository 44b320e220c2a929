"""A room's own address is its stream for a reader that accepts nothing else: `new EventSource('/KQZF')`."""

from __future__ import annotations

import re
from typing import Final

from ..domain.codes import PATTERN
from ..server.asgi import MutableScope

_STREAMS: Final = {b"text/event-stream": "/sse", b"application/x-ndjson": "/json"}
_ROOM: Final = re.compile(f"/{PATTERN}")


def settle(scope: MutableScope) -> None:
    """Lead the request to the stream. htmx, which names this type in every request, accepts HTML as well."""
    path = scope["path"].rstrip("/")
    if scope["method"] not in ("GET", "HEAD") or not _ROOM.fullmatch(path):
        return
    accepted = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    stream = _STREAMS.get(accepted.partition(b";")[0].strip().lower()) if b"," not in accepted else None
    if stream:
        scope["path"] = path + stream
