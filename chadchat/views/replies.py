"""The replies to a message, and the line above the box that says what is replied to."""

from __future__ import annotations

from quart import Blueprint, Response

from ..domain import messages, replies
from ..domain.messages import History
from ..domain.permissions import Act
from ..errors import MessageNotFound
from ..live.frames import line
from ..web.access import allow
from ..web.body import LARGEST_SEQ, number
from ..web.respond import Wants, base_url, html, json, node, see_other, text, wants

blueprint = Blueprint("replies", __name__)


@blueprint.get("/<code:code>/<int:seq>/replies")
async def show(code: str, seq: int) -> Response:
    """The replies to a message, oldest first; also to one that was removed. The newest, or those before `before=`."""
    room = (await allow(Act.READ, code)).room
    before = number("before", None, 1, LARGEST_SEQ)
    limit = number("limit", messages.PAGE, 1, messages.LARGEST_PAGE)
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        limit = min(limit, messages.LARGEST_HTML)
    target = await messages.one(node().db, room, seq)
    history = await messages.messages_before(node().db, room, before, limit, to=seq)
    older = f"{base_url()}/{code}/{seq}/replies?before={history.older}" if history.older else None
    match wants():
        case Wants.JSON:
            found = [event.public() for event in history.events]
            return json({"room": code, "message": seq, "replies": found, "older": older})
        case Wants.TEXT:
            lines = [f"# older: {older}"] if older else []
            return text("".join(f"{shown}\n" for shown in [*lines, *map(line, history.events)]))
    shown = History([target, *history.events])
    quotes = await replies.quotes(node().db, room, history.events)
    return await html("replies.html", room=room, history=shown, older=older, quotes=quotes, around=None)


@blueprint.get("/<code:code>/<int:seq>/reply")
async def choose(code: str, seq: int) -> Response:
    """The line above the box for a reply to this message, for the script of the room; a page is the room with it."""
    room = (await allow(Act.READ, code)).room
    replying = await replies.answerable(node().db, room, seq)
    if replying is None:
        raise MessageNotFound(code, seq)
    if wants() is Wants.PAGE:
        return see_other(f"/{code}?reply={seq}#text")
    return await html("rooms/_replying.html", room=room, replying=replying)
