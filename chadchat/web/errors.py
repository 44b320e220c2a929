"""Renders refusals as JSON, text, page or fragment, with the same code and sentence, and declares those of HTTP."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Final

from quart import Quart, Response, g
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from ..events import to_json
from ..jitter import jitter
from ..live.writers import gone
from ..node import Node
from ..refusal import ChatError
from ..server.asgi import Receive, Scope, Send
from ..server.one_write import send_whole
from . import throttle
from .headers import complete
from .posters import OTHER, POSTERS
from .request import OF_A_NAME, in_capitals, take_rest
from .respond import Wants, base_url, go_to, html, request, wants
from .session import MOST_COOKIES, forget_oldest

logger = logging.getLogger(__name__)

_READING: Final = ("GET", "HEAD")
_ALWAYS: Final = {"HEAD", "OPTIONS"}  # methods that a refusal need not name
_OF_INPUT: Final = (400, 409, 413, 422)  # a code in an address is no field
_WAITS: Final = jitter(1.0, 1.5)  # factors of a delay, so that delayed clients do not all come back at once

# Our codes and sentences for the errors that the framework raises, by status.
_FRAMEWORK: Final = {
    400: ("bad_request", "That request could not be understood."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: (
        "body_too_large",
        "That is more than a request may carry (65,536 bytes). A message may have 4,096 characters.",
    ),
    414: ("address_too_long", "That address is too long."),
    416: ("range_invalid", "That part is not in the file."),
    431: ("headers_too_large", "Those headers are too large."),
    500: ("server_error", "Something went wrong on our side. The server's log has it as {request}."),
}


class NoSpace(ChatError, status=503, code="no_space", section="limits", retry_after=60):
    """Of /readyz: posts are refused for want of room, and all else is answered."""

    sentence = "There is no room for more on this server: posts are refused."


class Malformed(ChatError, code="malformed"):
    """A malformed request: its target, its Host or its Origin is invalid."""

    sentence, values = "{reason}", ("reason",)


class LengthAmbiguous(ChatError, code="length_ambiguous"):
    """A request with two lengths: a proxy may see its end elsewhere than this server does (RFC 9112, 6.3)."""

    sentence = "A request has a Content-Length or a Transfer-Encoding, never both."
    closes = True


class HeadersTooLarge(ChatError, status=431, code="headers_too_large", section="limits"):
    sentence, values = "{reason}", ("reason",)


class VersionUnknown(ChatError, status=505, code="http_version_unknown"):
    sentence = "This server speaks HTTP/1.1. Ask again in that."


class CrossSite(ChatError, status=403, code="cross_site"):
    sentence = "This request came from another site, so it was not carried out."


class AuthorizationUnknown(ChatError, status=401, code="authorization_unknown", section="rooms"):
    sentence, values = (
        "{reason} Send Authorization: Bearer and the token, or Basic with it as the password.",
        ("reason",),
    )

    def __init__(self, reason: str = "That Authorization is not understood here.") -> None:
        super().__init__(reason)


class MethodNotTaken(ChatError, status=405, code="method_not_allowed"):
    sentence, values = "This address does not take {method:.20}. It takes {methods}.", ("method", "methods")


class FieldInvalid(ChatError, status=422, code="field_invalid", section="posting"):
    """A field of a form, of JSON or of a query that is too long, or is not valid Unicode."""

    sentence, values = "{reason}", ("field", "reason")


class NumberInvalid(ChatError, status=400, code="number_invalid", section="reading"):
    sentence, values = "{field} is a whole number from {least} to {most}.", ("field", "least", "most")


class ParameterUnknown(ChatError, status=400, code="parameter_unknown", section="streams"):
    """A field of a stream's address that no stream knows: `sinc=10m`, if ignored, would be an unnoticed gap."""

    sentence, values = (
        "A stream does not know {name:.40}. It knows since, kinds, from, limit, poll; /sse also as, and /raw numbers.",
        ("name",),
    )


class PreviewsOnlyLook(ChatError, status=403, code="previews_only_look"):
    sentence = "This User-Agent is one of link previews or a search engine. It may look, and nothing else."


class NoWebSockets(ChatError, code="no_websockets", section="streams"):
    sentence = "There are no WebSockets here. Follow a room by its stream: /CODE/sse, /CODE/json or /CODE/raw."


class _Refusal(ChatError):
    """An error of the framework as a refusal, with its code and sentence from _FRAMEWORK."""

    values = ("request",)

    def __init__(self, status: int) -> None:
        self.code, self.sentence = _FRAMEWORK.get(status, _FRAMEWORK[400])
        self.status = status
        super().__init__(g.get("request_id"))


def init_app(app: Quart) -> None:
    """Register the error handlers."""
    app.register_error_handler(ChatError, refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(UnicodeDecodeError, _refuse_undecodable)


async def refuse(refusal: ChatError, **facts: str) -> Response:
    """The response for a refusal, in the caller's format; counts it. `facts` are further fields of the JSON."""
    throttle.count_refusal(refusal)
    shown = _shown(refusal, base_url(), **facts)
    error = {**shown, "sentence": refusal.sentence, "until": refusal.until}
    match Wants.JSON if _is_json_stream(request().path) else wants():
        case Wants.FRAGMENT:
            response = await html("_error.html", refusal.status, error=error)
        case Wants.PAGE:
            word, aside = POSTERS.get(refusal.status, OTHER)
            response = await html("error.html", refusal.status, error=error, word=word, aside=aside)
        case asked:
            body, media = _written(shown, as_text=asked is Wants.TEXT and request().method in _READING)
            response = Response(body, refusal.status, content_type=media)
    response.headers.update(_headers(refusal, closes=refusal.closes))
    if isinstance(refusal, HeadersTooLarge):
        forget_oldest(response, MOST_COOKIES)  # only this request still has too many cookies, see wellformed.settle
    return response


async def refuse_early(node: Node, scope: Scope, receive: Receive, send: Send, refusal: ChatError, wait: float) -> None:
    """Send a refusal without the framework, as one line of JSON or as text, after `wait` seconds.

    There is no delay if too many refusals are delayed already. A caller that disconnects ends the delay, unless a part
    of its body is unread: then nothing more is read from the connection.
    """
    rest = await take_rest(scope, receive)
    async with node.limits.held() as may_wait:
        if wait and may_wait:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait * next(_WAITS)):
                    await (gone(receive) if rest else asyncio.Event().wait())
    host, accept = (throttle.header_of(scope, name).decode("latin-1") for name in (b"host", b"accept"))
    as_json = "application/json" in accept.lower() or _is_json_stream(scope["path"])
    as_text = scope["method"] in _READING and not as_json
    body, media = _written(_shown(refusal, f"{scope['scheme']}://{host}"), as_text=as_text)
    said = body.encode()
    given = {"content-type": media, "content-length": str(len(said))}
    given |= _headers(refusal, closes=refusal.closes or not rest)
    headers = complete(
        [(name.encode(), value.encode()) for name, value in given.items()], https=scope["scheme"] == "https"
    )
    await send_whole(scope, send, refusal.status, headers, b"" if scope["method"] == "HEAD" else said)


def _is_json_stream(path: str) -> bool:
    """Whether the address is of a stream of JSON, whose readers parse a refusal, too."""
    return path.rstrip("/").endswith("/json")


def _shown(refusal: ChatError, base: str, **facts: str) -> dict[str, str | int]:
    """The JSON fields of a refusal; `base` is the address of this server."""
    there = f"{base}/help#{refusal.section}"
    said: dict[str, str | int] = {
        "code": refusal.code,
        "status": refusal.status,
        "error": refusal.sentence,
        "help": there,
    }
    parts = {"field": refusal.field if refusal.status in _OF_INPUT else None, "retry_after": refusal.retry_after}
    return said | {name: value for name, value in parts.items() if value is not None} | facts


def _written(shown: dict[str, str | int], *, as_text: bool) -> tuple[str, str]:
    """The body of a refusal as text or JSON, and its media type."""
    if as_text:
        return f"{shown['error']}\n{shown['help']}\n", "text/plain; charset=utf-8"
    return f"{to_json(shown)}\n", "application/json; charset=utf-8"


def _headers(refusal: ChatError, *, closes: bool) -> dict[str, str]:
    """The headers that a refusal adds: `retry-after`, and `connection: close` if it closes the connection."""
    after = {} if refusal.retry_after is None else {"retry-after": str(refusal.retry_after)}
    return after | ({"connection": "close"} if closes else {})


async def _refuse_http(error: HTTPException) -> Response:
    if error.code == 404 and (there := in_capitals(request())):
        # 308 keeps the method and the body.
        return go_to(there, 303 if request().method in _READING else 308)
    if isinstance(error, MethodNotAllowed) and set(error.valid_methods or ()) == OF_A_NAME:
        error = NotFound()  # any word may be the name of a file, and there is nothing else at this address
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        methods = ", ".join(sorted({*error.valid_methods} - _ALWAYS))
        refusal: ChatError = MethodNotTaken(request().method, methods)
    else:
        refusal = _Refusal(error.code or 500)
    response = await refuse(refusal)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


async def _refuse_undecodable(error: UnicodeDecodeError) -> Response:
    return await refuse(_Refusal(400))
