"""Posting to a room."""

from __future__ import annotations

from dataclasses import replace

from quart import Blueprint, Response

from ..domain import messages
from ..domain.codes import Code
from ..domain.members import Member
from ..domain.permissions import Act
from ..errors import ChatError, SeatRequired
from ..web import throttle
from ..web.access import allow, author_of
from ..web.body import check_delete, read_draft
from ..web.respond import Wants, done, json, node, see_other, wants
from .room import room_page

blueprint = Blueprint("messages", __name__)


@blueprint.post("/<code:code>")
async def post(code: Code) -> Response:
    """Store a message: 201 and the message, 204 for htmx, 303 for a plain form."""
    wanted = wants()
    author = await author_of(code)
    member = author if isinstance(author, Member) else None
    if wanted is not Wants.PAGE:
        throttle.post(code, member)
    draft = await read_draft()
    if wanted is Wants.PAGE:
        draft = replace(draft, text=draft.text.replace("\r\n", "\n"))  # forms send CRLF where the person typed LF
    try:
        if wanted is Wants.PAGE:
            throttle.post(code, member)  # after the body: the page that refuses it has the text in it
        if member is None and wanted in (Wants.PAGE, Wants.FRAGMENT):
            await allow(Act.READ, code)
            raise SeatRequired(code)  # only what says its own name may do without: not a page whose seat is gone
        committed = await messages.post(node().log, code, author, draft)
    except ChatError as refusal:
        if wanted is not Wants.PAGE:
            raise
        caller = await allow(Act.READ, code)
        history = await messages.before(node().db, caller.room)
        return await room_page(caller, history, draft=draft.text, error=refusal)
    throttle.let_in()
    if member:
        node().presence.seen(code, member)
    where = f"/{code}/{committed.event.seq}"
    match wanted:
        case Wants.FRAGMENT:
            response = Response(b"", 204)
        case Wants.PAGE:
            return see_other(f"/{code}#m-{committed.event.seq}")
        case _:
            response = json(committed.event.public(), 201)
    response.headers["Location"] = where
    return response


@blueprint.route("/<code:code>/<int:seq>", methods=["DELETE", "POST"])
async def remove(code: str, seq: int) -> Response:
    """Take a message's words away: one's own, or any as an owner."""
    caller = await allow(Act.SIT, code)
    await check_delete()
    if caller.member is None:
        raise SeatRequired(code)
    removed = await messages.remove(node().log, node().db, caller.room, caller.member, seq)
    return done(f"/{code}", removed.event.public())
