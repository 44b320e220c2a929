"""Refusals, rendered: the same code and sentence as JSON, text, page or fragment."""

from __future__ import annotations

import logging
from typing import Final, cast

from quart import Quart, Response, g, redirect
from werkzeug.exceptions import HTTPException

from ..errors import ChatError
from . import throttle
from .request import in_capitals
from .respond import Wants, base_url, html, json, request, see_other, text, wants
from .session import MOST_COOKIES, forget_oldest

logger = logging.getLogger(__name__)

# What the framework itself refuses, in our words.
_FRAMEWORK: Final = {
    400: ("bad_request", "That request could not be understood."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    408: ("body_timeout", "The request's body took too long to arrive."),
    413: ("body_too_large", "That is more than a request may carry (65,536 bytes)."),
    414: ("address_too_long", "That address is too long."),
    431: ("headers_too_large", "Those headers are too large."),
    500: ("server_error", "Something went wrong on our side. The server's log has it as {request}."),
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


class Malformed(ChatError, code="malformed"):
    """A request that is not well-formed: its target, its Host, or a header that says where it comes from."""

    sentence, values = "{reason}", ("reason",)


class LengthAmbiguous(ChatError, code="length_ambiguous"):
    """Two lengths: a proxy may see another end of this request than this server (RFC 9112, 6.3)."""

    sentence = "A request has a Content-Length or a Transfer-Encoding, never both."
    closes = True


class HeadersTooLarge(ChatError, status=431, code="headers_too_large", section="limits"):
    sentence, values = "{reason}", ("reason",)


class VersionUnknown(ChatError, status=505, code="http_version_unknown"):
    sentence = "This server speaks HTTP/1.1. Ask again in that."


class CrossSite(ChatError, status=403, code="cross_site"):
    sentence = "This request came from another site, so it was not carried out."


class JsonInvalid(ChatError, status=400, code="json_invalid", section="posting"):
    sentence, values = "{reason}", ("reason",)


class FormInvalid(ChatError, status=400, code="form_invalid", section="posting"):
    sentence, values = "{reason}", ("reason",)


class FieldInvalid(ChatError, status=422, code="field_invalid", section="posting"):
    """A field of a form, of JSON or of an address that is too long, or is no text."""

    sentence, values = "{reason}", ("field", "reason")


class NumberInvalid(ChatError, status=400, code="number_invalid", section="reading"):
    sentence, values = "{field} is a whole number from {least} to {most}.", ("field", "least", "most")


class NoWebSockets(ChatError, code="no_websockets", section="streams"):
    sentence = "There are no WebSockets here. Follow a room by its stream: /CODE/sse, /CODE/json or /CODE/raw."


class _Refusal(ChatError):
    """A refusal of the framework, with a code and a sentence from _FRAMEWORK."""

    values = ("request",)

    def __init__(self, status: int) -> None:
        self.code, self.sentence = _FRAMEWORK.get(status, _FRAMEWORK[400])
        self.status = status
        super().__init__(g.get("request_id"))


def init_app(app: Quart) -> None:
    """Register the handlers."""
    app.register_error_handler(ChatError, refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(UnicodeDecodeError, _refuse_undecodable)


async def refuse(refusal: ChatError, **facts: str) -> Response:
    """A refusal in the caller's format. `facts` are further fields of the JSON."""
    throttle.count_refusal(refusal)
    section = f"{base_url()}/help#{refusal.section}"
    shown = {"code": refusal.code, "status": refusal.status, "error": refusal.sentence, "help": section, **facts}
    match wants():
        case Wants.FRAGMENT:
            response = await html("_error.html", refusal.status, error={**shown, "sentence": refusal.sentence})
        case Wants.PAGE:
            word, aside = _POSTERS.get(refusal.status, _OTHER_POSTER)
            error = {**shown, "sentence": refusal.sentence}
            response = await html("error.html", refusal.status, error=error, word=word, aside=aside)
        case Wants.TEXT if request().method in ("GET", "HEAD"):
            response = text(f"{refusal.sentence}\n{section}\n", refusal.status)
        case _:
            response = json(shown, refusal.status)
    if isinstance(refusal, HeadersTooLarge):
        forget_oldest(response, MOST_COOKIES)  # the request keeps its cookies only where they are too many
    if refusal.closes:
        response.headers["Connection"] = "close"
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


async def _refuse_http(error: HTTPException) -> Response:
    if error.code == 404 and (there := in_capitals(request())):
        # 308 keeps the method and the body.
        return see_other(there) if request().method in ("GET", "HEAD") else cast(Response, redirect(there, 308))
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    response = await refuse(_Refusal(error.code or 500))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


async def _refuse_undecodable(error: UnicodeDecodeError) -> Response:
    return await refuse(_Refusal(400))
