"""Rate limits in HTTP, checked twice: before the framework, from path and headers only, and again in the views.

`refusal` runs before the framework and reads no body. The first refusals of a visitor are full pages or fragments; the
next ones are one line, in whatever format was asked for, and delayed. Requests that pass are counted later: `check`
and `after_request` run around every view and count guesses of room codes, the views count posts, seats and rooms.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from quart import Response

from ..domain import knocks, members
from ..domain.codes import PATTERN, Code
from ..domain.limits import TooManyCodes, TooManyRequests
from ..domain.members import Member
from ..domain.messages import Stranger
from ..node import Node
from ..refusal import ChatError
from ..server.asgi import Scope
from .headers import UNINDEXED
from .request import Request, names_stream
from .respond import node, request
from .visitor import sender_of, token_of, visitor, visitor_of

# The shortest and longest delay of a refusal, in seconds; the aim is one refusal a second for each visitor. A refusal
# takes about 1 ms of CPU, nearly all of it in Hypercorn and the kernel. While it is delayed, its connection carries no
# further request, and the connections of a visitor are limited (server/connection_limit.py).
HELD: Final = (2.0, 8.0)

# Views that call `guess` themselves, with the passphrase, after reading the body.
_GUESS_THEMSELVES: Final = frozenset({"seats.join"})
_TELL_NOTHING: Final = ("HEAD", "OPTIONS")
_ROOM: Final = re.compile(f"/({PATTERN})([/.].*)?", re.DOTALL)
_LINK: Final = re.compile(f"/{PATTERN}/links/(ccl_[^/]+)/?", re.DOTALL)


async def refusal(node: Node, scope: Scope) -> tuple[ChatError, float] | None:
    """The refusal of a request that is over a limit, and the seconds to delay it; None if the framework handles it."""
    if not node.limits.on:
        return None
    try:
        await _refuse(node, scope)
    except ChatError as refused:
        turn = node.limits.refused(visitor_of(scope))
        if not turn and _wants_html(scope) and not isinstance(refused, TooManyRequests):
            return None  # the view refuses it again, with a full page
        count_refusal(refused, node)
        # Without its traceback, which would make a reference cycle that only the garbage collector frees.
        return refused.with_traceback(None), turn and min(max(turn, HELD[0]), HELD[1])
    return None


async def _refuse(node: Node, scope: Scope) -> None:
    limits, path, method, who = node.limits, scope["path"], scope["method"], visitor_of(scope)
    limits.request(who)
    room = _ROOM.fullmatch(path)
    if room is None:
        if path == "/rooms" and method == "POST":
            limits.check_rooms(who)
        return
    code, rest = Code(room[1]), (room[2] or "").rstrip("/")
    if limits.codes.over(who) and not await _opens(node, scope, code):
        raise TooManyCodes(limits.codes.over(who))
    if method in ("POST", "PUT") and not rest:
        limits.check_post(code, sender_of(scope, code, seated=True))
    elif method in ("GET", "HEAD") and names_stream(rest) and b"poll=" not in scope["query_string"]:
        limits.streams.check(who)  # a poll holds no stream; the view looks at it more closely


def header_of(scope: Scope, wanted: bytes) -> bytes:
    """The value of a header in the ASGI scope, by its name in lower case; empty if it is missing."""
    return next((value for name, value in scope["headers"] if name == wanted), b"")


def _wants_html(scope: Scope) -> bool:
    return b"text/html" in header_of(scope, b"accept").lower() or bool(header_of(scope, b"hx-request"))


async def check() -> None:
    """Count the room's code in the path, if there is one, as a guess. Runs before every view. Raises TooManyCodes."""
    asked = request()
    code = (asked.view_args or {}).get("code")
    if code and asked.endpoint not in _GUESS_THEMSELVES:
        await guess(code)


async def guess(code: Code, passphrase: str = "") -> None:
    """Charge the caller's guess of a code and perhaps a passphrase. `after_request` refunds it if it was right.

    Raises TooManyCodes, except for a guess without a passphrase by a caller with a seat, link or knock in that room.
    """
    limits = node().limits
    if not limits.on:
        return
    who = visitor()
    made = limits.codes.ask(who, code, passphrase)
    if made.wait:
        if not passphrase and await _opens(node(), request().scope, code):
            return
        made = await limits.codes.ask_in_turn(who, code, passphrase)
    if made.wait:
        raise TooManyCodes(made.wait)
    request().guess = made


def let_in() -> None:
    """Note that the caller may see the room: only this makes its guess right."""
    request().let_in = True


def count_refusal(refused: ChatError | None, running: Node | None = None) -> None:
    """Count a refusal in the metrics; tell the operator of one that is a limit's."""
    if refused is not None:
        running = running or node()
        running.metrics.refused(refused.code)
        running.limits.log.tell(refused)


async def after_request(response: Response) -> Response:
    """Refund the request's guess if the caller was let in and the answer is not an error. Runs after every view."""
    asked = request()
    if asked.method != "POST" and "code" in (asked.view_args or ()):
        response.headers.update(UNINDEXED)
    decide(asked, right=asked.let_in and response.status_code < 400 and asked.method not in _TELL_NOTHING)
    return response


def decide(request: Request, *, right: bool = False) -> None:
    """Decide the request's guess, once. Also called after a cancelled request, as its guess would stay undecided."""
    made, request.guess = request.guess, None
    if made is not None:
        request.node.limits.codes.settle(made, let_in=right)


async def _opens(node: Node, scope: Scope, code: Code) -> bool:
    """Whether the caller, which is over the limit for codes, has a seat, a link or a knock (or decoy) in that room.

    Each token takes at most one query, whether or not the room exists. An invalid token is charged as a guess.
    """
    posting = _LINK.fullmatch(scope["path"])
    tokens = {token_of(scope, code), token_of(scope, f"link-{code}"), posting and posting[1]}
    for token in filter(None, tokens):
        if knocks.is_decoy(node.addresses, code, token) or await members.holds(node.db, code, token):
            return True
        node.limits.codes.forged(visitor_of(scope), code, token)
    return False


def post(code: Code, author: Member | Stranger) -> None:
    """Count a message. Raises TooManyPosts or RoomBusy."""
    limits = node().limits
    if limits.on:
        limits.post(code, sender_of(request().scope, code, seated=isinstance(author, Member)))


def react(code: Code) -> None:
    """Count a reaction of the caller's seat. Raises TooManyReactions."""
    node().limits.react(sender_of(request().scope, code, seated=True))


def search(code: str, *, seated: bool) -> None:
    """Count a search of the caller. Raises TooManySearches."""
    node().search.count(sender_of(request().scope, code, seated))


def join() -> None:
    """Count a seat. Raises TooManyJoins."""
    if node().limits.on:
        node().limits.join(visitor())


@asynccontextmanager
async def opening() -> AsyncIterator[None]:
    """Count a new room, unless the block raises ChatError. Raises TooManyRooms."""
    limits, who = node().limits, visitor()
    limits.open_room(who)
    try:
        yield
    except ChatError:
        limits.room_not_opened(who)
        raise


def stream_seat(code: str, member: Member | None) -> tuple[Any, ...]:
    """The holders that a stream is counted for: the visitor, and the seat if there is one. Raises TooManyStreams."""
    if member is None:
        return (visitor(),)
    seat = (code, member.id)
    node().limits.streams.check_seat(seat)
    return visitor(), seat
