"""Streams: one room as server-sent events, NDJSON or text, from any point of its log onwards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from quart import Blueprint, Response, request

from .. import cursors, rooms
from ..chat import Chat
from ..cursors import Reset, Start
from ..errors import Stopping
from ..live.feed import Subscriber
from ..live.frames import Format
from ..live.writers import AsgiWriter, Send
from ..members import Member
from ..rooms import Room
from .respond import chat
from .room import number
from .session import member_of

blueprint = Blueprint("stream", __name__)

MOST_EVENTS: Final = 10**9
PAGE: Final = 256
_SEND: Final = "chadchat.send"
_HEADERS: Final = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader asked for: from where, how much (None: no end), and only what there is (`poll`)."""

    start: Start
    limit: int | None
    poll: bool


@blueprint.get("/<code:code>/sse")
async def sse(code: str) -> Response:
    """Server-sent events: JSON, or the fragments of the room page with `as=html`."""
    return await _stream(code, "html" if request.args.get("as") == "html" else "sse")


@blueprint.get("/<code:code>/json")
async def ndjson(code: str) -> Response:
    """One event a line."""
    return await _stream(code, "ndjson")


@blueprint.get("/<code:code>/raw")
async def raw(code: str) -> Response:
    """Lines for a terminal."""
    return await _stream(code, "text")


async def _stream(code: str, format_name: str) -> Response:
    if chat().feeds.ending:
        raise Stopping
    reading = _reading()
    room = await rooms.find(chat().db, code)
    member = await member_of(room)
    format = chat().formats[format_name]
    if request.method == "HEAD":
        body: AsyncIterator[bytes] = _nothing()
    elif reading.poll:
        body = _poll(chat(), room, format, reading)
    else:
        body = _follow(chat(), room, format, reading, member, cast(Send, request.scope[_SEND]))  # type: ignore[typeddict-item]
    response = Response(body, headers=dict(_HEADERS), content_type=format.media)
    response.timeout = None  # a stream ends when its reader goes, not after the framework's minute
    return response


def _reading() -> Reading:
    """Raises CursorInvalid or NumberInvalid. The header wins: a reconnecting browser repeats the old address."""
    poll = request.args.get("poll", "0") not in ("", "0")
    given = request.headers.get("Last-Event-ID") or request.args.get("since") or request.args.get("last_event_id")
    start = cursors.parse(given or ("all" if poll else "none"))
    limit = number("limit", None, 1, MOST_EVENTS)
    return Reading(start, limit, poll)


async def _follow(
    node: Chat, room: Room, format: Format, reading: Reading, member: Member | None, send: Send
) -> AsyncIterator[bytes]:
    """The body of a live stream. It yields nothing: the feed writes to the connection itself, through the writer."""
    writer = AsgiWriter(send)
    async with node.feeds.open(room.code) as feed:
        head = replace(room, epoch=feed.epoch, head=feed.head)
        start = await cursors.resolve(node.db, head, reading.start)
        greeting = format.control("open", {"room": room.code, "cursor": feed.cursor})
        if isinstance(start, Reset):
            greeting += feed.reset(format, start.reason)
            start = feed.head
        subscriber = Subscriber(writer, format, start, reading.limit)
        async with node.presence.streaming(room.code, member):
            feed.add(subscriber, greeting)
            # Who is here may have changed since the page was made, or while the reader was away.
            node.presence.announce(room.code)
            try:
                if node.feeds.ending:  # the end came while this stream was being opened
                    feed.end()
                await writer.run()
            finally:
                feed.remove(subscriber)
    return
    yield b""


async def _poll(node: Chat, room: Room, format: Format, reading: Reading) -> AsyncIterator[bytes]:
    """What there is, in pages, and the end."""
    start = await cursors.resolve(node.db, room, reading.start)
    if isinstance(start, Reset):
        yield format.control("reset", {"room": room.code, "reason": start.reason, "cursor": room.cursor})
        return
    left = min(room.head - start, reading.limit or MOST_EVENTS)
    while left > 0:
        events = await node.log.read(room.code, start, min(PAGE, left))
        if not events:
            return
        yield b"".join(format.event(event) for event in events)
        start, left = events[-1].seq, left - len(events)


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


class SendInScope:
    """Puts the server's `send` where the body of a stream finds it. Everything else of a request stays Quart's."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Plain ASGI middleware."""
        await self._app({**scope, _SEND: send}, receive, send)
