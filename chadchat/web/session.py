"""Seats in HTTP: a cookie for each room in a browser, a bearer token for everything else. Never in an address."""

from __future__ import annotations

from typing import Final

from quart import Response

from ..domain import links, rooms
from ..domain.codes import Code, as_code
from ..domain.members import Member, Seat, seated
from ..errors import RoomNotFound, SeatRequired
from .respond import node, request
from .visitor import COOKIE, HOST_ONLY

MONTH: Final = 30 * 24 * 3600
# Bytes of cookies that a browser may bring: some 190 seats, and 4 KiB are left of MOST_HEADERS for all else.
MOST_COOKIES: Final = 12_288
MOST_FORGOTTEN: Final = 16  # in one answer, at some 110 bytes each: proxies take 4 KiB of headers


def prefix() -> str:
    """The start of our cookies' names. Over HTTPS the browser itself then refuses them from anywhere but this host."""
    return f"{HOST_ONLY}{COOKIE}" if request().scheme == "https" else COOKIE


async def member_of(code: str) -> Member | None:
    """Who the caller is in this room; None without a seat, and then nothing was read from the database.

    Raises SeatRequired for a bearer token that opens nothing in it, RoomNotFound where there is no room for one, or
    it is locked.
    """
    token = bearer()
    if token is not None:
        member = await seated(node().db, code, token)
        if member is None and not token.startswith(links.PREFIX):
            room = await rooms.find(node().db, code)
            raise RoomNotFound(code) if room.rules.lock else SeatRequired(code)
        return member
    cookie = seat_cookie(code)
    return await seated(node().db, code, cookie) if cookie else None


def bearer() -> str | None:
    """The token of a program: a seat's, or a link's."""
    scheme, _, token = (request().header(b"authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def seat_cookie(code: str) -> str | None:
    """The token of a seat in a browser, not yet known to be good."""
    return request().cookies.get(prefix() + code) if b"cookie" in request().head else None


def link_cookie(code: str) -> str | None:
    """The token of a link that a browser followed."""
    return request().cookies.get(f"{prefix()}link-{code}") if b"cookie" in request().head else None


def remember_link(response: Response, room: str, token: str) -> Response:
    """Give the browser the cookie of a link it followed."""
    return remember(response, f"link-{room}", token)


def tokens_of_browser() -> dict[Code, str]:
    """The token of every seat that this browser holds, by the room's code, newest first: browsers send the oldest
    cookie first (RFC 6265, 5.4).
    """
    start = prefix()
    found = [(as_code(name.removeprefix(start)), token) for name, token in _cookies() if name.startswith(start)]
    return {code: token for code, token in reversed(found) if code}


def remember(response: Response, room: str, token: str) -> Response:
    """Give the browser a seat's cookie, or 30 days more of it. One that has as many as a request can carry loses its
    oldest.
    """
    secure = request().scheme == "https"
    response.set_cookie(prefix() + room, token, max_age=MONTH, path="/", secure=secure, httponly=True, samesite="Lax")
    size = sum(len(name) + len(value) + 3 for name, value in _cookies())
    return forget_oldest(response, size - MOST_COOKIES, keep=prefix() + room) if size > MOST_COOKIES else response


def forget(response: Response, room: str) -> Response:
    """Take a seat's cookie back."""
    return _forget(response, prefix() + room)


def forget_oldest(response: Response, size: int, keep: str = "") -> Response:
    """Take back the oldest cookies of ours, until so many bytes of them are gone, or MOST_FORGOTTEN."""
    ours = [(name, value) for name, value in _cookies() if name.startswith(prefix()) and name != keep]
    for name, value in ours[:MOST_FORGOTTEN]:
        if size <= 0:
            break
        _forget(response, name)
        size -= len(name) + len(value) + 3
    return response


def _forget(response: Response, name: str) -> Response:
    response.delete_cookie(name, path="/", secure=request().scheme == "https", httponly=True, samesite="Lax")
    return response


def _cookies() -> list[tuple[str, str]]:
    return list(request().cookies.items()) if b"cookie" in request().head else []


def seat_json(seat: Seat) -> dict[str, str]:
    """What a program gets when it takes a seat. The token is shown this once."""
    return {"name": seat.member.name, "member": seat.member.id, "token": seat.token}
