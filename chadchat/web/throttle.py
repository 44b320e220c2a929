"""Rate limits in HTTP: checked before a request costs anything, and counted where it is certain what the request does.

`refusal` runs before the framework and reads no body and no database. The first refusals of a visitor are pages or
fragments, at once; the ones after them are one line, whatever was asked for, and come after a wait. Requests that pass
are counted further in: `check` and `after_request` around every request that names a room, the rest in the views.
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
from ..errors import ChatError
from ..node import Node
from ..server.asgi import Scope
from .request import Request, names_stream
from .respond import node, request
from .visitor import sender_of, token_of, visitor, visitor_of

# Seconds until a flood hears its next refusal, at least and at most: one a second, where possible. A refusal costs a
# millisecond of the server's time, nearly all of it in the server and the kernel. A connection that waits for one sends
# nothing meanwhile, and a visitor has only so many (server/connection_limit.py).
HELD: Final = (2.0, 8.0)

# These read what opens the room first, and guess with it.
_GUESS_THEMSELVES: Final = frozenset({"seats.join"})
_TELL_NOTHING: Final = ("HEAD", "OPTIONS")
_ROOM: Final = re.compile(f"/({PATTERN})([/.].*)?", re.DOTALL)


async def refusal(node: Node, scope: Scope) -> tuple[ChatError, float] | None:
    """What is over a limit for certain, and to be answered here with one line, after so many seconds."""
    if not node.limits.on:
        return None
    try:
        await _refuse(node, scope)
    except ChatError as refused:
        turn = node.limits.refused(visitor_of(scope))
        if not turn and _wants_html(scope) and not isinstance(refused, TooManyRequests):
            return None  # the view refuses it again, and says it nicely
        node.metrics.refused(refused.code)
        # Its traceback leads to the frame that holds it: a reference cycle, left to the garbage collector otherwise.
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
    if method == "POST" and not rest:
        limits.check_post(code, sender_of(scope, code, seated=True))
    elif method in ("GET", "HEAD") and names_stream(rest):
        limits.streams.check(who)


def header_of(scope: Scope, wanted: bytes) -> bytes:
    """A header by its name in lower case, before there is a request; empty where it is missing."""
    return next((value for name, value in scope["headers"] if name == wanted), b"")


def _wants_html(scope: Scope) -> bool:
    return b"text/html" in header_of(scope, b"accept") or bool(header_of(scope, b"hx-request"))


async def check() -> None:
    """Runs before every asked: its room's code, if it names one, is a guess. Raises TooManyCodes."""
    asked = request()
    code = (asked.view_args or {}).get("code")
    if code and asked.endpoint not in _GUESS_THEMSELVES:
        await guess(code)


async def guess(code: Code, passphrase: str = "") -> None:
    """The caller names a room, and perhaps what opens it. It is paid for here, and given back by `after_request`.

    Raises TooManyCodes, unless the caller has a seat or a link there: that opens the room, but tries no passphrase.
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
    """The caller has seen the room, as one who may. Nothing else makes a guess a right one."""
    request().let_in = True


def count_refusal(refused: ChatError | None) -> None:
    """A refusal becomes an answer: it is counted."""
    if refused is not None:
        node().metrics.refused(refused.code)


async def after_request(response: Response) -> Response:
    """Runs after every asked: a guess is given back where the answer is the room's."""
    asked = request()
    decide(asked, right=asked.let_in and response.status_code < 400 and asked.method not in _TELL_NOTHING)
    return response


def decide(request: Request, *, right: bool = False) -> None:
    """A guess becomes right or wrong; so does one whose request was cut off, or it would stay undecided."""
    made, request.guess = request.guess, None
    if made is not None:
        request.node.limits.codes.settle(made, let_in=right)


async def _opens(node: Node, scope: Scope, code: Code) -> bool:
    """Whether the caller, who is over the limit for codes, has a seat or a link in that room, or waits at its door.

    That takes one look into the database whether there is such a room or not. A token that opens nothing is paid for.
    """
    tokens = {token_of(scope, code), token_of(scope, f"link-{code}")} - {None}
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


def join() -> None:
    """Count a seat. Raises TooManyJoins."""
    if node().limits.on:
        node().limits.join(visitor())


@asynccontextmanager
async def opening() -> AsyncIterator[None]:
    """Count a room that is opened inside. Raises TooManyRooms."""
    limits, who = node().limits, visitor()
    limits.open_room(who)
    try:
        yield
    except ChatError:
        limits.room_not_opened(who)
        raise


def stream_seat(code: str, member: Member | None) -> tuple[Any, ...]:
    """Whom a stream counts for. Raises TooManyStreams for the seat."""
    if member is None:
        return (visitor(),)
    seat = (code, member.id)
    node().limits.streams.check_seat(seat)
    return visitor(), seat
