"""Mutes: who may only read for a time."""

from __future__ import annotations

from quart import Blueprint, Response

from ..domain import moderation
from ..web.access import manage
from ..web.body import read_fields
from ..web.resources import check_delete, done
from ..web.respond import node
from .room_settings import settings_answer

blueprint = Blueprint("mutes", __name__)


@blueprint.get("/<code:code>/mutes")
async def show(code: str) -> Response:
    """Who is muted."""
    room, owner = await manage(code)
    muted = await moderation.muted(node().db, room)
    return await settings_answer(
        room, owner, {"mutes": [{**member.public(), "until": member.muted_until} for member in muted]}
    )


@blueprint.post("/<code:code>/mutes")
async def mute(code: str) -> Response:
    """Mute a `member` `for` a time (1h)."""
    room, owner = await manage(code)
    fields = await read_fields()
    person = await moderation.find_person(node().db, room, fields.get("member", ""))
    muted = await moderation.mute(node().log, code, owner, person, moderation.length(fields.get("for") or "1h"))
    return done(f"/{code}/people/{person.member.id}", muted.event.public(), 201)


@blueprint.route("/<code:code>/mutes/<member>", methods=["DELETE", "POST"])
async def unmute(code: str, member: str) -> Response:
    """Let a member speak again."""
    room, owner = await manage(code)
    await check_delete()
    person = await moderation.find_person(node().db, room, member)
    return done(f"/{code}/people/{member}", (await moderation.unmute(node().log, code, owner, person)).event.public())
