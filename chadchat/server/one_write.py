"""Answers whose body is complete: head and body are sent in one write, where the server is known (private.py).

The standard way has every header checked and copied twice more, and takes the head, the body and the end to the network
one after the other: a sixth of what a post costs (docs/performance.md). Here h11 gets a stand-in that was made
once, so that its state of the connection is right, and the answer itself is written. Wherever h11 would
have something to add or to leave out, the standard way is taken.
"""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from time import time
from typing import Final

from .asgi import Encoded, Scope, Send
from .config import ServerConfig
from .transport import find_way

PHRASES: Final = {int(status): status.phrase.encode() for status in HTTPStatus}  # wget and requests show them


async def send_whole(scope: Scope, send: Send, status: int, headers: Encoded, body: bytes) -> None:
    """Answer a request. Names of headers are in lower case; unless it is a 204, content-length is one of them."""
    way = find_way(scope)
    head = _head(way.config, status, headers) if way and way.may_answer_whole else b""
    if way and head and _says_where_it_ends(scope, status, dict(headers), body):
        await way.answer_whole(head + body)
    else:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _says_where_it_ends(scope: Scope, status: int, headers: dict[bytes, bytes], body: bytes) -> bool:
    """Whether the answer ends where its headers say, and none of them says that the connection does."""
    length = None if status == 204 else b"%d" % len(body)
    return scope["method"] != "HEAD" and b"connection" not in headers and headers.get(b"content-length") == length


def _head(config: ServerConfig, status: int, headers: Encoded) -> bytes:
    """The head as bytes. Empty where a header holds a line end or NUL: then the standard way lets h11 refuse it."""
    lines = [b"%b: %b\r\n" % pair for pair in headers + _served(config, int(time()))]
    head = b"".join([b"HTTP/1.1 %d %b\r\n" % (status, PHRASES.get(status, b"")), *lines, b"\r\n"])
    ends = len(lines) + 2
    return head if head.count(b"\n") == head.count(b"\r") == ends and b"\0" not in head else b""


@lru_cache(maxsize=1)
def _served(config: ServerConfig, second: int) -> Encoded:
    """The headers that the server adds to every answer: the date. Kept for a second."""
    return config.response_headers("h11")
