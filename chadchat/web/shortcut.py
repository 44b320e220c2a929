"""The shortcut: answers a post to a room, from a program or the room page, without Quart's request handling.

Posts are most of the requests of a busy room. The checks, the view and the refusals are the same as for every other
request; Quart's routing, sessions, signals and contexts are skipped, which are a quarter of the cost of a post
(docs/performance.md). An answer that is a page, a refusal or an error goes through Quart.
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

# The functions that run before and after every view; Quart calls the same ones.
CHECKS: Final = (guard.check, throttle.check)
after_request = throttle.after_request

# From Quart 0.23 on, the context is the first argument of what handles an error.
_CONTEXT_FIRST: Final = "ctx" in signature(Quart.handle_user_exception).parameters
_ROOM: Final = re.compile(f"/({PATTERN})")


async def answer(app: Quart, request: Request) -> ResponseTypes | None:
    """The answer to a post; None if this is another request, which Quart must handle."""
    room = _ROOM.fullmatch(request.path)
    if room is None or request.method != "POST" or wants() is Wants.PAGE:
        return None
    request.view_args = {"code": room[1]}
    try:
        for check in CHECKS:
            await check()
        response: Response = await cast(Any, app.view_functions["messages.post"])(code=Code(room[1]))
        return await after_request(response)
    except Exception as error:  # Quart, too, catches every error of a view
        return await _refuse(app, request, error)


async def _refuse(app: Quart, request: Request, error: Exception) -> ResponseTypes:
    """The answer to an error, from the handlers that are registered with Quart."""
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
