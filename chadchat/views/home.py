"""Home: a name, a code, Join and Create; and POST /rooms, which opens a room for a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from quart import Blueprint, Response

from .. import __version__
from ..domain import members, rooms
from ..domain.codes import clean_code
from ..domain.members import Seat
from ..domain.names import clean_name
from ..errors import CodeRequired, RoomNotFound
from ..refusal import ChatError
from ..web import throttle
from ..web.access import own_address
from ..web.asking import is_sure
from ..web.body import read_fields, read_name
from ..web.compression import mark_secret
from ..web.once import HOME, hush, said
from ..web.respond import Wants, base_url, html, json, node, request, text, wants
from ..web.session import MOST_FORGOTTEN, forget, remember, tokens_of_browser
from . import help
from .entering import enter_room, seat_answer

blueprint = Blueprint("home", __name__)

MOST_ROOMS: Final = 50  # on the home page
NOTHING: Final[Mapping[str, str]] = {}  # no fields were sent


@dataclass(frozen=True, slots=True)
class Held:
    """A seat of this browser, which the home page links to."""

    code: str
    title: str
    name: str
    unread: int = 0  # the server does not know: the browser asks /rooms/mine with its marks


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
    name, typed = await read_name(fields), fields.get("code", "")
    try:
        if "create" in fields or ("enter" in fields and not typed.strip()):
            return await seat_answer(await _open_room(name, fields.get("title", "")))
        return await _join(name, typed, fields)
    except ChatError as refusal:
        if wants() is not Wants.PAGE:
            raise
        return await home_page(name, typed, refusal, fields)


@blueprint.post("/rooms")
async def create() -> Response:
    """Open a room."""
    fields = await read_fields()
    return await seat_answer(await _open_room(await read_name(fields), fields.get("title", "")))


async def home_page(
    name: str = "", code: str = "", error: ChatError | None = None, fields: Mapping[str, str] = NOTHING
) -> Response:
    """The home page, with what was typed and why it was refused; at first with the name of the browser's newest seat.
    Cookies that open nothing any more are forgotten.
    """
    throttle.count_refusal(error)
    tokens = tokens_of_browser()
    seats = await members.seats_of(node().db, tokens) if tokens else {}
    held = [Held(*seat) for room in tokens if (seat := seats.get(room))]
    status = error.status if error else 200
    facts = said(HOME)
    name = name or (held[0].name if held and not error else "")
    tried = isinstance(error, RoomNotFound) and bool(fields.get("passphrase"))
    shown = {"name": name, "code": code, "title": fields.get("title", ""), "tried": tried, "said": facts.get("said")}
    response = await html("home.html", status, **shown, error=error, rooms=held[:MOST_ROOMS], host=request().authority)
    hush(response, HOME, facts)
    for room, seat in seats.items():
        if seat and seat[0] != room:  # the room has another code by now
            forget(remember(response, seat[0], tokens[room]), room)
    for room in [room for room in tokens if room not in seats][:MOST_FORGOTTEN]:
        forget(response, room)
    # Beside the codes of the browser's rooms stands what an address named.
    return mark_secret(response) if held else response


async def _open_room(name: str, title: str) -> Seat:
    async with throttle.opening():
        return await rooms.create(node().log, node().db, name, title, own_address())


async def _join(name: str, typed: str, fields: Mapping[str, str]) -> Response:
    name = clean_name(name)
    if not typed.strip():
        raise CodeRequired
    code = clean_code(typed)
    knocks = "knock" in fields
    passphrase = "" if knocks else fields.get("passphrase", "")
    await throttle.guess(code, passphrase)
    return await enter_room(code, name, passphrase, knocks=knocks, sure=is_sure(fields))
