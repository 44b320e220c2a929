"""Seats: taking one in a room, or knocking for one, and giving it up."""

from __future__ import annotations

from contextlib import suppress

from quart import Blueprint, Response

from ..domain import leaving
from ..domain.codes import Code
from ..domain.permissions import Act, Role
from ..errors import LastOwner, MemberNotFound, NameRequired, RoomNotFound, SeatRequired
from ..refusal import ChatError
from ..web import throttle
from ..web.access import Caller, allow, find_caller
from ..web.asking import is_sure
from ..web.body import read_fields, read_name
from ..web.respond import Wants, html, json, node, see_other, wants
from ..web.session import forget
from .entering import enter_room, join_page, locked_page

blueprint = Blueprint("seats", __name__)


@blueprint.post("/<code:code>/join")
async def join(code: Code) -> Response:
    """A seat in this room, or a knock at its door."""
    fields = await read_fields()
    name, passphrase = await read_name(fields), fields.get("passphrase", "")
    try:
        await throttle.guess(code, passphrase)
        return await enter_room(code, name, passphrase, sure=is_sure(fields))
    except ChatError as refusal:
        if wants() is not Wants.PAGE or refusal.status == 410:
            raise
        return await _refused_page(code, name, refusal, tried=bool(passphrase))


@blueprint.get("/<code:code>/leave")
async def ask_to_leave(code: str) -> Response:
    """The page that says what leaving does, with the button; the only owner is asked what becomes of the room."""
    caller = await allow(Act.SIT, code)
    if wants() is Wants.PAGE:
        return await _leave_page(caller, None)
    return json({"room": code, "leave": f"POST /{code}/leave"})


@blueprint.post("/<code:code>/leave")
async def leave(code: str) -> Response:
    """Give the seat up."""
    caller = await allow(Act.SIT, code)
    member = caller.member
    if member is None:
        raise SeatRequired(code)
    fields, here = await read_fields(), node()
    heir, ownerless = fields.get("heir"), fields.get("ownerless", "") not in ("", "0")
    try:
        await leaving.leave(here.log, here.db, caller.room, member, heir, ownerless=ownerless)
    except (LastOwner, MemberNotFound) as refusal:
        if wants() is not Wants.PAGE:
            raise
        return await _leave_page(caller, refusal)
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        return forget(see_other("/"), code)
    return json({"room": code, "name": member.name, "left": True})


async def _leave_page(caller: Caller, error: ChatError | None) -> Response:
    room, member, db = caller.room, caller.member, node().db
    if member is None:
        raise SeatRequired(room.code)
    last = await leaving.is_last_owner(db, room, member)
    heirs = await leaving.heirs(db, room, member) if last else []
    status = error.status if error else 200
    return await html("leave.html", status, room=room, me=member, last=last, heirs=heirs, error=error)


async def _refused_page(code: str, name: str, refusal: ChatError, *, tried: bool) -> Response:
    """The form again. Where there is no room to be seen, the one that says so whether there is one or not."""
    caller = None
    with suppress(RoomNotFound):
        caller = await find_caller(code)
    if caller is None or not (caller.may(Act.READ) or caller.role is Role.JOIN_LINK):
        nameless = isinstance(refusal, RoomNotFound) and not name.strip()  # so much may be said, whatever there is
        return await locked_page(code, name, NameRequired() if nameless else refusal, tried=tried)
    return await join_page(caller.room, name, refusal, named=caller.may(Act.READ))
