"""The rooms of the caller's seats, for a browser's home page and for programs."""

from __future__ import annotations

from quart import Blueprint, Response

from ..domain.my_rooms import Mine, mine, read_marks
from ..web.body import read_query
from ..web.respond import Wants, html, json, node, see_other, text, wants
from ..web.session import bearer, tokens_of_browser

blueprint = Blueprint("my_rooms", __name__)


@blueprint.get("/rooms/mine")
async def show() -> Response:
    """The rooms, with what was not read yet where `read=` has a mark. A page of them is the home page."""
    match wants():
        case Wants.PAGE:
            return see_other("/")
        case Wants.FRAGMENT:
            return await html("rooms/_mine.html", rooms=await _mine())
        case Wants.TEXT:
            return text("".join(f"{_line(room)}\n" for room in await _mine()))
    return json({"rooms": [room.public() for room in await _mine()]})


async def _mine() -> list[Mine]:
    marks = read_marks(read_query().get("read", ""))
    return await mine(node().db, tokens_of_browser(), bearer(), marks)


def _line(room: Mine) -> str:
    shown = f"{room.code} {room.title}".rstrip()
    if not room.unread:
        return shown
    return f"{shown}: {room.unread if room.unread < 100 else '99+'} new, {room.for_you} for you"
