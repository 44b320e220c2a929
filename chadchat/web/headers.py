"""Headers: what every answer carries."""

from __future__ import annotations

from typing import Final

from quart.utils import encode_headers
from werkzeug.datastructures import Headers

_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none';"
    " object-src 'none'"
)
_SHOWN: Final = (b"text/", b"image/")

Encoded = list[tuple[bytes, bytes]]


def _encoded(**headers: str) -> Encoded:
    return encode_headers(Headers({name.replace("_", "-"): value for name, value in headers.items()}))


# Made into bytes once, for every answer carries some of them.
_ALWAYS: Final = _encoded(x_content_type_options="nosniff", cross_origin_resource_policy="same-origin")
_STREAM: Final = _ALWAYS + _encoded(cache_control="no-store, no-transform", x_accel_buffering="no")
_ANSWER: Final = _ALWAYS + _encoded(
    # Not no-referrer: with it a browser sends "Origin: null" with our own forms, and over plain HTTP (no
    # Sec-Fetch-Site there) nothing would be left to tell them from another site's.
    referrer_policy="same-origin",
    cross_origin_opener_policy="same-origin",
)
_UNSTORED: Final = _ANSWER + _encoded(cache_control="no-store")
_HTTPS: Final = _encoded(strict_transport_security="max-age=31536000; includeSubDomains")
CLOSE: Final = _encoded(connection="close")
_PAGE: Final = _encoded(content_security_policy=_CSP)
_DATA: Final = _encoded(content_security_policy="default-src 'none'; frame-ancestors 'none'")


def complete(headers: Headers, *, https: bool) -> Encoded:
    """The headers of an answer with those that it must have, ready to be sent."""
    given = encode_headers(headers)
    names = dict(given)
    added = _ANSWER if b"cache-control" in names else _UNSTORED
    policy = _PAGE if names.get(b"content-type", b"").startswith(_SHOWN) else _DATA
    return given + added + policy + (_HTTPS if https else [])


def stream_headers(media: str) -> Encoded:
    """The headers of a stream, ready to be sent: no more than it needs."""
    return _encoded(content_type=media) + _STREAM
