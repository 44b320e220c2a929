"""Who is here."""

from __future__ import annotations

from quart import Blueprint, Response

from .. import members, rooms
from .respond import Wants, chat, html, json, text, wants

blueprint = Blueprint("people", __name__)


@blueprint.get("/<code:code>/people")
async def show(code: str) -> Response:
    """The people of a room: a name a line for curl."""
    room = await rooms.find(chat().db, code)
    people = await members.here(chat().db, room.id)
    match wants():
        case Wants.JSON:
            return json({"room": code, **people.public()})
        case Wants.TEXT:
            return text("".join(f"{member.name}\n" for member in people.shown))
    return await html("rooms/_people.html", room=room, people=people.shown, people_count=people.count)
