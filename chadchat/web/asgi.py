"""Quart's connection, but for streams: their heads and refusals are Quart's, their bodies are handed to the feed.

Quart keeps two tasks beside the server's own for every request that is being answered. A stream needs one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from quart import Response
from quart.asgi import ASGIHTTPConnection
from quart.utils import encode_headers

from ..live.writers import Receive, Send
from . import gate

Carry = Callable[[Mapping[str, Any], Receive, Send], Awaitable[bool]]


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
            await gate.answer(node, self.scope, send, *refused)
        elif self.scope["path"].endswith(gate.STREAMS) and self.scope["method"] == "GET":
            await self._stream(receive, send)
        else:
            await super().__call__(receive, send)

    async def _stream(self, receive: Any, send: Any) -> None:
        carry = await self._begin(send)
        if carry and await carry(self.scope, receive, send):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _begin(self, send: Any) -> Carry | None:
        """Send the head of a stream, or all of a refusal. Nothing of either is kept while the stream is idle."""
        request = self._create_request_from_scope(send)
        request.body.set_complete()  # a GET: nothing of a body is read
        response = await self.app.handle_request(request)
        if not isinstance(response, StreamResponse):
            await self._send_response(send, response)
            return None
        headers = encode_headers(response.headers)
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        return response.carry
