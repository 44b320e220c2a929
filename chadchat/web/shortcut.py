"""The shortcut: a message posted to a room, by a program or the room page, without the framework's round.

It is the request that a busy room consists of. The checks, the view and the refusals are the same as for every other
request; what is left out is Quart's routing, sessions, signals and contexts, a quarter of what a post costs
(docs/performance.md). Whatever ends in a page, a refusal or a mistake takes the long way after all.
"""

from __future__ import annotations

import re
from inspect import signature
from typing import Any, Final, cast

from quart import Quart, Response
from quart.typing import ResponseTypes

from ..domain.codes import PATTERN, Code
from . import guard, throttle
from .request import Request
from .respond import Wants, wants

# What every request must pass before its view sees it, and what every answer passes; on the long way, too.
CHECKS: Final = (guard.check, throttle.check)
after_request = throttle.after_request

# From Quart 0.23 on, the context is the first argument of what handles an error.
_CONTEXT_FIRST: Final = "ctx" in signature(Quart.handle_user_exception).parameters
_ROOM: Final = re.compile(f"/({PATTERN})")


async def answer(app: Quart, request: Request) -> ResponseTypes | None:
    """The answer; None where this is not the request for it."""
    room = _ROOM.fullmatch(request.path)
    if room is None or request.method != "POST" or wants() is Wants.PAGE:
        return None
    request.view_args = {"code": room[1]}
    try:
        for check in CHECKS:
            await check()
        response: Response = await cast(Any, app.view_functions["messages.post"])(code=Code(room[1]))
        return await after_request(response)
    except Exception as error:  # as Quart catches all that a view raises
        return await _refuse(app, request, error)


async def _refuse(app: Quart, request: Request, error: Exception) -> ResponseTypes:
    """As Quart does it: its handlers know every refusal, and what to log of a mistake."""
    quart = cast(Any, app)
    async with app.request_context(request) as context:
        first = (context,) if _CONTEXT_FIRST else ()
        try:
            answered = await quart.handle_user_exception(*first, error)
            return cast(
                ResponseTypes, await quart.finalize_request(*first, answered, *(() if _CONTEXT_FIRST else (context,)))
            )
        except Exception as mistake:
            return cast(ResponseTypes, await quart.handle_exception(*first, mistake))
