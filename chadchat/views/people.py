"""The people of a room, and the page of each, with an owner's buttons."""

from __future__ import annotations

from quart import Blueprint, Response

from ..domain import moderation
from ..domain.permissions import Act
from ..events import now
from ..web.access import allow, manage
from ..web.body import check_delete
from ..web.respond import Wants, done, html, json, node, text, wants

blueprint = Blueprint("people", __name__)


@blueprint.get("/<code:code>/people")
async def show(code: str) -> Response:
    """The people of a room: a name a line for curl."""
    room = (await allow(Act.READ, code)).room
    people = await node().presence.here(room)
    match wants():
        case Wants.JSON:
            return json({"room": code, **people.public()})
        case Wants.TEXT:
            return text("".join(f"{member.name}\n" for member in people.shown))
    return await html("rooms/_people.html", room=room, people=people.shown, people_count=people.count, code=code)


@blueprint.get("/<code:code>/people/<member>")
async def show_person(code: str, member: str) -> Response:
    """A member of the room; owners get their buttons with it."""
    caller = await allow(Act.READ, code)
    person = await moderation.find_person(node().db, caller.room, member)
    shown = {**person.member.public(), "owner": person.member.owner, "seated": person.seated}
    match wants():
        case Wants.JSON:
            return json(shown)
        case Wants.TEXT:
            return text(f"{person.member.name}{' (owner)' if person.member.owner else ''}\n")
    muted = (person.member.muted_until or "") > now()
    return await html("person.html", room=caller.room, me=caller.member, person=person, muted=muted)


@blueprint.route("/<code:code>/people/<member>", methods=["DELETE", "POST"])
async def kick(code: str, member: str) -> Response:
    """End a seat."""
    room, owner = await manage(code)
    await check_delete()
    person = await moderation.find_person(node().db, room, member)
    kicked = await moderation.kick(node().log, code, owner, person)
    return done(f"/{code}", kicked.event.public())
