"""Refusals, rendered: the same code and sentence as JSON, text, page or fragment."""

from __future__ import annotations

import logging
import re
from typing import Final

from quart import Quart, Response, g
from werkzeug.exceptions import HTTPException

from ..errors import ChatError
from . import gate
from .respond import Wants, asked, base_url, html, json, see_other, text, wants

logger = logging.getLogger(__name__)

_LOWER_CODE: Final = re.compile(r"/[a-z]{4,6}", re.ASCII)

# What the framework itself refuses, in our words.
_FRAMEWORK: Final = {
    400: ("bad_request", "That request could not be understood."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    408: ("body_timeout", "The request's body took too long to arrive."),
    413: ("body_too_large", "That is more than a request may carry (65,536 bytes)."),
    414: ("address_too_long", "That address is too long."),
    431: ("headers_too_large", "Those headers are too large."),
    500: ("server_error", "Something went wrong on our side. The server's log has it"),
}

# The poster of an error page: four letters, and a word of comfort.
_POSTERS: Final = {
    400: ("HUH?", "We read it twice. It did not help."),
    401: ("WHO?", "Take a seat first, then we talk."),
    403: ("NOPE", "Nothing personal."),
    404: ("NOPE", "Nothing is here. Possibly nothing ever was."),
    405: ("NOPE", "Right door, wrong knock."),
    409: ("DIBS", "Somebody was faster."),
    410: ("GONE", "It was good while it lasted."),
    413: ("LONG", "Brevity is the soul of chat."),
    429: ("EASY", "Breathe in. Breathe out. Try again."),
    500: ("OOPS", "That one is on us, not on you."),
    503: ("BUSY", "Back in a moment."),
    507: ("FULL", "No room for more words."),
}
_OTHER_POSTER: Final = ("HMPH", "That did not work.")


class _Refusal(ChatError):
    """A refusal of the framework's, as one of ours."""

    def __init__(self, status: int) -> None:
        sentence = _FRAMEWORK.get(status, _FRAMEWORK[400])[1]
        super().__init__(f"{sentence} as {g.get('request_id')}." if status == 500 else sentence)
        self.status = status
        self.code = _FRAMEWORK.get(status, _FRAMEWORK[400])[0]


def init_app(app: Quart) -> None:
    """Register the handlers."""
    app.register_error_handler(ChatError, refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(UnicodeDecodeError, _refuse_undecodable)


async def refuse(refusal: ChatError) -> Response:
    """A refusal in the caller's format."""
    gate.told(refusal)
    section = f"{base_url()}/help#{refusal.section}"
    shown = {"code": refusal.code, "status": refusal.status, "error": refusal.sentence, "help": section}
    match wants():
        case Wants.FRAGMENT:
            response = await html("_error.html", refusal.status, error={**shown, "sentence": refusal.sentence})
        case Wants.PAGE:
            word, aside = _POSTERS.get(refusal.status, _OTHER_POSTER)
            error = {**shown, "sentence": refusal.sentence}
            response = await html("error.html", refusal.status, error=error, word=word, aside=aside)
        case Wants.TEXT if asked().method in ("GET", "HEAD"):
            response = text(f"{refusal.sentence}\n{section}\n", refusal.status)
        case _:
            response = json(shown, refusal.status)
    if refusal.closes:
        response.headers["Connection"] = "close"
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


async def _refuse_http(error: HTTPException) -> Response:
    if error.code == 404 and asked().method in ("GET", "HEAD") and _LOWER_CODE.fullmatch(asked().path):
        return see_other(asked().path.upper())
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    response = await refuse(_Refusal(error.code or 500))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


async def _refuse_undecodable(error: UnicodeDecodeError) -> Response:
    return await refuse(_Refusal(400))
