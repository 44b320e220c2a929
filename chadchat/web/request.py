"""Our version of Quart's request: with the raw headers, and a body that is read from the server only when needed."""

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
from ..refusal import ChatError
from ..server.asgi import Receive

if TYPE_CHECKING:
    from ..node import Node
    from .inbox import Inbox

STREAM_PATHS: Final = frozenset({"/sse", "/json", "/raw"})
LARGEST_BODY: Final = 65_536
MOST_FIELDS: Final = 20
_ANY_CASE: Final = re.compile("/([A-Za-z]{4,6})([/.].*)?", re.DOTALL)
_SAFE: Final = "/%:@!$&'()*+,;=~?"
OF_A_NAME: Final = {"PUT", "OPTIONS"}  # the methods of an address that is one only as the name of a file
SOON: Final = 0.5  # seconds that the answer waits for the rest of a body that is not needed


class Request(quart.Request):
    """One request; used as `Quart.request_class`. `receive` is the server's ASGI callable, and `node` the running node.
    `unread` is True while a part of the body is not read; `late` is True if reading it failed or timed out.
    """

    # Constants here, as Quart's own request reads them from the application's configuration each time.
    max_content_length = LARGEST_BODY
    max_form_memory_size = LARGEST_BODY
    max_form_parts = MOST_FIELDS

    receive: Receive
    node: Node
    unread = True
    late = False
    whole: bytes | None = None  # the body, once it is read
    malformed: ChatError | None = None  # the refusal from `wellformed.settle`
    fields: dict[str, str] | None = None  # those of a multipart form, once it is read
    inbox: Inbox | None = None  # of the file that the request may bring, see inbox.py
    query: dict[str, str] | None = None  # the fields of the query, cached by `body.read_query`
    repeats = False  # whether the query has a field twice
    guess: Guess | None = None  # the undecided guess of the room's code, see throttle.py
    let_in = False  # whether the caller may see the room, so that the guess was right

    @property
    def opens_stream(self) -> bool:
        """Whether the matched route is a stream's."""
        return self.blueprint == "stream"

    @cached_property
    def head(self) -> dict[bytes, bytes]:
        """The headers by name in lower case; the first value of a header that is given twice."""
        return dict(reversed(cast(list[tuple[bytes, bytes]], self.scope["headers"])))

    @property
    def authority(self) -> str:
        """The host and port, as `wellformed.settle` has normalised them."""
        return self.head[b"host"].decode("latin-1")

    def header(self, name: bytes) -> str | None:
        """The value of a header by its name in lower case, or None."""
        value = self.head.get(name)
        return None if value is None else value.decode("latin-1")

    async def read(self, seconds: float) -> bytes:
        """The whole body; it may be asked for again. Raises RequestTimeout after `seconds`, RequestEntityTooLarge, or
        BadRequest if the client has disconnected.
        """
        if self.whole is not None:
            return self.whole
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
        self.whole = body
        return body

    async def part(self, seconds: float) -> bytes:
        """The next part of the body. Raises RequestTimeout after `seconds`, or BadRequest if the client is gone."""
        self.late = True
        try:
            async with asyncio.timeout(seconds):
                part = await self._part()
        except TimeoutError as error:
            raise RequestTimeout from error
        self.late = False
        return part

    async def _part(self) -> bytes:
        message = await self.receive()
        if message["type"] == "http.disconnect":
            self.unread = False
            raise BadRequest
        self.unread = message.get("more_body", False)
        return cast(bytes, message.get("body", b""))


def names_stream(rest: str) -> bool:
    """As `Request.opens_stream`, but before routing: `rest` is the part of the decoded path after the room's code.

    A slash at the end is ignored, as in routing.
    """
    return rest.rstrip("/") in STREAM_PATHS


async def take_rest(
    scope: Mapping[str, Any], receive: Receive, most: int = LARGEST_BODY, seconds: float = SOON
) -> bool:
    """Read and discard the rest of a body, if it has at most so many bytes and arrives within so many seconds; returns
    whether it is complete.

    If it is, the connection can carry the next request. If not, the connection is closed, and the answer must have
    `Connection: close`, or the client may send its next request into the closing connection.
    """
    head = dict(scope["headers"])
    length = head.get(b"content-length", b"0")
    if length == b"0" and b"transfer-encoding" not in head:
        return True
    if not length.isdigit() or int(length) > most or b"expect" in head:  # one that is asked before it sends its body
        return False
    left, more = most, True
    try:
        async with asyncio.timeout(seconds):
            while more and left > 0:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return False
                left, more = left - len(message.get("body", b"")), message.get("more_body", False)
    except TimeoutError:
        return False
    return not more


def in_capitals(request: Request) -> str | None:
    """The address of a 404 request with its room code in capitals, with its query; None if no route matches that
    either.
    """
    found, adapter = _ANY_CASE.fullmatch(request.path), current_app.create_url_adapter(request)
    if found is None or adapter is None or found[1].isupper():
        return None
    if any(rule.rule.startswith(f"/{found[1]}") for rule in adapter.map.iter_rules()):  # our own routes: /static, /help
        return None
    path = f"/{found[1].upper()}{found[2] or ''}"
    allowed = set(adapter.allowed_methods(path))
    if not allowed or (allowed == OF_A_NAME and request.method not in OF_A_NAME):
        return None
    query = request.query_string.decode("latin-1")
    return quote(path, _SAFE.replace("%", "").replace("?", "")) + (f"?{quote(query, _SAFE)}" if query else "")
