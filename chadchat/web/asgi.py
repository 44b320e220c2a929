"""Quart's connection, but leaner: a request is answered in the server's own task, and a stream's body is the feed's.

Quart keeps two tasks beside the server's own for every request that is being answered: one that reads the body, and
one that answers. Here the body is read by whoever asks for it, and a stream takes the one task it needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import cache, cached_property
from typing import Any, Final, cast

import quart
from quart import Response
from quart.asgi import ASGIHTTPConnection
from quart.typing import ResponseTypes
from quart.wrappers.response import DataBody
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, RequestTimeout

from ..live.writers import Receive, Send, gone
from .headers import complete, stream_headers

STREAMS: Final = ("/sse", "/json", "/raw")

Carrying = Coroutine[Any, Any, bool]
Carry = Callable[[Mapping[str, Any], Receive, Send], Carrying]


class Request(quart.Request):
    """Quart's, but with its headers as they came, and a body that is taken from the server when it is wanted."""

    receive: Receive
    unread = True

    @cached_property
    def head(self) -> dict[bytes, bytes]:
        """The headers by their names in lower case; of one that came twice, the first."""
        return dict(reversed(cast(list[tuple[bytes, bytes]], self.scope["headers"])))

    @cached_property
    def blueprints(self) -> list[str]:
        """Quart's, for blueprints that are not nested: looked up once, not for every kind of hook."""
        return [self.blueprint] if self.blueprint else []

    def header(self, name: bytes) -> str | None:
        """A header by its name in lower case. Most requests lack most of them."""
        value = self.head.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def brings_body(self) -> bool:
        """Whether the caller sends more than headers."""
        return self.head.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in self.head

    async def read(self, seconds: float) -> bytes:
        """All of the body. Raises RequestTimeout when it takes longer than so many seconds, RequestEntityTooLarge, or
        BadRequest when the caller has gone.
        """
        most = cast(int, self.max_content_length)
        if (self.content_length or 0) > most:
            raise RequestEntityTooLarge
        body = b""
        try:
            async with asyncio.timeout(seconds):
                while self.unread:
                    body += await self._part()
                    if len(body) > most:
                        raise RequestEntityTooLarge
        except TimeoutError as error:
            raise RequestTimeout from error
        return body

    async def _part(self) -> bytes:
        message = await self.receive()
        if message["type"] == "http.disconnect":
            self.unread = False
            raise BadRequest
        self.unread = message.get("more_body", False)
        return cast(bytes, message.get("body", b""))


class StreamResponse(Response):
    """An accepted stream. `carry` writes the body to the connection, and says False when the reader went first."""

    def __init__(self, carry: Carry, media: str) -> None:
        super().__init__(b"", content_type=media)
        self.headers.remove("Content-Length")
        self.carry = carry


class Connection(ASGIHTTPConnection):
    """`Quart.asgi_http_class`."""

    async def __call__(self, receive: Any, send: Any) -> None:
        """Answer one request."""
        carrying = await self._begin(receive, send)
        if carrying and await carrying:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _begin(self, receive: Receive, send: Any) -> Carrying | None:
        """Send an answer, or the head of a stream: nothing else of the request is kept while the stream is open."""
        request = cast(Request, self._create_request_from_scope(send))
        request.receive = receive
        response = await self.app.handle_request(request)
        if isinstance(response, StreamResponse):
            await send(_stream_head(response.content_type))
            self.scope["headers"] = []  # kilobytes from a browser, and nobody looks at them again
            return response.carry(self.scope, receive, send)
        head = {"type": "http.response.start", "status": response.status_code, "headers": complete(response.headers)}
        body = _whole(response)
        if body is not None and not (request.unread and request.brings_body):
            await _answer(send, head, body)
        else:
            # What still comes must be taken, for the server waits until it is; and a reader may go before the end.
            await _unless(gone(receive), _answer(send, head, body, response))
        return None


@cache
def _stream_head(media: str) -> dict[str, Any]:
    """Made once for all streams of a kind: the server keeps it for as long as the stream is open."""
    return {"type": "http.response.start", "status": 200, "headers": stream_headers(media)}


def _whole(response: ResponseTypes) -> bytes | None:
    """The body of an answer that has it all; None for one that makes it as it goes."""
    if not isinstance(response, Response):
        return response.get_data()  # a redirect or a refusal of Werkzeug's
    body = response.response
    return body.data if isinstance(body, DataBody) else None


async def _answer(send: Send, head: dict[str, Any], whole: bytes | None, response: ResponseTypes | None = None) -> None:
    await send(head)
    if isinstance(response, Response) and whole is None:
        async with response.response as parts:
            async for part in parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": whole or b"", "more_body": False})


async def _unless(event: Coroutine[Any, Any, None], work: Coroutine[Any, Any, None]) -> None:
    """Do the work, but stop when the event comes first."""
    tasks = [asyncio.create_task(work), asyncio.create_task(event)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
    if isinstance(done[0], Exception):
        raise done[0]
