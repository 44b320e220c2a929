"""Help: the facts of the contract with lines to copy, as a page or for a terminal."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response, render_template

from ..domain import messages, names
from ..domain.codes import find_code
from ..settings import Settings
from ..web.body import read_query
from ..web.request import LARGEST_BODY
from ..web.respond import Wants, base_url, html, node, text, wants

blueprint = Blueprint("help", __name__)


@blueprint.get("/help")
async def show() -> Response:
    """How to use chadchat, for the room one came from (`room=KQZF`)."""
    room = find_code(read_query().get("room", ""))
    if wants() is Wants.TEXT:
        return text(await usage(room))
    return await html("help.html", **_values(room))


async def usage(room: str | None) -> str:
    """The same for a terminal."""
    return f"{await render_template('help.txt', **_values(room))}\n"


def _values(room: str | None) -> dict[str, Any]:
    limits = [
        ("A message", f"{messages.LONGEST:,} characters"),
        ("A name", f"{names.LONGEST} characters"),
        ("Any other body", f"{LARGEST_BODY:,} bytes"),
        ("One page of history", f"{messages.LARGEST_PAGE} messages"),
        *_counted(node().settings),
    ]
    return {"room_code": room or "KQZF", "example": room is None, "base": base_url(), "limits": limits}


def _counted(settings: Settings) -> list[tuple[str, str]]:
    """What a visitor may ask for, in words."""
    if settings.limits == "off":
        return []
    return [
        ("Requests", _rate(settings.limit_requests, settings.limit_requests_every)),
        ("Posts", _rate(settings.limit_posts, settings.limit_posts_every)),
        ("Posts in a room", f"{settings.limit_room_posts} a second, from everyone"),
        ("New rooms", _rate(settings.limit_rooms, settings.limit_rooms_every)),
        ("New seats", _rate(settings.limit_joins, settings.limit_joins_every)),
        ("Wrong codes", _rate(settings.limit_codes, settings.limit_codes_every)),
        ("Open streams", f"{settings.limit_streams}, and {settings.limit_seat_streams} with one seat"),
    ]


def _rate(burst: int, every: float) -> str:
    rate = f"{1 / every:g} a second" if 0 < every <= 1 else f"1 every {every:g} seconds"
    return f"{burst} at once, then {rate}"
