"""Home: a name, a code, Join and Create; and POST /rooms, which opens a room for a program."""

from __future__ import annotations

from dataclasses import dataclass

from quart import Blueprint, Response

from .. import __version__, members, rooms
from ..codes import clean_code
from ..errors import ChatError, CodeRequired, RoomClosed, RoomNotFound
from ..members import Seat
from ..names import clean_name, skeleton
from . import gate, help
from .body import read_fields, read_name
from .respond import Wants, base_url, chat, html, json, see_other, text, wants
from .session import member_of, remember, rooms_of_browser, seat_json

blueprint = Blueprint("home", __name__)


@dataclass(frozen=True, slots=True)
class Held:
    """A seat this browser holds: a way back in."""

    code: str
    title: str
    name: str


@blueprint.get("/")
async def show() -> Response:
    """The home page; for curl, how to use this server."""
    match wants():
        case Wants.JSON:
            return json({"chadchat": __version__, "help": f"{base_url()}/help"})
        case Wants.TEXT:
            return text(await help.usage(None))
    return await home_page()


@blueprint.post("/")
async def enter() -> Response:
    """Join a room, or create one first."""
    fields = await read_fields()
    name, code = await read_name(fields), clean_code(fields.get("code", ""))
    try:
        if "create" in fields:
            return await seat_answer(await _open_room(name, fields.get("title", "")))
        return await _join(name, code)
    except ChatError as refusal:
        if wants() is not Wants.PAGE:
            raise
        return await home_page(name, fields.get("code", ""), refusal)


@blueprint.post("/rooms")
async def create() -> Response:
    """Open a room."""
    fields = await read_fields()
    return await seat_answer(await _open_room(await read_name(fields), fields.get("title", "")))


async def home_page(name: str = "", code: str = "", error: ChatError | None = None) -> Response:
    """The home page, with what was typed and why it was refused."""
    gate.told(error)
    return await html(
        "home.html", error.status if error else 200, name=name, code=code, error=error, rooms=await _held()
    )


async def seat_answer(seat: Seat) -> Response:
    """What follows a seat: the room for a browser, the token for a program."""
    chat().presence.joined(seat.room, seat.member)
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        return remember(see_other(f"/{seat.room}"), seat.room, seat.token)
    url = f"{base_url()}/{seat.room}"
    response = json({"code": seat.room, "url": url, "cursor": seat.cursor, **seat_json(seat)}, 201)
    response.headers["Location"] = f"/{seat.room}"
    return response


async def join_room(room: rooms.Room, name: str) -> Response:
    """A seat under this name. Someone who sits here already keeps the seat, or changes it for one with the new name."""
    old = await member_of(room.code)
    if old and skeleton(old.name) == skeleton(clean_name(name)):
        return see_other(f"/{room.code}")
    gate.join()
    seat = await members.take_seat(chat().log, room.code, name)
    if old:
        await members.give_up_seat(chat().log, room.code, old)
        chat().presence.gave_up(room.code, old)
    return await seat_answer(seat)


async def _open_room(name: str, title: str) -> Seat:
    async with gate.opening():
        return await rooms.create(chat().log, chat().db, name, title)


async def _join(name: str, code: str) -> Response:
    name = clean_name(name)
    if not code:
        raise CodeRequired
    await gate.guess(code)
    return await join_room(await rooms.find(chat().db, code), name)


async def _held() -> list[Held]:
    found = []
    for code, token in rooms_of_browser():
        try:
            room = await rooms.find(chat().db, code)
        except (RoomNotFound, RoomClosed):
            continue
        if member := await members.seated(chat().db, code, token):
            found.append(Held(code, room.title, member.name))
    return found
