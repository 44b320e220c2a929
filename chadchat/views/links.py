"""Capability links: made and revoked by owners, followed by browsers."""

from __future__ import annotations

from quart import Blueprint, Response

from ..domain import links, rooms
from ..errors import NotAllowed, RoomNotFound
from ..storage.apply.links import APPOINTS
from ..web import throttle
from ..web.access import manage
from ..web.body import check_delete, read_fields
from ..web.compression import mark_secret
from ..web.once import see_other_saying
from ..web.respond import Wants, base_url, done, json, node, see_other, wants
from ..web.session import member_of, remember_link
from .entering import join_page
from .room_settings import settings_answer

blueprint = Blueprint("links", __name__)


@blueprint.get("/<code:code>/links")
async def show(code: str) -> Response:
    """The links of the room, without their tokens."""
    room, owner = await manage(code)
    made = await links.all_of(node().db, room)
    return await settings_answer(room, owner, {"links": [link.public() for link in made]})


@blueprint.post("/<code:code>/links")
async def make(code: str) -> Response:
    """Make a link of a `kind`: read, post or join. Only this answer has its token."""
    _, owner = await manage(code)
    link, token = await links.make(node().log, code, owner, (await read_fields()).get("kind", ""))
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        return see_other_saying(f"/{code}/settings#new-link", code, token=token, kind=link.kind)
    shown = {**link.public(), "token": token, "url": f"{base_url()}/{code}/links/{token}"}
    return mark_secret(json(shown, 201))


@blueprint.route("/<code:code>/links/<int:id>", methods=["DELETE", "POST"])
async def revoke(code: str, id: int) -> Response:
    """Revoke a link."""
    _, owner = await manage(code)
    await check_delete()
    await links.revoke(node().log, code, owner, id)
    return done(f"/{code}/settings#links", {"id": id, "revoked": True})


@blueprint.get("/<code:code>/links/<token>")
async def follow(code: str, token: str) -> Response:
    """A browser changes the link for a cookie, and its address for the room's. A link that makes an owner asks for a
    name also where there is a seat: it is used by joining, so that a preview of it spends nothing.

    Raises RoomNotFound for a link that opens nothing, whatever there is, and NotAllowed for one that only posts.
    """
    room = await rooms.find(node().db, code)
    link = await links.held(node().db, room, token)
    if link is None:
        raise RoomNotFound(code)
    if link.kind == "post":
        raise NotAllowed(
            "This link only posts. It is for programs: POST to this address, or send Authorization: Bearer ccl_..."
        )
    throttle.let_in()
    if link.kind == APPOINTS and (member := await member_of(code)):
        return remember_link(await join_page(room, member.name), code, token)
    return remember_link(see_other(f"/{code}"), code, token)
