"""Seats in HTTP: a cookie for each room in a browser, a bearer token for everything else. Never in an address."""

from __future__ import annotations

from typing import Final

from quart import Response

from .. import links, rooms
from ..codes import is_code
from ..errors import RoomNotFound, SeatRequired
from ..members import Member, Seat, seated
from .respond import asked, chat

MOST_ROOMS: Final = 50  # each is a look into the database, and a cookie header has room for a thousand
MONTH: Final = 30 * 24 * 3600
_COOKIE: Final = "chad-"


def prefix() -> str:
    """The start of our cookies' names. Over HTTPS the browser itself then refuses them from anywhere but this host."""
    return f"__Host-{_COOKIE}" if asked().scheme == "https" else _COOKIE


async def member_of(code: str) -> Member | None:
    """Who the caller is in this room; None without a seat, and then nothing was read from the database.

    Raises SeatRequired for a bearer token that opens nothing in it, RoomNotFound where there is no room for one, or
    it is locked.
    """
    token = bearer()
    if token is not None:
        member = await seated(chat().db, code, token)
        if member is None and not token.startswith(links.PREFIX):
            room = await rooms.find(chat().db, code)
            raise RoomNotFound(code) if room.rules.lock else SeatRequired(code)
        return member
    cookie = seat_cookie(code)
    return await seated(chat().db, code, cookie) if cookie else None


def bearer() -> str | None:
    """The token of a program: a seat's, or a link's."""
    scheme, _, token = (asked().header(b"authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def seat_cookie(code: str) -> str | None:
    """The token of a seat in a browser, not yet known to be good."""
    return asked().cookies.get(prefix() + code) if b"cookie" in asked().head else None


def link_cookie(code: str) -> str | None:
    """The token of a link that a browser followed."""
    return asked().cookies.get(f"{prefix()}link-{code}") if b"cookie" in asked().head else None


def remember_link(response: Response, room: str, token: str) -> Response:
    """Give the browser the cookie of a link it followed."""
    return remember(response, f"link-{room}", token)


def rooms_of_browser() -> list[tuple[str, str]]:
    """(code, token) of every seat this browser holds."""
    start = prefix()
    found = [(name.removeprefix(start), token) for name, token in asked().cookies.items() if name.startswith(start)]
    return [(code, token) for code, token in found if is_code(code)][:MOST_ROOMS]


def remember(response: Response, room: str, token: str) -> Response:
    """Give the browser a seat's cookie, or 30 days more of it."""
    secure = asked().scheme == "https"
    response.set_cookie(prefix() + room, token, max_age=MONTH, path="/", secure=secure, httponly=True, samesite="Lax")
    return response


def forget(response: Response, room: str) -> Response:
    """Take a seat's cookie back."""
    response.delete_cookie(prefix() + room, path="/", secure=asked().scheme == "https", httponly=True, samesite="Lax")
    return response


def seat_json(seat: Seat) -> dict[str, str]:
    """What a program gets when it takes a seat. The token is shown this once."""
    return {"name": seat.member.name, "member": seat.member.id, "token": seat.token}
