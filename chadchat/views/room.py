"""A room at its one URL: page, fragment, transcript and JSON; one message; its new code; the QR code."""

from __future__ import annotations

import io
import secrets
from functools import lru_cache
from typing import Any, Final

import segno
from quart import Blueprint, Response

from ..domain import members, messages, rooms
from ..domain.members import People
from ..domain.messages import History
from ..domain.permissions import Act, Role
from ..domain.rooms import Room
from ..errors import RoomClosed, RoomNotFound, SeatRequired
from ..live.frames import line
from ..refusal import ChatError
from ..web.access import Caller, allow, manage
from ..web.body import number
from ..web.errors import NumberInvalid
from ..web.respond import Wants, base_url, html, json, node, request, see_other, text, wants
from ..web.session import prefix, remember
from .entering import join_page, look_in
from .home import home_page

blueprint = Blueprint("room", __name__)

LARGEST_SEQ: Final = 10**15 - 1


@blueprint.get("/<code:code>")
async def show(code: str) -> Response:
    """The room, or its older messages with `before=`."""
    try:
        caller = await (look_in(code) if wants() is Wants.PAGE else allow(Act.READ, code))
    except (RoomNotFound, RoomClosed) as refusal:
        if wants() is not Wants.PAGE:
            raise
        return await home_page(code=code, error=refusal)
    room = caller.room
    if not caller.may(Act.READ):
        return await join_page(room, "", people=People([], 0))
    before = number("before", None, 1, LARGEST_SEQ)
    limit = number("limit", messages.PAGE, 1, messages.LARGEST_PAGE)
    match wants():
        case Wants.JSON:
            return await _show_json(room, before, limit)
        case Wants.TEXT:
            return await _show_text(room, before, limit)
    history = await messages.before(node().db, room, before, min(limit, messages.LARGEST_HTML))
    if wants() is Wants.FRAGMENT and before:
        return await html("rooms/_lines.html", room=room, history=history, around=None)
    return await room_page(caller, history, fragment=wants() is Wants.FRAGMENT)


@blueprint.get("/<code:code>/<int:seq>")
async def show_message(code: str, seq: int) -> Response:
    """One message: the page around it, or the message alone."""
    caller = await allow(Act.READ, code)
    room = caller.room
    if seq > LARGEST_SEQ:
        raise NumberInvalid("A message's number", 1, LARGEST_SEQ)
    match wants():
        case Wants.JSON:
            return json((await messages.one(node().db, room, seq)).public())
        case Wants.TEXT:
            return text(f"{line(await messages.one(node().db, room, seq))}\n")
    return await room_page(caller, await messages.around(node().db, room, seq), around=seq)


@blueprint.post("/<code:code>/code")
async def move(code: str) -> Response:
    """Give the room a new code."""
    _, owner = await manage(code)
    new = await rooms.move(node().log, node().db, code, owner)
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        return see_other(f"/{code}")  # which the browser's seat follows to the new one
    return json({"code": new, "url": f"{base_url()}/{new}"}, 201)


@blueprint.get("/<code:code>/qr.svg")
async def qr(code: str) -> Response:
    """The room's address as a QR code."""
    await allow(Act.READ, code)
    return Response(_picture(f"{base_url()}/{code}"), content_type="image/svg+xml")


@lru_cache(maxsize=256)
def _picture(address: str) -> bytes:
    """A QR code. The mask is fixed, as choosing the best of eight takes three times as long."""
    picture = io.BytesIO()
    segno.make(address, micro=False, mask=2).save(picture, kind="svg", scale=8, border=2, light="white", xmldecl=False)
    return picture.getvalue()


async def room_page(
    caller: Caller,
    history: History,
    *,
    fragment: bool = False,
    around: int | None = None,
    draft: str = "",
    error: ChatError | None = None,
) -> Response:
    """The room as its member sees it (or only its log), or the holder of a link that reads; a visitor without a seat
    is asked to join.
    """
    room, member = caller.room, caller.member
    people = await members.here(node().db, room.id)
    if member is None and caller.role is not Role.READ_LINK:
        return await join_page(room, "", SeatRequired(room.code) if fragment or error else None, people)
    if member:
        node().presence.seen(room.code, member)
    shown = _shown(caller, history, people, around)
    template, status = "rooms/_log.html" if fragment else "room.html", error.status if error else 200
    response = await html(template, status, **shown, draft=draft, error=error)
    token = request().cookies.get(prefix() + room.code) if member else None
    return remember(response, room.code, token) if token else response


def _shown(caller: Caller, history: History, people: People, around: int | None) -> dict[str, Any]:
    """The values of the room's page: a window of its log, the newest lines or those around a message, and its people.

    The stream goes on from what the page shows, not from what the log had when the room was looked up.
    """
    room, live = caller.room, around is None and history.newer is None
    return {
        "room": room,
        "me": caller.member,
        "history": history,
        "cursor": f"{room.epoch}-{history.events[-1].seq}" if history.events else room.cursor,
        "people": people.shown,
        "people_count": people.count,
        "code": room.code,
        "key": secrets.token_urlsafe(16),
        "url": f"{base_url()}/{room.code}",
        "around": around,
        "live": live,
        "muted": caller.muted_until,
        "empty": live and not history.older and all(event.kind != "message" for event in history.events),
        "may_remove": around is not None and _may_remove(caller, history, around),
    }


def _may_remove(caller: Caller, history: History, seq: int) -> bool:
    line = next((event for event in history.events if event.seq == seq), None)
    if caller.member is None or line is None or line.kind != "message" or line.removed_by:
        return False
    return caller.member.owner or caller.member.id == line.member


async def _show_json(room: Room, before: int | None, limit: int) -> Response:
    history = await messages.messages_before(node().db, room, before, limit)
    people = await members.here(node().db, room.id)
    shown: dict[str, object] = {"room": room.code, "cursor": room.cursor, **people.public()}
    shown["messages"] = [event.public() for event in history.events]
    shown["older"] = f"{base_url()}/{room.code}?before={history.older}" if history.older else None
    return json(shown)


async def _show_text(room: Room, before: int | None, limit: int) -> Response:
    """The transcript. Times are UTC, and every day says its date."""
    history = await messages.before(node().db, room, before, limit)
    people = await members.here(node().db, room.id)
    names = ", ".join(member.name for member in people.shown) or "nobody"
    lines = [f"# {room.code} {room.title}".rstrip(), f"# here: {names}"]
    if history.older:
        lines.append(f"# older: {base_url()}/{room.code}?before={history.older}")
    day = ""
    for event in history.events:
        if event.at[:10] != day:
            day = event.at[:10]
            lines.append(f"# {day} (times are UTC)")
        lines.append(line(event))
    return text("\n".join(lines) + "\n")
