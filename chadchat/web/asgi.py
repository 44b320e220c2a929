"""Quart's connection, but leaner: a request is answered in the server's own task, and a stream's body is the feed's.

Quart keeps two tasks beside the server's own for every request that is being answered: one that reads the body, and
one that answers. Here the body is read by whoever asks for it, and a stream takes the one task it needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import cache, partial
from typing import Any, cast

from quart import Response
from quart.asgi import ASGIHTTPConnection, ASGIWebsocketConnection
from quart.typing import ResponseTypes
from quart.utils import encode_headers
from quart.wrappers.response import DataBody
from werkzeug.datastructures import Headers

from ..errors import ChatError
from ..live.writers import gone
from ..node import Node
from ..server.asgi import Encoded, Receive, Send
from ..server.one_write import send_whole
from . import compression, shortcut, throttle
from .errors import NoWebSockets, VersionUnknown, refuse_early
from .headers import CLOSE, STREAM, complete
from .request import Request, take_rest
from .respond import answering
from .wellformed import settle

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
        malformed = settle(cast(dict[str, Any], self.scope))
        if refused := await self.refusal():
            await refuse_early(self.app.extensions["chadchat"], self.scope, receive, send, *refused)
            return
        carrying = await self._begin(receive, send, malformed)
        if carrying and await carrying:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def refusal(self) -> tuple[ChatError, float] | None:
        """What is refused before anything else, and after so many seconds. Counts the request."""
        node = self.app.extensions["chadchat"]
        return await throttle.refusal(node, self.scope) or _foreign(node, self.scope)

    async def _begin(self, receive: Receive, send: Any, malformed: ChatError | None) -> Carrying | None:
        """Send an answer, or the head of a stream: nothing else of the request is kept while the stream is open."""
        request = cast(Request, self._create_request_from_scope(send))
        request.receive = receive
        request.malformed = malformed
        request.node = self.app.extensions["chadchat"]
        with answering(request):
            try:
                response = await shortcut.answer(self.app, request) or await self.app.handle_request(request)
            finally:
                throttle.decide(request)
            request.routing_exception = None  # its traceback leads back to the request, which only the collector undoes
        if isinstance(response, StreamResponse):
            await send(_stream_head(response.content_type, self.scope["scheme"] == "https"))
            self.scope["headers"] = []  # kilobytes from a browser, and nobody looks at them again
            return response.carry(self.scope, receive, send)
        if response.status_code in (204, 304):
            response.headers.remove("Content-Length")  # RFC 9110, 8.6
        body = _whole(response)
        if body is not None and len(body) >= compression.LEAST and isinstance(response, Response):
            body = await compression.compressed(request, response, body)
        headers = complete(encode_headers(response.headers), https=self.scope["scheme"] == "https")
        if request.unread and (request.late or not await take_rest(self.scope, receive)):
            headers += CLOSE
        if body is not None:
            await send_whole(self.scope, send, response.status_code, headers, body)
        else:  # a reader may go before the end
            await _unless(gone(receive), _send_parts(send, response, headers))
        return None


class Handshake(ASGIWebsocketConnection):
    """`Quart.asgi_websocket_class`, for servers that have WebSockets: refused, and counted like any request."""

    async def __call__(self, receive: Any, send: Any) -> None:
        """Refuse it, in the server's own words (403) where it leaves us no others."""
        scheme = "https" if self.scope["scheme"] == "wss" else "http"
        connection = Connection(self.app, cast(Any, {**self.scope, "method": "GET", "scheme": scheme}))
        if "websocket.http.response" in self.scope.get("extensions", {}):
            await connection(receive, partial(_as_handshake, send))
        else:
            await connection.refusal()
            await send({"type": "websocket.close", "code": 1008})


async def _as_handshake(send: Send, message: dict[str, Any]) -> None:
    await send({**message, "type": f"websocket.{message['type']}"})


def _foreign(node: Node, scope: Mapping[str, Any]) -> tuple[ChatError, float] | None:
    """What is asked in another protocol than HTTP/1, or asks for one."""
    refused: ChatError
    if not scope["http_version"].startswith("1."):
        refused = VersionUnknown()
    elif scope["type"] == "websocket" or (scope["method"] == "GET" and _is_handshake(scope["headers"])):
        refused = NoWebSockets()
    else:
        return None
    node.metrics.refused(refused.code)
    return refused, 0.0


def _is_handshake(headers: Encoded) -> bool:
    """Whether a request begins a WebSocket (RFC 6455, 4.2.1)."""
    return any(name == b"upgrade" and b"websocket" in value.lower() for name, value in headers)


@cache
def _stream_head(media: str, https: bool) -> dict[str, Any]:
    """Made once for all streams of a kind: the server keeps it for as long as the stream is open."""
    headers = encode_headers(Headers({"Content-Type": media, **STREAM}))
    return {"type": "http.response.start", "status": 200, "headers": complete(headers, https=https)}


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
