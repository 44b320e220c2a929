"""Help: the facts of the contract with lines to copy, as a page or for a terminal."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response, render_template

from ..domain import messages, names
from ..domain.codes import find_code
from ..kinds import KINDS
from ..setting import Rate
from ..settings import Settings
from ..web.body import read_query
from ..web.request import LARGEST_BODY
from ..web.respond import Wants, base_url, html, json, node, text, wants

blueprint = Blueprint("help", __name__)


@blueprint.get("/help")
async def show() -> Response:
    """How to use chadchat, with the lines for a room (`room=KQZF`)."""
    room = find_code(read_query().get("room", ""))
    match wants():
        case Wants.TEXT:
            return text(await usage(room))
        case Wants.JSON:
            shown = _values(room)
            return json({"help": await usage(room), "kinds": shown["kinds"], "limits": dict(shown["limits"])})
    return await html("help.html", **_values(room))


async def usage(room: str | None) -> str:
    """The help as text for a terminal."""
    return f"{await render_template('help.txt', **_values(room))}\n"


def _values(room: str | None) -> dict[str, Any]:
    limits = [
        ("A message", f"{messages.LONGEST:,} characters"),
        ("A name", f"{names.LONGEST} characters"),
        ("Any other body", f"{LARGEST_BODY:,} bytes"),
        ("One page of history", f"{messages.LARGEST_PAGE} messages, {messages.LARGEST_HTML} of them in HTML"),
        *_held(node().settings),
        *_counted(node().settings),
    ]
    shown = {"room_code": room or "KQZF", "example": room is None, "base": base_url(), "limits": limits}
    return {**shown, "kinds": list(KINDS)}


def _held(settings: Settings) -> list[tuple[str, str]]:
    """What a room holds, in words."""
    held = [("A room", f"{settings.quota_room} MiB of events")] if settings.quota_room else []
    if settings.files == "on":
        held.append(("A file", f"{settings.file_most} MiB; all of a room {settings.quota_files_room} MiB"))
    return held


def _counted(settings: Settings) -> list[tuple[str, str]]:
    """The limits of visitors and seats, in words."""
    if settings.limits == "off":
        return []
    return [
        ("Requests", _rate(settings.limit_requests)),
        ("Posts", _rate(settings.limit_posts)),
        ("Posts in a room", f"{settings.limit_room_posts} a second, from everyone"),
        ("Reactions", _rate(settings.limit_reactions)),
        *([("Searches", _rate(settings.limit_search))] if settings.search == "on" else []),
        *([("Files", _rate(settings.limit_files))] if settings.files == "on" else []),
        ("New rooms", _rate(settings.limit_rooms)),
        ("New seats", _rate(settings.limit_joins)),
        ("Wrong codes", _rate(settings.limit_codes)),
        (
            "Open streams",
            f"{settings.limit_streams} from one address, more while there is room;"
            f" {settings.limit_seat_streams} with one seat",
        ),
        ("Waits for answers", f"{settings.limit_waits} from an address; {settings.limit_seat_waits} with one seat"),
    ]


def _rate(rate: Rate) -> str:
    then = f"{1 / rate.every:g} a second" if 0 < rate.every <= 1 else f"1 every {rate.every:g} seconds"
    return f"{rate.burst} at once, then {then}"
