"""Knocks: the list for owners, and the page on which an outsider waits."""

from __future__ import annotations

from functools import partial

from quart import Blueprint, Response

from ..domain import knocks
from ..domain.members import hashed, seated
from ..domain.unused_seats import with_name
from ..errors import RoomNotFound
from ..web.access import manage
from ..web.body import deletes
from ..web.respond import Wants, done, html, json, node, see_other, wants
from ..web.session import bearer, seat_cookie
from .room_settings import settings_answer

blueprint = Blueprint("knocks", __name__)


@blueprint.get("/<code:code>/knocks")
async def show(code: str) -> Response:
    """The knocks that wait for an answer."""
    room, owner = await manage(code)
    waiting = await knocks.waiting(node().db, room)
    return await settings_answer(room, owner, {"knocks": [knock.public() for knock in waiting]})


@blueprint.get("/<code:code>/knocks/<int:id>")
async def wait(code: str, id: int) -> Response:
    """The state of the caller's own knock. Raises RoomNotFound for anyone else."""
    here, token = node(), bearer() or seat_cookie(code) or ""
    knock = await knocks.of(here.db, code, token)
    if id != knocks.number(here.addresses, hashed(token)) or not (
        knock or knocks.is_decoy(here.addresses, code, token)
    ):
        raise RoomNotFound(code)
    state = knock.state if knock else "waiting"
    inside = state == "admitted" and await seated(here.db, code, token)
    match wants():
        case Wants.PAGE if inside:
            return see_other(f"/{code}")
        case Wants.PAGE:
            return await html("knock.html", code=code, id=id, state=state)
        case Wants.FRAGMENT:
            response = await html("rooms/_knock.html", code=code, id=id, state=state)
            if inside:
                response.headers["HX-Redirect"] = f"/{code}"
            return response
    return json({"id": id, "state": state})


@blueprint.route("/<code:code>/knocks/<int:id>", methods=["POST", "DELETE"])
async def answer(code: str, id: int) -> Response:
    """POST admits a knock, DELETE denies it."""
    room, owner = await manage(code)
    id = await knocks.numbered(node().db, node().addresses, room, id)
    if await deletes():
        await knocks.deny(node().log, node().db, room, owner, id)
    else:
        found = await knocks.one(node().db, room, id)
        admit = partial(knocks.admit, node().log, node().db, room, owner, id)
        await with_name(node().log, node().db, code, found.name, admit)
    return done(f"/{code}/settings#knocks", (await knocks.one(node().db, room, id)).public())
