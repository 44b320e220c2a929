"""Reactions to a message: set one, take it back, and see the members of each."""

from __future__ import annotations

from quart import Blueprint, Response

from ..domain import messages, reactions
from ..domain.codes import Code
from ..domain.members import Member
from ..domain.permissions import Act
from ..domain.reactions import Wish
from ..domain.rooms import Room
from ..domain.transcript import shown_name
from ..errors import SeatRequired
from ..refusal import ChatError
from ..web import throttle
from ..web.access import allow
from ..web.body import read_fields
from ..web.errors import FieldInvalid
from ..web.respond import Wants, html, json, node, request, see_other, text, wants

blueprint = Blueprint("reactions", __name__)

_ON = {"": None, "1": True, "0": False}


@blueprint.get("/<code:code>/<int:seq>/reactions")
async def show(code: str, seq: int) -> Response:
    """The members of each reaction, and what sets one."""
    caller = await allow(Act.READ, code)
    return await _shown(caller.room, caller.member, seq)


@blueprint.post("/<code:code>/<int:seq>/reactions")
async def toggle(code: Code, seq: int) -> Response:
    """Set an emoji or take it back: as `on` says, or the other of what it is now."""
    room, member = await _seated(code)
    fields = await read_fields()
    key = request().header(b"idempotency-key") or fields.get("key") or None
    try:
        if (on := fields.get("on", "")) not in _ON:
            raise FieldInvalid("on", "`on` is 1 or 0.")
        return await _react(room, member, seq, Wish(fields.get("emoji", ""), _ON[on], key))
    except ChatError as refusal:
        if wants() is not Wants.PAGE or refusal.status in (403, 404):
            raise
        return await _shown(room, member, seq, fields.get("emoji", ""), refusal)


@blueprint.route("/<code:code>/<int:seq>/reactions/<emoji>", methods=["PUT", "DELETE"])
async def put(code: Code, seq: int, emoji: str) -> Response:
    """Set the emoji in the address (PUT), or take it back (DELETE)."""
    room, member = await _seated(code)
    key = request().header(b"idempotency-key")
    return await _react(room, member, seq, Wish(emoji, request().method == "PUT", key))


async def _seated(code: Code) -> tuple[Room, Member]:
    """The room, and the caller with a seat in it, whose reaction is counted."""
    caller = await allow(Act.SIT, code, known=True)
    if caller.member is None:
        raise SeatRequired(code)
    throttle.react(code)
    return caller.room, caller.member


async def _react(room: Room, member: Member, seq: int, wish: Wish) -> Response:
    """All reactions after it; a page goes back to the message, and htmx gets it by the stream."""
    done = await reactions.react(node().log, room.code, member, seq, wish)
    if wants() is Wants.PAGE:
        return see_other(f"/{room.code}#m-{seq}")
    return Response(b"", 204) if wants() is Wants.FRAGMENT else json(done)


async def _shown(room: Room, me: Member | None, seq: int, typed: str = "", error: ChatError | None = None) -> Response:
    message = await messages.one(node().db, room, seq)
    names = await reactions.names_of(node().db, room, message)
    match wants():
        case Wants.JSON:
            return json({"room": room.code, "target": seq, "all": message.reactions, "names": names})
        case Wants.TEXT:
            lines = (f"{emoji} {_listed(by, names)}\n" for emoji, by in message.reactions.items())
            return text("".join(lines) or "Nobody has reacted to this message.\n")
    template = "messages/_react.html" if wants() is Wants.FRAGMENT else "reactions.html"
    status = error.status if error else 200
    shown = {"room": room, "me": me, "message": message, "names": names}
    return await html(template, status, **shown, typed=typed, error=error)


def _listed(by: list[str], names: dict[str, str | None]) -> str:
    return ", ".join(shown_name(names[one] or "somebody who left") for one in by)
