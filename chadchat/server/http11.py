"""HTTP/1.1, and nothing else on this port: no HTTP/2, no WebSockets, and no `Upgrade` to either.

A server may ignore any Upgrade (RFC 9110, 7.8). `Upgrade: h2c` is how requests are smuggled past a proxy that forwards
the header and then bytes that it no longer understands. Browsers reach HTTP/2 through the proxy.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, cast
from urllib.parse import quote_from_bytes

import h11
from hypercorn.events import RawData
from hypercorn.protocol.events import Body, EndBody, Request, Response, StreamClosed
from hypercorn.protocol.h11 import STREAM_ID, H11Protocol
from hypercorn.protocol.http_stream import HTTPStream
from hypercorn.typing import ConnectionState

from .config import ServerConfig
from .one_write import PHRASES
from .transport import NUMBER

_STAND_IN: Final = (h11.Response(status_code=200, headers=[("content-length", "0")], reason="OK"), h11.EndOfMessage())
_ASCII: Final = bytes(range(0x21, 0x7F)).decode()
EMPTY_LINES: Final = re.compile(rb"(?:\r?\n){1,8}")  # between requests; RFC 9112, 2.2: a server should ignore one
CHUNKS: Final = 100  # of a body that may be of any size
SMALLEST_CHUNK: Final = 16  # bytes, on average, where there are more of them: each costs some 16 us to take apart

# The code and the sentence of what h11 refuses, by status. The caller's format is not known where the head could not be
# read: JSON for all.
_REFUSALS: Final = {
    400: (
        "malformed",
        "That is not a request in HTTP/1.1: it has one request line, one Host, and headers that are well-formed.",
    ),
    431: ("headers_too_large", "Those headers are too large (16,384 bytes)."),
    501: ("coding_unknown", "Of transfer codings this server knows only chunked."),
}
_TOO_SMALL: Final = ("chunks_too_small", f"More than {CHUNKS} chunks must have {SMALLEST_CHUNK} bytes on average.")
_HEADERS: Final = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"connection", b"close"),
]


class Http11(H11Protocol):
    """One connection's requests. Each becomes a scope of the type `http`, also one that asks for another protocol."""

    config: ServerConfig

    def __init__(self, app: Any, config: ServerConfig, *known: Any) -> None:
        super().__init__(app, config, *known)
        self.connection: Requests = Requests(config.h11_max_incomplete_size)
        self.number = 0  # of the request that is being answered

    async def _check_protocol(self, event: h11.Request) -> None:
        """Does nothing: Hypercorn's changes to HTTP/2 here."""

    async def _create_stream(self, request: h11.Request) -> None:
        """As Hypercorn's, but a WebSocket handshake is a request as any other: Hypercorn would answer it itself."""
        self.stream = HTTPStream(
            self.app,
            self.config,
            self.context,
            self.task_group,
            self.ssl,
            self.client,
            self.server,
            self.stream_send,
            STREAM_ID,
        )
        if not request.http_version.startswith(b"1."):  # what follows its head is not HTTP/1 either
            self.keep_alive_requests = self.config.keep_alive_max_requests
        self.number += 1
        await self.stream.handle(
            Request(
                stream_id=STREAM_ID,
                headers=list(request.headers),
                http_version=request.http_version.decode(),
                method=request.method.decode("ascii").upper(),
                raw_path=quote_from_bytes(request.target, safe=_ASCII).encode(),
                state=ConnectionState({**self.connection_state, NUMBER: self.number}),
            )
        )
        self.keep_alive_requests += 1
        await self.context.mark_request()

    @property
    def may_answer_whole(self) -> bool:
        """Whether the request has come as a whole, asks for no end, and is not the last that the connection carries."""
        return (
            self.connection.their_state is h11.DONE and self.keep_alive_requests < self.config.keep_alive_max_requests
        )

    async def ask_for_body(self) -> None:
        """Send `100 Continue` to a caller that waits for it: the application reads the body, and so has not refused
        it from the head alone. Hypercorn would send it before the application is asked.
        """
        if self.connection.client_is_waiting_for_100_continue:
            headers = self.config.response_headers("h11")
            await self._send_h11_event(h11.InformationalResponse(status_code=100, headers=headers))

    async def answer_whole(self, answer: bytes) -> None:
        """Answer with these bytes. h11 gets a stand-in for them, so that its state of the connection is right."""
        exchange = cast(HTTPStream, self.stream)
        for event in _STAND_IN:
            self.connection.send(event)
        exchange.state = type(exchange.state).CLOSED
        await self.send(RawData(answer))
        await exchange.send(StreamClosed(exchange.stream_id))

    async def _send_error_response(self, status_code: int) -> None:
        """As Hypercorn's, but with a code and a sentence."""
        code, sentence = _TOO_SMALL if self.connection.chunks_too_small else _REFUSALS.get(status_code, _REFUSALS[400])
        self.config.refused(code)
        shown = {"code": code, "status": status_code, "error": sentence}
        said = json.dumps(shown, separators=(",", ":")).encode() + b"\n"
        headers = [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", b"%d" % len(said)),
            *_HEADERS,
        ]
        await self.stream_send(Response(stream_id=STREAM_ID, headers=headers, status_code=status_code))
        if not self.connection.asked_for_head:
            await self.stream_send(Body(stream_id=STREAM_ID, data=said))
        await self.stream_send(EndBody(stream_id=STREAM_ID))


class Requests(h11.Connection):
    """h11's state of a connection; it ignores empty lines before a request and refuses bodies in tiny chunks."""

    def __init__(self, most: int) -> None:
        super().__init__(h11.SERVER, max_incomplete_event_size=most)
        self.chunks_too_small = False
        self.asked_for_head = False
        self._most = most
        self._kept = b""  # half of an empty line
        self._chunks = self._bytes = 0

    @property
    def they_are_waiting_for_100_continue(self) -> bool:
        """Never for Hypercorn, which would answer; see `Http11.ask_for_body`."""
        return False

    def send_with_data_passthrough(self, event: h11.Event) -> list[bytes] | None:
        """As h11's, with the reason phrase of an answer, which Hypercorn leaves out."""
        if isinstance(event, (h11.Response, h11.InformationalResponse)) and not event.reason:
            reason = PHRASES.get(event.status_code, b"")
            event = type(event)(headers=event.headers, status_code=event.status_code, reason=reason)
        return super().send_with_data_passthrough(event)

    def receive_data(self, data: bytes) -> None:
        """As h11's, without empty lines before a request."""
        if data and (self._kept or data[:1] in (b"\r", b"\n")):
            data = self._after_empty_lines(data)
            if not data:
                return
        super().receive_data(data)

    def start_next_cycle(self) -> None:
        """As h11's. Bytes of the next request that are here already are given to it again."""
        super().start_next_cycle()
        rest, ended = self.trailing_data
        if rest[:1] in (b"\r", b"\n"):
            super().__init__(h11.SERVER, max_incomplete_event_size=self._most)
            self.receive_data(rest)
            if ended:
                self.receive_data(b"")

    def next_event(self) -> Any:
        """As h11's. Raises RemoteProtocolError for a body in tiny chunks, too."""
        if self.their_state is h11.MUST_CLOSE and self.trailing_data[0]:
            return h11.PAUSED  # that was the last request, whatever follows it
        event = super().next_event()
        if isinstance(event, h11.Data):
            self._bytes += len(event.data)
            self._chunks += event.chunk_start
            # Of the last chunk there may be only a part.
            if self._chunks > CHUNKS and self._bytes < (self._chunks - 1) * SMALLEST_CHUNK:
                self.chunks_too_small = True
                raise h11.RemoteProtocolError("the chunks are too small", error_status_hint=400)
        elif isinstance(event, h11.Request):
            self._chunks = self._bytes = 0
            self.asked_for_head = event.method == b"HEAD"
        return event

    def _after_empty_lines(self, data: bytes) -> bytes:
        if self.their_state is not h11.IDLE or self.trailing_data[0]:
            return data
        data, self._kept = self._kept + data, b""
        if found := EMPTY_LINES.match(data):
            data = data[found.end() :]
        if data == b"\r":
            data, self._kept = b"", data
        return data
