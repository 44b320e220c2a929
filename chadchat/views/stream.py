"""Streams: one room as server-sent events, NDJSON or text, from any point of its log onwards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from quart import Blueprint, Response

from ..domain import cursors, selection
from ..domain.cursors import Reset, Start
from ..domain.rooms import Room
from ..domain.selection import Selection
from ..live.feed import Feed
from ..live.frames import StreamFormat
from ..live.subscriber import Subscriber
from ..live.writers import writer_for
from ..node import Node
from ..server.asgi import Receive, Send
from ..server.transport import stream_on
from ..web import throttle
from ..web.access import Caller, may_follow, still_may
from ..web.asgi import StreamResponse
from ..web.body import asks, number, read_query
from ..web.body_errors import FormInvalid
from ..web.errors import ParameterUnknown
from ..web.headers import STREAM
from ..web.respond import base_url, node, request
from ..web.visitor import visitor

blueprint = Blueprint("stream", __name__)

MOST_EVENTS: Final = 10**9
LAST_ID: Final = ("lastEventId", "Last-Event-ID", "last_event_id")  # for readers that cannot send the header
KNOWN: Final = frozenset({"as", "from", "kinds", "limit", "me", "numbers", "poll", "since", *LAST_ID})
PAGE: Final = 64  # events in a step, after which the event loop has its turn


@dataclass(frozen=True, slots=True)
class StreamQuery:
    """The request of a reader: the format, from where, how much (None: no end), only what there is (`poll`), and which
    events (None: all).
    """

    format: StreamFormat
    start: Start
    limit: int | None
    poll: bool
    selection: Selection | None = None


@blueprint.get("/<code:code>/sse")
async def sse(code: str) -> Response:
    """Server-sent events: JSON, or the fragments of the room page with `as=html`."""
    return await _stream(code, "html" if read_query().get("as") == "html" else "sse")


@blueprint.get("/<code:code>/json")
async def ndjson(code: str) -> Response:
    """One event a line."""
    return await _stream(code, "ndjson")


@blueprint.get("/<code:code>/raw")
async def raw(code: str) -> Response:
    """Lines for a terminal."""
    return await _stream(code, "numbered" if asks("numbers") else "text")


async def _stream(code: str, format_name: str) -> Response:
    query = _query(format_name)
    if not query.poll:
        node().limits.streams.check(visitor())
    decisions = node().evictions.decisions
    me = read_query().get("me", "")
    caller = await may_follow(code, known=not query.poll, me=me)  # a stream goes by its feed's head
    kinds, author = (read_query().get(name) for name in ("kinds", "from"))
    query = replace(query, selection=await selection.select(node().db, caller.room, kinds, author))
    if request().method != "HEAD" and not query.poll:
        holders = throttle.stream_seat(code, caller.member)
        return StreamResponse(partial(_follow, node(), caller, query, decisions, holders), query.format.media)
    if caller.member:
        node().presence.seen(code, caller.member)  # a page that may have no stream polls, and its member is here
    if request().method == "HEAD":
        response = Response(b"", headers=STREAM, content_type=query.format.media)
        response.headers.remove("Content-Length")  # a stream has none
        return response
    return Response(_poll(node(), caller.room, query), headers=STREAM, content_type=query.format.media)


def _query(format_name: str) -> StreamQuery:
    """Raises ParameterUnknown, FormInvalid, CursorInvalid or NumberInvalid. The last id wins over `since`, as a reader
    that returns repeats its address.
    """
    query = read_query()
    if unknown := query.keys() - KNOWN:
        raise ParameterUnknown(ascii(min(unknown))[1:-1])
    if request().repeats:
        raise FormInvalid("The address of a stream has each of its fields once: kinds=message,edit takes several.")
    poll = asks("poll")
    last = (query.get(name) for name in LAST_ID)
    given = request().header(b"last-event-id") or next(filter(None, last), None) or query.get("since")
    start = cursors.parse(given or ("all" if poll else "none"))
    limit = number("limit", None, 1, MOST_EVENTS)
    format = node().formats.get(format_name) or node().texts.at(format_name, base_url())
    return StreamQuery(format, start, limit, poll)


async def _follow(
    node: Node,
    caller: Caller,
    query: StreamQuery,
    decisions: int,
    holders: tuple[Hashable, ...],
    scope: Mapping[str, Any],
    receive: Receive,
    send: Send,
) -> bool:
    """The body of a live stream, carried by the feed. False when the reader went before the end."""
    code, member = caller.room.code, caller.member
    async with node.limits.streams.hold(*holders), stream_on(scope), node.feeds.open(code) as feed:
        start = await _greet(node, feed, caller.room, query, send)
        await feed.prepare(query.format, start)
        writer = writer_for(scope, send)
        subscriber = Subscriber(writer, query.format, start, query.limit, caller.holder, query.selection)
        try:
            if member:
                await node.presence.arrive(code, member, subscriber)
            feed.add(subscriber)
            await _bring_up_to_date(node, caller, subscriber, decisions)
            del caller, query  # a stream may be open for days
            return await subscriber.writer.run(receive)
        finally:
            feed.remove(subscriber)
            if member:
                node.presence.gone(code, member, subscriber)


async def _greet(node: Node, feed: Feed, room: Room, query: StreamQuery, send: Send) -> int:
    """Send `open`, and `reset` if the reader has to start over; returns the seq from which the stream goes on."""
    start = await cursors.resolve(node.db, replace(room, epoch=feed.epoch, head=feed.head), query.start)
    after = feed.head if isinstance(start, Reset) else start
    opened = {"room": room.code, "cursor": f"{feed.epoch}-{after}", "head": feed.cursor}
    greeting = query.format.control("open", opened)
    if isinstance(start, Reset):
        greeting += feed.reset(query.format, start.reason)
    await send({"type": "http.response.body", "body": greeting, "more_body": True})
    return after


async def _bring_up_to_date(node: Node, caller: Caller, subscriber: Subscriber, decisions: int) -> None:
    """Catch up with changes that were made while the stream was being opened: of the people, an eviction of its reader,
    the end of the node.
    """
    code = caller.room.code
    node.presence.announce(code)
    node.typing.announce(code)
    if node.evictions.decisions != decisions and not await still_may(node, caller):
        subscriber.writer.close(subscriber.format.control("end", {"room": code, "reason": "gone"}))
    if node.feeds.ending:  # not refused with 503 before: EventSource would take that for the end of it all
        node.feeds.end()


async def _poll(node: Node, room: Room, query: StreamQuery) -> AsyncIterator[bytes]:
    """Yield the stored events in pages."""
    format, start = query.format, await cursors.resolve(node.db, room, query.start)
    if isinstance(start, Reset):
        yield format.control("reset", {"room": room.code, "reason": start.reason, "cursor": room.cursor})
        return
    left, told = query.limit or MOST_EVENTS, start
    while start < room.head and left:
        events = await node.log.read(room.code, start, min(PAGE, room.head - start))
        if not events:
            return
        if events[0].seq != start + 1:  # pruned meanwhile
            yield format.control("reset", {"room": room.code, "reason": "pruned", "cursor": room.cursor})
            return
        picked = [event for event in events if query.selection is None or query.selection.has(event)][:left]
        if picked:
            yield b"".join(format.event(event) for event in picked)
            told = picked[-1].seq
        start, left = events[-1].seq, left - len(picked)
    if left and told < start:  # what was left out need not be asked for again
        yield format.control("cursor", {"room": room.code, "cursor": room.cursor})
