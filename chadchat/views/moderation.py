"""Bans: who is kept out for a time, with their name and address."""

from __future__ import annotations

from quart import Blueprint, Response

from ..domain import moderation
from ..web.access import manage
from ..web.body import read_fields
from ..web.resources import check_delete, done
from ..web.respond import node
from .room_settings import settings_answer

blueprint = Blueprint("bans", __name__)


@blueprint.get("/<code:code>/bans")
async def show(code: str) -> Response:
    """Who is banned."""
    room, owner = await manage(code)
    bans = await moderation.bans(node().db, room)
    return await settings_answer(room, owner, {"bans": [ban.public() for ban in bans]})


@blueprint.post("/<code:code>/bans")
async def ban(code: str) -> Response:
    """Ban a `member`, or whoever posted a `message`, `for` a time (1d)."""
    room, owner = await manage(code)
    fields = await read_fields()
    length = moderation.length(fields.get("for") or "1d")
    log, db, message = node().log, node().db, fields.get("message")
    if message is not None:
        done_it = await moderation.ban_author(log, db, room, owner, moderation.number(message), length)
    else:
        person = await moderation.find_person(db, room, fields.get("member", ""))
        done_it = await moderation.ban(log, code, owner, person, length)
    return done(f"/{code}/settings#bans", {"id": done_it.event.seq, **done_it.event.public()}, 201)


@blueprint.route("/<code:code>/bans/<int:id>", methods=["DELETE", "POST"])
async def lift(code: str, id: int) -> Response:
    """Lift a ban."""
    room, owner = await manage(code)
    await check_delete()
    lifted = await moderation.unban(node().log, node().db, room, owner, id)
    return done(f"/{code}/settings#bans", lifted.event.public())
