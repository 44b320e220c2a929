"""Compresses answers with gzip for callers that accept it, except answers that hold a secret.

If an answer holds a secret together with text that an attacker chose, its compressed length reveals how similar the two
are (BREACH, CVE-2013-3587). Such answers are marked `no-transform` (RFC 9111, 5.2.2.6), so that no proxy compresses
them either.
"""

from __future__ import annotations

import asyncio
import gzip
from typing import Final

from quart import Response

from .request import Request

LEAST: Final = 1024  # bytes; a shorter answer fits into one packet anyway
LEVEL: Final = 4  # takes 0.4 ms for a room page of 25 KB
_AT_ONCE: Final = 65_536  # bytes; up to here the event loop compresses, in about 1 ms, above it a thread does
_WORTH_IT: Final = ("text/", "application/json", "image/svg+xml")


def takes_gzip(request: Request) -> bool:
    """Whether the caller's `Accept-Encoding` allows gzip. curl sends no such header."""
    return request.accept_encodings["gzip"] > 0


def mark_secret(response: Response) -> Response:
    """Mark a response that holds a secret, so that it is neither stored nor compressed; returns it."""
    response.headers["Cache-Control"] = "no-store, no-transform"
    return response


async def compressed(request: Request, response: Response, body: bytes) -> bytes:
    """The body to send: `body`, compressed if allowed. Sets the headers of the response to match."""
    if not _may_be_compressed(response):
        return body
    response.vary.add("Accept-Encoding")
    if not takes_gzip(request):
        return body
    if len(body) > _AT_ONCE:
        body = await asyncio.to_thread(gzip.compress, body, LEVEL, mtime=0)
    else:
        body = gzip.compress(body, LEVEL, mtime=0)
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(body))
    return body


def _may_be_compressed(response: Response) -> bool:
    """Whether a response may be compressed. Not 201, which answers a post, and should be fast, or holds a new token."""
    return (
        response.status_code != 201
        and (response.content_type or "").startswith(_WORTH_IT)
        and "Content-Encoding" not in response.headers
        and "no-transform" not in response.headers.get("Cache-Control", "")
    )
