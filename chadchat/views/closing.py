"""Closing a room for good, with its export offered first."""

from __future__ import annotations

from quart import Blueprint, Response

from ..domain import rooms
from ..web.access import manage
from ..web.resources import done
from ..web.respond import Wants, html, json, node, wants

blueprint = Blueprint("closing", __name__)


@blueprint.get("/<code:code>/close")
async def ask(code: str) -> Response:
    """What closing means, what to take along first, and the button."""
    room, _ = await manage(code)
    if wants() is Wants.PAGE:
        return await html("close.html", room=room)
    return json({"room": code, "export": f"/{code}.jsonl", "close": f"DELETE /{code}"})


@blueprint.delete("/<code:code>")
@blueprint.post("/<code:code>/close")
async def close(code: str) -> Response:
    """Close the room: its streams end, and it answers 410 from now on."""
    _, owner = await manage(code)
    await node().log.append(rooms.closing(code, owner.name, owner.id))
    return done("/", {"room": code, "closed": True})
