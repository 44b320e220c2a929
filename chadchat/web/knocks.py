"""Knocks: who waits at the door, and the page they wait on."""

from __future__ import annotations

from quart import Blueprint, Response

from .. import knocks, rooms
from ..errors import RoomNotFound
from ..members import seated
from ..owner_errors import RecordNotFound
from .access import manage
from .resources import deletes, done
from .respond import Wants, chat, html, json, see_other, wants
from .room_settings import settings_answer
from .session import bearer, seat_cookie

blueprint = Blueprint("knocks", __name__)


@blueprint.get("/<code:code>/knocks")
async def show(code: str) -> Response:
    """Who waits."""
    room, owner = await manage(code)
    waiting = await knocks.waiting(chat().db, room)
    return await settings_answer(room, owner, {"knocks": [knock.public() for knock in waiting]})


@blueprint.get("/<code:code>/knocks/<int:id>")
async def wait(code: str, id: int) -> Response:
    """How one's own knock stands. Raises RoomNotFound for everyone else, as where there is no room."""
    room = await rooms.find(chat().db, code)
    token = bearer() or seat_cookie(code)
    try:
        knock = await knocks.mine(chat().db, room, id, token)
    except RecordNotFound as error:
        raise RoomNotFound(code) from error
    inside = knock.state == "admitted" and await seated(chat().db, code, token or "")
    match wants():
        case Wants.PAGE if inside:
            return see_other(f"/{code}")
        case Wants.PAGE:
            return await html("knock.html", room=room, knock=knock)
        case Wants.FRAGMENT:
            response = await html("rooms/_knock.html", room=room, knock=knock)
            if inside:
                response.headers["HX-Redirect"] = f"/{code}"
            return response
    return json(knock.public())


@blueprint.route("/<code:code>/knocks/<int:id>", methods=["POST", "DELETE"])
async def answer(code: str, id: int) -> Response:
    """POST lets someone in; DELETE leaves them outside."""
    room, owner = await manage(code)
    if await deletes():
        await knocks.deny(chat().log, chat().db, room, owner, id)
    else:
        await knocks.admit(chat().log, chat().db, room, owner, id)
    return done(f"/{code}/settings#knocks", (await knocks.one(chat().db, room, id)).public())
