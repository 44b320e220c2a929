"""Home: a name, a code, Join and Create; and POST /rooms, which opens a room for a program."""

from __future__ import annotations

from dataclasses import dataclass

from quart import Blueprint, Response

from .. import __version__, members, rooms
from ..codes import clean_code
from ..errors import ChatError, CodeRequired, RoomGone, RoomNotFound
from ..members import Seat
from ..names import clean_name
from . import gate, help
from .access import own_address
from .body import read_fields, read_name
from .compression import mark_secret
from .entering import enter_room, seat_answer
from .respond import Wants, base_url, chat, html, json, text, wants
from .session import rooms_of_browser

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
        return await _join(name, code, fields.get("passphrase", ""))
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
    held = await _held()
    page = await html("home.html", error.status if error else 200, name=name, code=code, error=error, rooms=held)
    return mark_secret(page) if held else page  # beside the codes of the browser's rooms stands what an address named


async def _open_room(name: str, title: str) -> Seat:
    async with gate.opening():
        return await rooms.create(chat().log, chat().db, name, title, own_address())


async def _join(name: str, code: str, passphrase: str) -> Response:
    name = clean_name(name)
    if not code:
        raise CodeRequired
    await gate.guess(code)
    return await enter_room(code, name, passphrase)


async def _held() -> list[Held]:
    found = []
    for code, token in rooms_of_browser():
        try:
            room = await rooms.find(chat().db, code)
        except (RoomNotFound, RoomGone):
            continue
        if member := await members.seated(chat().db, code, token):
            found.append(Held(code, room.title, member.name))
    return found
