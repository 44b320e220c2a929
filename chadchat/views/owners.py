"""Owners: who decides in a room."""

from __future__ import annotations

from quart import Blueprint, Response

from ..domain import moderation
from ..web.access import manage
from ..web.body import read_fields
from ..web.resources import check_delete, done
from ..web.respond import node
from .room_settings import settings_answer

blueprint = Blueprint("owners", __name__)


@blueprint.get("/<code:code>/owners")
async def show(code: str) -> Response:
    """Who owns the room."""
    room, owner = await manage(code)
    owners = await moderation.owners(node().db, room)
    return await settings_answer(room, owner, {"owners": [member.public() for member in owners]})


@blueprint.post("/<code:code>/owners")
async def add(code: str) -> Response:
    """Make a `member` an owner."""
    room, owner = await manage(code)
    person = await moderation.find_person(node().db, room, (await read_fields()).get("member", ""))
    made = await moderation.make_owner(node().log, code, owner, person)
    return done(f"/{code}/people/{person.member.id}", made.event.public(), 201)


@blueprint.route("/<code:code>/owners/<member>", methods=["DELETE", "POST"])
async def remove(code: str, member: str) -> Response:
    """Make an owner an ordinary member again."""
    room, owner = await manage(code)
    await check_delete()
    person = await moderation.find_person(node().db, room, member)
    unmade = await moderation.make_owner(node().log, code, owner, person, owns=False)
    return done(f"/{code}/people/{member}", unmade.event.public())
