"""A request: Quart's, but with its headers as they came, and a body that is taken from the server when it is wanted."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote

import quart
from quart import current_app
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, RequestTimeout

from ..domain.guesses import Guess
from ..errors import ChatError
from ..server.asgi import Receive

if TYPE_CHECKING:
    from ..node import Node

STREAM_PATHS: Final = frozenset({"/sse", "/json", "/raw"})
LARGEST_BODY: Final = 65_536
MOST_FIELDS: Final = 20
_ANY_CASE: Final = re.compile("/([A-Za-z]{4,6})([/.].*)?", re.DOTALL)
_SAFE: Final = "/%:@!$&'()*+,;=~?"
SOON: Final = 0.5  # seconds that an answer waits for a body that nobody wants


class Request(quart.Request):
    """`Quart.request_class`. `receive` is the server's, `node` is who answers, and `unread` says whether a part of the
    body is still there, `late` that it was waited for in vain.
    """

    # Quart's own look for these in the settings of the application's context.
    max_content_length = LARGEST_BODY
    max_form_memory_size = LARGEST_BODY
    max_form_parts = MOST_FIELDS

    receive: Receive
    node: Node
    unread = True
    late = False
    malformed: ChatError | None = None  # what `wellformed.settle` found
    query: dict[str, str] | None = None  # the fields of the address, once `body.read_query` has read them
    guess: Guess | None = None  # a room was named, and it is not decided yet whether that was right
    let_in = False  # whether the caller was let in to that room

    @property
    def opens_stream(self) -> bool:
        """Whether the route that was found is a stream's, however its address is spelled."""
        return self.blueprint == "stream"

    @cached_property
    def head(self) -> dict[bytes, bytes]:
        """The headers by their names in lower case; of one that came twice, the first."""
        return dict(reversed(cast(list[tuple[bytes, bytes]], self.scope["headers"])))

    @property
    def authority(self) -> str:
        """The host and its port, as `wellformed.settle` leaves them."""
        return self.head[b"host"].decode("latin-1")

    def header(self, name: bytes) -> str | None:
        """A header by its name in lower case. Most requests lack most of them."""
        value = self.head.get(name)
        return None if value is None else value.decode("latin-1")

    async def read(self, seconds: float) -> bytes:
        """All of the body. Raises RequestTimeout when it takes longer than so many seconds, RequestEntityTooLarge, or
        BadRequest when the caller has gone.
        """
        self.late = True
        if (self.content_length or 0) > LARGEST_BODY:
            raise RequestEntityTooLarge
        body = b""
        try:
            async with asyncio.timeout(seconds):
                while self.unread:
                    body += await self._part()
                    if len(body) > LARGEST_BODY:
                        raise RequestEntityTooLarge
        except TimeoutError as error:
            raise RequestTimeout from error
        self.late = False
        return body

    async def _part(self) -> bytes:
        message = await self.receive()
        if message["type"] == "http.disconnect":
            self.unread = False
            raise BadRequest
        self.unread = message.get("more_body", False)
        return cast(bytes, message.get("body", b""))


def names_stream(rest: str) -> bool:
    """As `Request.opens_stream`, before a route was looked for, of what follows a room's code in a decoded path. Routes
    do not mind a slash at the end.
    """
    return rest.rstrip("/") in STREAM_PATHS


async def take_rest(scope: Mapping[str, Any], receive: Receive) -> bool:
    """Take the body of a request that is refused, as long as it is little and comes soon, and say whether it all came.

    Then the connection can carry the next request. Where it is closed instead, the answer must say so: else a client
    sends that request into the closing.
    """
    head = dict(scope["headers"])
    length = head.get(b"content-length", b"0")
    if length == b"0" and b"transfer-encoding" not in head:
        return True
    if not length.isdigit() or int(length) > LARGEST_BODY:
        return False
    left, more = LARGEST_BODY, True
    try:
        async with asyncio.timeout(SOON):
            while more and left > 0:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return False
                left, more = left - len(message.get("body", b"")), message.get("more_body", False)
    except TimeoutError:
        return False
    return not more


def in_capitals(request: Request) -> str | None:
    """The address that this request for nothing would have with its code in capitals, query and all; None where there
    is nothing either.
    """
    found, adapter = _ANY_CASE.fullmatch(request.path), current_app.create_url_adapter(request)
    if found is None or adapter is None or found[1].isupper():
        return None
    if any(rule.rule.startswith(f"/{found[1]}") for rule in adapter.map.iter_rules()):  # ours: /static, /help
        return None
    path = f"/{found[1].upper()}{found[2] or ''}"
    if not adapter.test(path, request.method):
        return None
    query = request.query_string.decode("latin-1")
    return quote(path, _SAFE.replace("%", "").replace("?", "")) + (f"?{quote(query, _SAFE)}" if query else "")
