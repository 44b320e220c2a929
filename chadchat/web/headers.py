"""The headers that every answer carries: security policies, and caching."""

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
# Media types that a browser may show as a page. Everything else, streams included, gets a policy that loads nothing.
_PAGES: Final = (b"text/html", b"image/")


def _encoded(**headers: str) -> Encoded:
    return encode_headers(Headers({name.replace("_", "-"): value for name, value in headers.items()}))


# Encoded once, as every answer carries them.
_ALWAYS: Final = _encoded(
    x_content_type_options="nosniff",
    # Not no-referrer: then browsers would send "Origin: null" with our own forms, which over plain HTTP (without
    # Sec-Fetch-Site) could not be told from another site's.
    referrer_policy="same-origin",
    cross_origin_opener_policy="same-origin",
    cross_origin_resource_policy="same-origin",
)
_UNSTORED: Final = _encoded(cache_control="no-store")
_HTTPS: Final = _encoded(strict_transport_security="max-age=31536000; includeSubDomains")
CLOSE: Final = _encoded(connection="close")
_PAGE: Final = _encoded(content_security_policy=_CSP)
_DATA: Final = _encoded(content_security_policy="default-src 'none'; frame-ancestors 'none'")
UNINDEXED: Final = {"X-Robots-Tag": "noindex"}  # of all that is below a room's address
STREAM: Final = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no", **UNINDEXED}


def complete(given: Encoded, *, https: bool) -> Encoded:
    """The given headers with those that every answer must have. Their names must be in lower case.

    Used for the answers of views, for early refusals and for streams.
    """
    names = dict(given)
    unstored = [] if b"cache-control" in names else _UNSTORED
    policy = _PAGE if names.get(b"content-type", b"").startswith(_PAGES) else _DATA
    policy = [] if b"content-security-policy" in names else policy
    return given + _ALWAYS + unstored + policy + (_HTTPS if https else [])
