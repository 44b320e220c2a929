"""An answer that is there as a whole: its head and body leave in one write, on the server whose inside is known.

The standard way has every header checked and copied twice more, and takes the head, the body and the end to the network
one after the other: a sixth of what a post costs (docs/performance.md). Here h11 hears of a stand-in that was made
once, so that it knows where the connection stands, and the answer itself goes out in its place. Wherever h11 would
have something to add or to leave out, the standard way is taken.
"""

from __future__ import annotations

from functools import lru_cache
from time import time
from typing import Final

import h11
from hypercorn.config import Config
from hypercorn.events import RawData
from hypercorn.protocol.events import StreamClosed
from hypercorn.protocol.http_stream import ASGIHTTPState

from .asgi import Encoded, Scope, Send
from .transport import Way, find_way

_STAND_IN: Final = (h11.Response(status_code=200, headers=[("content-length", "0")]), h11.EndOfMessage())


async def send_whole(scope: Scope, send: Send, status: int, headers: Encoded, body: bytes) -> None:
    """Answer a request. Names of headers are in lower case; unless it is a 204, content-length is one of them."""
    way = find_way(scope, send)
    head = _head(way, status, headers) if way and _stays_open(way) else b""
    if way and head and _says_where_it_ends(scope, status, dict(headers), body):
        await _send_in_one_piece(way, head + body)
    else:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


async def _send_in_one_piece(way: Way, answer: bytes) -> None:
    for event in _STAND_IN:
        way.protocol.connection.send(event)
    way.exchange.state = ASGIHTTPState.CLOSED
    await way.protocol.send(RawData(answer))
    await way.exchange.send(StreamClosed(way.exchange.stream_id))


def _stays_open(way: Way) -> bool:
    """Whether the request has come as a whole, asks for no end, and is not the last that the connection may carry."""
    protocol = way.protocol
    return (
        protocol.connection.their_state is h11.DONE
        and protocol.keep_alive_requests < protocol.config.keep_alive_max_requests
    )


def _says_where_it_ends(scope: Scope, status: int, headers: dict[bytes, bytes], body: bytes) -> bool:
    """Whether the answer ends where its headers say, and none of them says that the connection does."""
    length = None if status == 204 else b"%d" % len(body)
    return scope["method"] != "HEAD" and b"connection" not in headers and headers.get(b"content-length") == length


def _head(way: Way, status: int, headers: Encoded) -> bytes:
    """The head on the wire. Empty if a header would break it: h11 knows what to say to that."""
    lines = [b"%b: %b\r\n" % pair for pair in headers + _served(way.protocol.config, int(time()))]
    head = b"".join([b"HTTP/1.1 %d \r\n" % status, *lines, b"\r\n"])
    ends = len(lines) + 2
    return head if head.count(b"\n") == head.count(b"\r") == ends and b"\0" not in head else b""


@lru_cache(maxsize=1)
def _served(config: Config, second: int) -> Encoded:
    """What the server adds to every answer: the date, which stands still for a second."""
    return config.response_headers("h11")
