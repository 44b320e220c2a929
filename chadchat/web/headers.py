"""Headers: what every answer carries."""

from __future__ import annotations

from typing import Final

from quart.utils import encode_headers
from werkzeug.datastructures import Headers

from ..server.asgi import Encoded

_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none';"
    " object-src 'none'"
)
# What a browser may show as a page. All else is data, a stream among it: it loads nothing.
_PAGES: Final = (b"text/html", b"image/")


def _encoded(**headers: str) -> Encoded:
    return encode_headers(Headers({name.replace("_", "-"): value for name, value in headers.items()}))


# Made into bytes once: every answer carries them.
_ALWAYS: Final = _encoded(
    x_content_type_options="nosniff",
    # Not no-referrer: with it a browser sends "Origin: null" with our own forms, and over plain HTTP (no
    # Sec-Fetch-Site there) nothing would be left to tell them from another site's.
    referrer_policy="same-origin",
    cross_origin_opener_policy="same-origin",
    cross_origin_resource_policy="same-origin",
)
_UNSTORED: Final = _encoded(cache_control="no-store")
_HTTPS: Final = _encoded(strict_transport_security="max-age=31536000; includeSubDomains")
CLOSE: Final = _encoded(connection="close")
_PAGE: Final = _encoded(content_security_policy=_CSP)
_DATA: Final = _encoded(content_security_policy="default-src 'none'; frame-ancestors 'none'")
STREAM: Final = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}


def complete(given: Encoded, *, https: bool) -> Encoded:
    """The headers of an answer with those that every answer must have, ready to be sent: for answers of views, early
    refusals and streams alike. Names are in lower case.
    """
    names = dict(given)
    unstored = [] if b"cache-control" in names else _UNSTORED
    policy = _PAGE if names.get(b"content-type", b"").startswith(_PAGES) else _DATA
    return given + _ALWAYS + unstored + policy + (_HTTPS if https else [])
