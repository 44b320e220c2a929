"""Posting to a room."""

from __future__ import annotations

from dataclasses import replace

from quart import Blueprint, Response

from .. import messages, rooms
from ..errors import ChatError, SeatRequired
from . import gate
from .body import read_draft
from .respond import Wants, chat, json, see_other, wants
from .room import room_page
from .session import member_of

blueprint = Blueprint("messages", __name__)


@blueprint.post("/<code:code>")
async def post(code: str) -> Response:
    """Store a message: 201 and the message, 204 for htmx, 303 for a plain form."""
    member = await member_of(code)
    if wants() is not Wants.PAGE:
        gate.post(code, member)
    draft = await read_draft()
    if wants() is Wants.PAGE:
        draft = replace(draft, text=draft.text.replace("\r\n", "\n"))  # forms send CRLF where the person typed LF
    try:
        if wants() is Wants.PAGE:
            gate.post(code, member)  # after the body: the page that refuses it has the text in it
        if member is None and wants() in (Wants.PAGE, Wants.FRAGMENT):
            await rooms.find(chat().db, code)
            raise SeatRequired(code)  # only what says its own name may do without: not a page whose seat is gone
        committed = await messages.post(chat().log, code, member, draft)
    except ChatError as refusal:
        if wants() is not Wants.PAGE:
            raise
        room = await rooms.find(chat().db, code)
        history = await messages.before(chat().db, room)
        return await room_page(room, history, draft=draft.text, error=refusal)
    if member:
        chat().presence.seen(code, member)
    where = f"/{code}/{committed.event.seq}"
    match wants():
        case Wants.FRAGMENT:
            response = Response(b"", 204)
        case Wants.PAGE:
            return see_other(f"/{code}#m-{committed.event.seq}")
        case _:
            response = json(committed.event.public(), 201)
    response.headers["Location"] = where
    return response
