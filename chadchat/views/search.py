"""Search: the messages of a room that have the words of a query, newest first."""

from __future__ import annotations

from urllib.parse import quote

from quart import Blueprint, Response

from ..domain import messages
from ..domain.marks import all_marked
from ..domain.permissions import Act
from ..domain.queries import Query, QueryRequired, parse
from ..domain.rooms import Room
from ..domain.search import Found
from ..live.frames import line, numbered
from ..refusal import ChatError
from ..web import throttle
from ..web.access import allow
from ..web.body import LARGEST_SEQ, asks, number, read_query
from ..web.respond import Wants, base_url, html, json, node, text, wants

blueprint = Blueprint("search", __name__)


@blueprint.get("/<code:code>/search")
async def show(code: str) -> Response:
    """The newest messages that have what `q=` looks for, or those before `before=`."""
    caller = await allow(Act.READ, code)
    node().search.require()
    asked = read_query().get("q", "")
    try:
        return await _found(caller.room, asked, seated=caller.member is not None)
    except QueryRequired as refusal:
        if wants() in (Wants.JSON, Wants.TEXT):
            raise
        return await _page(caller.room, asked, error=refusal if asked else None)
    except ChatError as refusal:
        if wants() is not Wants.PAGE:
            raise
        return await _page(caller.room, asked, error=refusal)


async def _found(room: Room, asked: str, *, seated: bool) -> Response:
    before = number("before", None, 1, LARGEST_SEQ)
    limit = number("limit", messages.PAGE, 1, messages.LARGEST_PAGE)
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        limit = min(limit, messages.LARGEST_HTML)
    query = parse(asked)
    throttle.search(room.code, seated=seated)
    found = await node().search.find(node().db, room, query, before, limit)
    older = f"{base_url()}/{room.code}/search?q={quote(query.asked, safe='')}&before={found.older}"
    older_url = f"{older}{f'&limit={limit}' if limit != messages.PAGE else ''}" if found.older else None
    match wants():
        case Wants.JSON:
            shown = [event.public() for event in found.messages]
            there = {"room": room.code, "query": query.asked, "messages": shown, "older": older_url}
            return json(there | {"complete": found.complete})
        case Wants.TEXT:
            return text(_lines(found, older_url))
    return await _page(room, asked, query, found, older_url)


def _lines(found: Found, older: str | None) -> str:
    """The lines of a transcript, newest first, with the day above its messages."""
    lines, day, shown = [], "", numbered if asks("numbers") else line
    for event in found.messages:
        if event.at[:10] != day:
            day = event.at[:10]
            lines.append(f"# {day} (times are UTC)")
        lines.append(shown(event))
    lines += [] if found.messages else ["# nothing found"]
    lines += [] if found.complete else ["# older messages cannot be found yet: they are being read"]
    lines += [f"# older: {older}"] if older else []
    return "\n".join(lines) + "\n"


async def _page(
    room: Room,
    asked: str,
    query: Query | None = None,
    found: Found | None = None,
    older: str | None = None,
    error: ChatError | None = None,
) -> Response:
    """The box with the results below, or only these for htmx; without a query the box alone."""
    results = await all_marked(found.messages, query) if found and query else []
    template = "search/_results.html" if wants() is Wants.FRAGMENT else "search.html"
    shown = {"room": room, "query": asked, "results": results, "found": found, "older": older, "error": error}
    return await html(template, error.status if error else 200, **shown)
