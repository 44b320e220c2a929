"""The check of every request before its view runs: it must be well-formed (`wellformed.py`) and not cross-site.

Cross-site requests are refused as in CrossOriginProtection of Go 1.25: by Sec-Fetch-Site if the browser sends it, else
by comparing Origin with Host; curl sends neither and passes. Safe methods pass, except for streams: a page of another
site could otherwise hold connections from a visitor's browser.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from .errors import AuthorizationUnknown, CrossSite, LengthAmbiguous, Malformed, NumberInvalid
from .request import Request
from .respond import request
from .routing import NONE
from .visitor import token_in

_SAFE: Final = ("GET", "HEAD", "OPTIONS")
_TOKEN: Final = re.compile(rb"=(?:Bearer(?:%20|\+))?cc[tl]_[\w-]{20}")  # in a query: ?token=, ?auth=


async def check() -> None:
    """Raise the refusal that `wellformed.settle` found, LengthAmbiguous, CrossSite, NumberInvalid or
    AuthorizationUnknown. Runs before every view.
    """
    asked = request()
    if asked.malformed:
        raise asked.malformed
    if b"transfer-encoding" in asked.head and b"content-length" in asked.head:
        raise LengthAmbiguous
    if asked.method not in _SAFE or asked.opens_stream:
        _check_site(asked)
    if NONE in (asked.view_args or {}).values():
        raise NumberInvalid("A number in an address", 1, NONE - 1)
    if b"authorization" in asked.head:
        _check_authorization(asked)
    if _TOKEN.search(asked.query_string) and _reads_tokens(asked):
        raise AuthorizationUnknown("A token is not read from the fields of an address, which proxies log.")


def _check_site(request: Request) -> None:
    site = request.header(b"sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise CrossSite
        return
    origin = request.header(b"origin")
    if origin is not None and _host_of(origin) != request.authority:
        raise CrossSite


def _check_authorization(request: Request) -> None:
    """Raise AuthorizationUnknown where a view would look for a token and there is none: ignored, it would be a post
    without a seat. Pages and files for everyone take any, as a proxy may have asked for it.
    """
    if _reads_tokens(request) and token_in(request.head[b"authorization"]) is None:
        raise AuthorizationUnknown


def _reads_tokens(request: Request) -> bool:
    return "code" in (request.view_args or {}) or request.method not in _SAFE


def _host_of(origin: str) -> str:
    """The host and port of an Origin, in lower case. Raises Malformed."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError as error:
        raise Malformed("That Origin is none.") from error
