"""Answers are compressed (gzip) for callers who take that; never one that shows a secret.

An answer that holds a secret together with something that a stranger chose tells its length, compressed, how alike the
two are (BREACH, CVE-2013-3587). Such answers are marked `no-transform` (RFC 9111, 5.2.2.6): no proxy compresses them
either.
"""

from __future__ import annotations

import asyncio
import gzip
from typing import Final

from quart import Response

from .request import Request

LEAST: Final = 1024  # bytes: a shorter answer fits into a packet as it is
LEVEL: Final = 4  # 25 KB of a room page: 0.4 ms
_AT_ONCE: Final = (
    65_536  # bytes that are compressed on the event loop, in about a millisecond; more of them in a thread
)
_WORTH_IT: Final = ("text/", "application/json", "image/svg+xml")


def takes_gzip(request: Request) -> bool:
    """Whether the caller asked for gzip. Without `Accept-Encoding`, as curl, nobody does."""
    return request.accept_encodings["gzip"] > 0


def mark_secret(response: Response) -> Response:
    """Say of an answer that it shows a secret: it is not kept, and not compressed."""
    response.headers["Cache-Control"] = "no-store, no-transform"
    return response


async def compressed(request: Request, response: Response, body: bytes) -> bytes:
    """The body to send, of an answer whose body is `body`; the headers of the answer are made to say so."""
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
    """201 is the answer to a post, which is to be quick, or holds the token of a new seat or link."""
    return (
        response.status_code != 201
        and (response.content_type or "").startswith(_WORTH_IT)
        and "Content-Encoding" not in response.headers
        and "no-transform" not in response.headers.get("Cache-Control", "")
    )
