"""Devices: a seat moves to another device by a link and its QR code, and the other devices are signed out."""

from __future__ import annotations

from quart import Blueprint, Response

from ..domain import devices, rooms
from ..domain.members import Member
from ..domain.permissions import Act
from ..errors import SeatRequired
from ..web import throttle
from ..web.access import allow
from ..web.body import check_delete
from ..web.compression import mark_secret
from ..web.once import done_saying, hush, said, see_other_saying
from ..web.pictures import squares
from ..web.respond import Wants, base_url, html, json, node, see_other, wants
from ..web.session import member_of, remember, seat_json
from .entering import seat_answer

blueprint = Blueprint("devices", __name__)


@blueprint.get("/<code:code>/devices")
async def show(code: str) -> Response:
    """How many further devices the caller's seat has; in a browser, with the link that was made just now."""
    member = await _sitting(code)
    others = await devices.others(node().db, code, member)
    if wants() is not Wants.PAGE:
        return json({"room": code, "others": others})
    facts = said(code)
    url = f"{base_url()}{facts['path']}" if "path" in facts else ""
    picture = squares(url) if url else None
    said_once, until = facts.get("said"), facts.get("until")
    page = await html(
        "devices.html", code=code, me=member, others=others, url=url, picture=picture, until=until, said=said_once
    )
    return hush(page, code, facts)


@blueprint.post("/<code:code>/transfer")
async def transfer(code: str) -> Response:
    """Make a link that brings the caller's seat to another device. Only this answer, or the page after it, has it."""
    member = await _sitting(code)
    throttle.join()
    made = await devices.transfer(node().log, code, member)
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        return see_other_saying(f"/{code}/devices", code, path=made.path, until=made.until)
    return mark_secret(json({"url": f"{base_url()}{made.path}", "until": made.until}, 201))


@blueprint.get("/<code:code>/transfer/<token>")
async def ask(code: str, token: str) -> Response:
    """The page with the button that uses the link: whatever fetches it for a preview does not spend it."""
    member = await devices.waiting(node().db, code, token)
    throttle.let_in()
    if wants() is not Wants.PAGE:
        return mark_secret(json({"room": code, "name": member.name}))
    old = await member_of(code)
    room = await rooms.find(node().db, code)
    return mark_secret(await html("transfer.html", room=room, token=token, member=member, old=old))


@blueprint.post("/<code:code>/transfer/<token>")
async def follow(code: str, token: str) -> Response:
    """Use the link: this device has the seat, too."""
    member = await devices.waiting(node().db, code, token)
    throttle.join()
    return await seat_answer(await devices.follow(node().log, code, member, token))


@blueprint.route("/<code:code>/devices", methods=["DELETE", "POST"])
async def sign_out(code: str) -> Response:
    """Sign out the other devices: the caller's has a new token, and no other works any more."""
    member = await _sitting(code)
    await check_delete()
    seat = await devices.sign_out(node().log, code, member)
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        response = remember(see_other(f"/{code}/devices"), code, seat.token)
        return done_saying(response, code, "Your other devices are signed out.")
    return mark_secret(json({"room": code, **seat_json(seat)}))


async def _sitting(code: str) -> Member:
    """The caller as a member. Raises the same as `allow`."""
    member = (await allow(Act.SIT, code)).member
    if member is None:
        raise SeatRequired(code)
    return member
