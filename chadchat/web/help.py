"""Help: the facts of the contract with lines to copy, as a page or for a terminal."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response, render_template, request

from .. import messages, names
from ..codes import clean_code, is_code
from .respond import Wants, base_url, html, text, wants

blueprint = Blueprint("help", __name__)


@blueprint.get("/help")
async def show() -> Response:
    """How to use chadchat, for the room one came from (`room=KQZF`)."""
    code = clean_code(request.args.get("room", ""))
    room = code if is_code(code) else None
    if wants() is Wants.TEXT:
        return text(await usage(room))
    return await html("help.html", **_values(room))


async def usage(room: str | None) -> str:
    """The same for a terminal."""
    return f"{await render_template('help.txt', **_values(room))}\n"


def _values(room: str | None) -> dict[str, Any]:
    limits = {
        "message": messages.LONGEST,
        "name": names.LONGEST,
        "body": 65_536,
        "page": messages.LARGEST_PAGE,
    }
    return {"room_code": room or "KQZF", "example": room is None, "base": base_url(), "limits": limits}
