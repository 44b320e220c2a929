"""A room at its one URL: page, fragment, transcript and JSON; one message; its new code; the QR code."""

from __future__ import annotations

import secrets
from typing import Any

from quart import Blueprint, Response

from ..domain import messages, replies, rooms
from ..domain.members import People
from ..domain.messages import History
from ..domain.permissions import Act, Role
from ..domain.rooms import Room
from ..domain.surroundings import nearest, surroundings
from ..errors import RoomClosed, RoomNotFound, SeatRequired
from ..events import Event
from ..kinds import kind_of
from ..live.frames import line, numbered
from ..refusal import ChatError
from ..web.access import Caller, allow, manage
from ..web.asking import ask, is_sure
from ..web.body import LARGEST_SEQ, asks, number, read_fields
from ..web.invitation import invitation
from ..web.once import see_other_saying
from ..web.pictures import picture
from ..web.respond import Wants, base_url, html, json, node, request, text, wants
from ..web.session import forget, prefix, remember, seat_cookie
from .entering import join_page, locked_page, look_in
from .home import home_page

blueprint = Blueprint("room", __name__)


@blueprint.get("/<code:code>")
async def show(code: str) -> Response:
    """The room, or its older messages with `before=`."""
    try:
        caller = await (look_in(code) if wants() is Wants.PAGE else allow(Act.READ, code))
    except (RoomNotFound, RoomClosed) as refusal:
        if wants() is not Wants.PAGE:
            raise
        return await _outside(code, refusal)
    room = caller.room
    if not caller.may(Act.READ):
        return await join_page(room, "", named=False)
    before = number("before", None, 1, LARGEST_SEQ)
    limit = number("limit", messages.PAGE, 1, messages.LARGEST_PAGE)
    match wants():
        case Wants.JSON:
            return await _show_json(room, before, limit)
        case Wants.TEXT:
            return await _show_text(room, before, limit)
    if wants() is Wants.FRAGMENT and before:
        return await _lines(room, before, limit)
    history = await messages.before(node().db, room, before, min(limit, messages.LARGEST_HTML))
    return await room_page(caller, history, fragment=wants() is Wants.FRAGMENT)


async def _lines(room: Room, before: int, limit: int) -> Response:
    """The lines before `before`; with `after=` the first lines of such a gap, with a link to the rest of it."""
    after, limit = number("after", -1, 0, LARGEST_SEQ), min(limit, messages.LARGEST_HTML)
    history = await messages.before(node().db, room, before, limit) if after < 0 else History()
    if after >= 0:
        events = [event for event in await messages.after(node().db, room, after, limit) if event.seq < before]
        history = History(events, newer=events[-1].seq + 1 if events and events[-1].seq + 1 < before else None)
    quotes = await replies.quotes(node().db, room, history.events)
    gap = before if after >= 0 else None
    return await html("rooms/_lines.html", room=room, history=history, quotes=quotes, around=None, gap=gap)


async def _outside(code: str, refusal: RoomNotFound | RoomClosed) -> Response:
    if isinstance(refusal, RoomNotFound):
        return await locked_page(code, error=refusal)
    return await home_page(code=code, error=refusal)


@blueprint.get("/<code:code>/<int:seq>")
async def show_message(code: str, seq: int) -> Response:
    """One message: the page around it, or around the line nearest to its place; or the message alone."""
    caller = await allow(Act.READ, code)
    room = caller.room
    match wants():
        case Wants.JSON:
            return json((await messages.one(node().db, room, seq)).public())
        case Wants.TEXT:
            return text(f"{line(await messages.one(node().db, room, seq), base_url())}\n")
    line_at = await nearest(node().db, room, seq)
    history = await surroundings(node().db, room, line_at)
    return await room_page(caller, history, around=line_at, gone=seq if seq < room.tail else None)


@blueprint.post("/<code:code>/code")
async def move(code: str) -> Response:
    """Give the room a new code."""
    room, owner = await manage(code)
    fields = await read_fields()
    if not is_sure(fields):
        says = (
            f"The code {code}, its address and its QR code stop working, and so do links that owners made.",
            "Members keep their place and learn the new code. Everyone else needs it from you.",
        )
        back = f"/{code}/settings#code"
        return await ask(room, "Give the room a new code?", says, "Give it a new code", fields, back=back)
    new = await rooms.move(node().log, node().db, code, owner)
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        return _moved(code, new)
    return json({"code": new, "url": f"{base_url()}/{new}"}, 201)


def _moved(code: str, new: str) -> Response:
    """To the settings under the new code, with the browser's seat."""
    response = see_other_saying(f"/{new}/settings", new, said=f"The room's code is {new} now. {code} no longer works.")
    token = seat_cookie(code)
    return forget(remember(response, new, token), code) if token else response


@blueprint.get("/<code:code>/qr.svg")
async def qr(code: str) -> Response:
    """The room's address, for others, as a QR code."""
    await allow(Act.READ, code)
    return Response(picture(invitation(code).url), content_type="image/svg+xml")


async def room_page(
    caller: Caller,
    history: History,
    *,
    fragment: bool = False,
    around: int | None = None,
    draft: str = "",
    error: ChatError | None = None,
    replying: int | None = None,
    gone: int | None = None,
) -> Response:
    """The room as its member sees it (or only its log), or the holder of a link that reads; a visitor without a seat
    is asked to join. `replying` is the message that the text in the box is to answer, else the address has it. `gone`
    is the number of a message that was asked for and is not kept any more.
    """
    room, member = caller.room, caller.member
    people = await node().presence.here(room)
    if member is None and caller.role is not Role.READ_LINK:
        return await join_page(room, "", SeatRequired(room.code) if fragment or error else None, people)
    if member:
        node().presence.seen(room.code, member)
    shown = _shown(caller, history, people, around)
    template, status = "rooms/_log.html" if fragment else "room.html", error.status if error else 404 if gone else 200
    shown["quotes"] = await replies.quotes(node().db, room, [*history.events, *history.end])
    shown["answered"] = await replies.is_answered(node().db, room, around)
    shown["replying"] = await replies.answerable(node().db, room, replying or number("reply", None, 1, LARGEST_SEQ))
    response = await html(template, status, **shown, draft=draft, error=error, gone=gone, searches=node().search.on)
    token = request().cookies.get(prefix() + room.code) if member else None
    return remember(response, room.code, token) if token else response


def _shown(caller: Caller, history: History, people: People, around: int | None) -> dict[str, Any]:
    """The values of the room's page: a window of its log, the newest lines or those around a message, and its people.

    The stream goes on from what the page shows, not from what the log had when the room was looked up.
    """
    room, live, lines = caller.room, history.newer is None or bool(history.end), [*history.events, *history.end]
    return {
        "room": room,
        "me": caller.member,
        "history": history,
        "cursor": f"{room.epoch}-{max([room.head, *(event.seq for event in lines[-1:])])}",
        "people": people.shown,
        "away": people.away,
        "people_count": people.count,
        "code": room.code,
        "key": secrets.token_urlsafe(16),
        "invitation": invitation(room.code),
        "around": around,
        "live": live,
        "muted": caller.muted_until,
        "empty": live and not history.older and all(event.kind != "message" for event in lines),
        "gap": history.end[0].seq if history.end else None,
        "about": _removable(caller, history, around),
        "reacts": _middle(caller, history, around),
    }


def _middle(caller: Caller, history: History, seq: int | None) -> Event | None:
    """The message in the middle of the page, for a caller with a seat."""
    line = next((event for event in history.events if event.seq == seq), None)
    if caller.member is None or line is None or line.kind != "message" or line.removed_by:
        return None
    return line


def _removable(caller: Caller, history: History, seq: int | None) -> Event | None:
    """The message in the middle of the page, if the caller may remove it."""
    line, member = _middle(caller, history, seq), caller.member
    return line if line and member and (member.owner or member.id == line.member) else None


async def _show_json(room: Room, before: int | None, limit: int) -> Response:
    history = await messages.messages_before(node().db, room, before, limit)
    people = await node().presence.here(room)
    shown: dict[str, object] = {"room": room.code, "cursor": room.cursor, **people.public()}
    shown["messages"] = [event.public() for event in history.events]
    shown["older"] = f"{base_url()}/{room.code}?before={history.older}" if history.older else None
    return json(shown)


async def _show_text(room: Room, before: int | None, limit: int) -> Response:
    """The transcript, with the messages' numbers if they are asked for. Times are UTC, and every day says its date."""
    history = await messages.before(node().db, room, before, limit)
    people = await node().presence.here(room)
    names = ", ".join(member.name for member in people.shown) or "nobody"
    lines = [f"# {room.code} {room.title}".rstrip(), f"# here: {names}"]
    if history.older:
        lines.append(f"# older: {base_url()}/{room.code}?before={history.older}")
    day, shown = "", numbered if asks("numbers") else line
    for event in history.events:
        if event.at[:10] != day:
            day = event.at[:10]
            lines.append(f"# {day} (times are UTC)")
        if kind_of(event).line:
            lines.append(shown(event, base_url()))
    return text("\n".join(lines) + "\n")
