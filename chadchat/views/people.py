"""The people of a room, and the page of each, with an owner's buttons."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response

from ..domain import moderation
from ..domain.permissions import Act
from ..events import now
from ..web.access import allow, manage, own_address
from ..web.body import check_delete
from ..web.respond import Wants, done, html, json, node, text, wants

blueprint = Blueprint("people", __name__)


@blueprint.get("/<code:code>/people")
async def show(code: str) -> Response:
    """The people of a room, here and away: a name a line for curl."""
    room = (await allow(Act.READ, code)).room
    people = await node().presence.here(room)
    match wants():
        case Wants.JSON:
            return json({"room": code, **people.public()})
        case Wants.TEXT:
            names = [member.name for member in people.shown] + [f"{member.name} (away)" for member in people.away]
            return text("".join(f"{name}\n" for name in names))
    shown: dict[str, Any] = {"people": people.shown, "away": people.away, "people_count": people.count}
    return await html("rooms/_people.html", room=room, code=code, **shown)


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
    template = "people/_card.html" if wants() is Wants.FRAGMENT else "person.html"
    return await html(
        template,
        room=caller.room,
        me=caller.member,
        person=person,
        here=person.here and not node().presence.is_hidden(code, person.member.id),
        muted=(person.member.muted_until or "") > now(),
        near=person.address is not None and person.address == own_address(),
    )


@blueprint.route("/<code:code>/people/<member>", methods=["DELETE", "POST"])
async def kick(code: str, member: str) -> Response:
    """End a seat."""
    room, owner = await manage(code)
    await check_delete()
    person = await moderation.find_person(node().db, room, member)
    kicked = await moderation.kick(node().log, code, owner, person)
    return done(f"/{code}/people/{member}" if wants() is Wants.FRAGMENT else f"/{code}", kicked.event.public())
