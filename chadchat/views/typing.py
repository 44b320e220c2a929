"""Typing: a member says that it is typing. What is typed is not sent."""

from __future__ import annotations

from quart import Blueprint, Response

from ..domain.permissions import Act
from ..errors import Muted, SeatRequired
from ..web.access import allow
from ..web.respond import node

blueprint = Blueprint("typing", __name__)


@blueprint.post("/<code:code>/typing")
async def typing(code: str) -> Response:
    """Begin or extend the caller's lease: 204, also over the limit, where nothing happens."""
    caller = await allow(Act.SIT, code, known=True)
    if caller.member is None:
        raise SeatRequired(code)
    if caller.muted_until:
        raise Muted(code, caller.muted_until)
    node().typing.began(caller.room, caller.member)
    return Response(b"", 204)
