"""Headers: what every answer carries, and how much a request may bring."""

from __future__ import annotations

from typing import Final

from quart import Response, request

from ..errors import HeadersTooLarge, LengthAmbiguous
from .asgi import StreamResponse

MOST: Final = 16_384

_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none';"
    " object-src 'none'"
)
_ALWAYS: Final = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with it a browser sends "Origin: null" with our own forms, and over plain HTTP (no
    # Sec-Fetch-Site there) nothing would be left to tell them from another site's.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


_HSTS: Final = "max-age=31536000; includeSubDomains"
_ANSWER: Final = [*_ALWAYS.items(), ("Cache-Control", "no-store"), ("Vary", "Accept, HX-Request, Cookie")]
_STREAM: Final = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"} | {
    name: _ALWAYS[name] for name in ("X-Content-Type-Options", "Cross-Origin-Resource-Policy")
}


async def check() -> None:
    """Raises LengthAmbiguous or HeadersTooLarge: Hypercorn's own limit is only for headers that are still arriving."""
    names = {name for name, _ in request.scope["headers"]}
    if b"transfer-encoding" in names and b"content-length" in names:
        raise LengthAmbiguous
    size = sum(len(name) + len(value) + 4 for name, value in request.scope["headers"])
    if size + len(request.path) + len(request.query_string) > MOST:
        raise HeadersTooLarge(f"These headers are {size} bytes; a request may have {MOST}.")


async def add(response: Response) -> Response:
    """Runs after every request."""
    if request.scheme == "https":
        response.headers["Strict-Transport-Security"] = _HSTS
    if isinstance(response, StreamResponse):
        # No page, so nothing of a page's; and the server keeps these bytes for as long as the stream is open.
        response.headers.update(_STREAM)
        return response
    # Added without a look at what is there: no view sets these, but for the Cache-Control of a poll.
    if request.path.startswith("/static/") or "Cache-Control" in response.headers:
        response.headers.extend(_ALWAYS)
    else:
        response.headers.extend(_ANSWER)
    return response
