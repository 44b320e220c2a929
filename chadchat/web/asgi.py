"""Our version of Quart's ASGI connection: it answers a request in the server's own task.

For every request Quart starts two more tasks, one that reads the body and one that answers. Here the view reads the
body when it needs it, and the feed writes the body of a stream, so that an open stream takes one task.
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

from ..live.writers import gone
from ..node import Node
from ..refusal import ChatError
from ..server.asgi import Encoded, Receive, Send
from ..server.one_write import send_whole
from . import compression, previews, shortcut, stream_by_accept, throttle, upload
from .errors import NoWebSockets, PreviewsOnlyLook, VersionUnknown, refuse_early
from .headers import CLOSE, STREAM, complete
from .request import Request, take_rest
from .respond import answering
from .wellformed import settle

Carrying = Coroutine[Any, Any, bool]
Carry = Callable[[Mapping[str, Any], Receive, Send], Carrying]


class StreamResponse(Response):
    """The response of an accepted stream. `carry` writes the body, and returns False if the reader disconnected."""

    def __init__(self, carry: Carry, media: str) -> None:
        super().__init__(b"", content_type=media)
        self.headers.remove("Content-Length")
        self.carry = carry


class Connection(ASGIHTTPConnection):
    """Answers one HTTP request; used as `Quart.asgi_http_class`."""

    async def __call__(self, receive: Any, send: Any) -> None:
        """Check, refuse or answer the request, and carry its stream."""
        malformed = settle(cast(dict[str, Any], self.scope))
        previews.settle(cast(dict[str, Any], self.scope))
        stream_by_accept.settle(cast(dict[str, Any], self.scope))
        if refused := await self.refusal():
            await refuse_early(self.app.extensions["chadchat"], self.scope, receive, send, *refused)
            return
        carrying = await self._begin(receive, send, malformed)
        if carrying and await carrying:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def refusal(self) -> tuple[ChatError, float] | None:
        """The refusal of this request before the framework sees it, and the seconds to delay it; None if it passes.

        Counts the request.
        """
        node = self.app.extensions["chadchat"]
        return await throttle.refusal(node, self.scope) or _foreign(node, self.scope)

    async def _begin(self, receive: Receive, send: Any, malformed: ChatError | None) -> Carrying | None:
        """Send the answer and return None; or send the head of a stream, and return the coroutine that carries it.

        While a stream is open nothing else of its request is kept in memory.
        """
        request = cast(Request, self._create_request_from_scope(send))
        request.receive = receive
        request.malformed = malformed
        request.node = self.app.extensions["chadchat"]
        with answering(request):
            try:
                response = await shortcut.answer(self.app, request) or await self.app.handle_request(request)
            finally:
                throttle.decide(request)
                await upload.leave(request)
            request.routing_exception = None  # its traceback makes a reference cycle with the request
        if isinstance(response, StreamResponse):
            await send(_stream_head(response.content_type, self.scope["scheme"] == "https"))
            self.scope["headers"] = []  # frees kilobytes that are not needed again
            return response.carry(self.scope, receive, send)
        if response.status_code in (204, 304):
            response.headers.remove("Content-Length")  # RFC 9110, 8.6
        body = _whole(response)
        if body is not None and len(body) >= compression.LEAST and isinstance(response, Response):
            body = await compression.compressed(request, response, body)
        headers = complete(encode_headers(response.headers), https=self.scope["scheme"] == "https")
        if request.unread and (request.late or not await take_rest(self.scope, receive, *upload.patience(request))):
            headers += CLOSE
        if body is not None:
            await send_whole(self.scope, send, response.status_code, headers, body)
        else:  # the client may disconnect before the end
            await _unless(gone(receive), _send_parts(send, response, headers))
        return None


class Handshake(ASGIWebsocketConnection):
    """Refuses WebSockets on a server that supports them; used as `Quart.asgi_websocket_class`. Counts the request."""

    async def __call__(self, receive: Any, send: Any) -> None:
        """Answer with our refusal, if the server allows an HTTP response; else close, which the server makes a 403."""
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
    """The refusal of a request that is not HTTP/1, that asks for a WebSocket, or with which a fetcher of previews would
    act; None for any other.
    """
    refused: ChatError
    if not scope["http_version"].startswith("1."):
        refused = VersionUnknown()
    elif scope["type"] == "websocket" or (scope["method"] == "GET" and _is_handshake(scope["headers"])):
        refused = NoWebSockets()
    elif previews.PREVIEW in scope and scope["method"] not in previews.SAFE:
        refused = PreviewsOnlyLook()
    else:
        return None
    node.metrics.refused(refused.code)
    return refused, 0.0


def _is_handshake(headers: Encoded) -> bool:
    """Whether the headers ask for a WebSocket (RFC 6455, 4.2.1)."""
    return any(name == b"upgrade" and b"websocket" in value.lower() for name, value in headers)


@cache
def _stream_head(media: str, https: bool) -> dict[str, Any]:
    """The head of a stream's response. Cached, as the server keeps it as long as the stream is open."""
    headers = encode_headers(Headers({"Content-Type": media, **STREAM}))
    return {"type": "http.response.start", "status": 200, "headers": complete(headers, https=https)}


def _whole(response: ResponseTypes) -> bytes | None:
    """The body of a response, or None if it is produced in parts."""
    if not isinstance(response, Response):
        return response.get_data()  # a Werkzeug response: a redirect or an error
    body = response.response
    return body.data if isinstance(body, DataBody) else None


async def _send_parts(send: Send, response: ResponseTypes, headers: Encoded) -> None:
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    async with cast(Response, response).response as parts:
        async for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _unless(event: Coroutine[Any, Any, None], work: Coroutine[Any, Any, None]) -> None:
    """Run `work` until it ends or `event` ends, and raise its error."""
    tasks = [asyncio.create_task(work), asyncio.create_task(event)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
    if isinstance(done[0], Exception):
        raise done[0]
