"""Quart's connection, but leaner: a request is answered in the server's own task, and a stream's body is the feed's.

Quart keeps two tasks beside the server's own for every request that is being answered: one that reads the body, and
one that answers. Here the body is read by whoever asks for it, and a stream takes the one task it needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import cache
from typing import Any, cast

from quart import Response
from quart.asgi import ASGIHTTPConnection
from quart.typing import ResponseTypes
from quart.wrappers.response import DataBody

from ..live.writers import Receive, Send, gone
from . import compression, gate, shortcut
from .answer import send_whole
from .headers import CLOSE, Encoded, complete, stream_headers
from .request import Request, take_rest
from .respond import asking

Carrying = Coroutine[Any, Any, bool]
Carry = Callable[[Mapping[str, Any], Receive, Send], Carrying]


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
        node = self.app.extensions["chadchat"]
        if refused := gate.refusal(node, self.scope):
            await gate.answer(node, self.scope, receive, send, *refused)
            return
        carrying = await self._begin(receive, send)
        if carrying and await carrying:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _begin(self, receive: Receive, send: Any) -> Carrying | None:
        """Send an answer, or the head of a stream: nothing else of the request is kept while the stream is open."""
        request = cast(Request, self._create_request_from_scope(send))
        request.receive = receive
        request.node = self.app.extensions["chadchat"]
        with asking(request):
            response = await shortcut.answer(self.app, request) or await self.app.handle_request(request)
            request.routing_exception = None  # its traceback leads back to the request, which only the collector undoes
        if isinstance(response, StreamResponse):
            await send(_stream_head(response.content_type))
            self.scope["headers"] = []  # kilobytes from a browser, and nobody looks at them again
            return response.carry(self.scope, receive, send)
        if response.status_code in (204, 304):
            response.headers.remove("Content-Length")  # RFC 9110, 8.6
        body = _whole(response)
        if body is not None and len(body) >= compression.LEAST and isinstance(response, Response):
            body = await compression.compressed(request, response, body)
        headers = complete(response.headers, https=self.scope["scheme"] == "https")
        if request.unread and (request.late or not await take_rest(self.scope, receive)):
            headers += CLOSE if self.scope["http_version"] < "2" else []
        if body is not None:
            await send_whole(self.scope, send, response.status_code, headers, body)
        else:  # a reader may go before the end
            await _unless(gone(receive), _send_parts(send, response, headers))
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


async def _send_parts(send: Send, response: ResponseTypes, headers: Encoded) -> None:
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    async with cast(Response, response).response as parts:
        async for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


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
