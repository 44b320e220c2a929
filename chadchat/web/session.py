"""The tokens of seats and links in HTTP: a cookie per room in a browser, a bearer token from a program. A seat's token
is never in an address.
"""

from __future__ import annotations

from typing import Final

from quart import Response

from ..domain import links, rooms
from ..domain.codes import Code, as_code
from ..domain.members import Member, Seat, seated
from ..errors import RoomNotFound, SeatRequired
from .respond import node, request
from .visitor import COOKIE, HOST_ONLY, token_in

MONTH: Final = 30 * 24 * 3600
# Bytes of cookies of one browser: about 190 seats, which leaves 4 KiB of MOST_HEADERS for other headers.
MOST_COOKIES: Final = 12_288
MOST_FORGOTTEN: Final = 16  # cookies deleted by one answer, at about 110 bytes each: proxies allow 4 KiB of headers


def prefix() -> str:
    """The prefix of our cookies' names. Over HTTPS it makes browsers refuse such a cookie from any other host."""
    return f"{HOST_ONLY}{COOKIE}" if request().scheme == "https" else COOKIE


async def member_of(code: str) -> Member | None:
    """The caller as a member of this room, or None. Without a token nothing is read from the database.

    Raises SeatRequired for an invalid bearer token, or RoomNotFound if the room does not exist or is locked as well.
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
    """The token that the request's Authorization has, of a seat or a link, or None."""
    given = request().head.get(b"authorization")
    return None if given is None else token_in(given)


def seat_cookie(code: str) -> str | None:
    """The token in the cookie of a seat, not yet checked, or None."""
    return request().cookies.get(prefix() + code) if b"cookie" in request().head else None


def link_cookie(code: str) -> str | None:
    """The token in the cookie of a link that the browser followed, not yet checked, or None."""
    return request().cookies.get(f"{prefix()}link-{code}") if b"cookie" in request().head else None


def remember_link(response: Response, room: str, token: str) -> Response:
    """Set the cookie of a link that the browser followed; returns the response."""
    return remember(response, f"link-{room}", token)


def tokens_of_browser() -> dict[Code, str]:
    """The tokens in the seat cookies of this browser, by room code, newest first. (Browsers send the oldest cookie
    first: RFC 6265, 5.4.)
    """
    start = prefix()
    found = [(as_code(name.removeprefix(start)), token) for name, token in _cookies() if name.startswith(start)]
    return {code: token for code, token in reversed(found) if code}


def remember(response: Response, room: str, token: str) -> Response:
    """Set the cookie of a seat for 30 days; returns the response. Above MOST_COOKIES bytes the oldest cookies are
    deleted.
    """
    cookie(response, room, token, MONTH)
    size = sum(len(name) + len(value) + 3 for name, value in _cookies())
    return forget_oldest(response, size - MOST_COOKIES, keep=prefix() + room) if size > MOST_COOKIES else response


def cookie(response: Response, name: str, value: str, seconds: int) -> Response:
    """Set a cookie of ours; returns the response."""
    secure = request().scheme == "https"
    response.set_cookie(prefix() + name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="Lax")
    return response


def forget(response: Response, room: str) -> Response:
    """Delete the cookie of a seat; returns the response."""
    return _forget(response, prefix() + room)


def forget_oldest(response: Response, size: int, keep: str = "") -> Response:
    """Delete our oldest cookies, at least `size` bytes of them but at most MOST_FORGOTTEN; returns the response."""
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
    """A new seat as JSON for a program, with its token, which is not shown again."""
    return {"name": seat.member.name, "member": seat.member.id, "token": seat.token}
