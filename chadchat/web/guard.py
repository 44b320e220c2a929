"""What every request must pass before a view sees it: well-formed (`wellformed.py`), and not another site's doing.

Requests that another site made a browser send are not carried out. The algorithm of Go 1.25's CrossOriginProtection:
Sec-Fetch-Site where the browser sends it, else Origin against Host; curl sends neither and passes. Streams are checked
as well, or a hostile page could hold connections in a visitor's name.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from .errors import CrossSite, LengthAmbiguous, Malformed
from .request import Request
from .respond import request

_SAFE: Final = ("GET", "HEAD", "OPTIONS")


async def check() -> None:
    """Raises what was found malformed, LengthAmbiguous or CrossSite. Runs before every asked."""
    asked = request()
    if asked.malformed:
        raise asked.malformed
    if b"transfer-encoding" in asked.head and b"content-length" in asked.head:
        raise LengthAmbiguous
    if asked.method not in _SAFE or asked.opens_stream:
        _check_site(asked)


def _check_site(request: Request) -> None:
    site = request.header(b"sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise CrossSite
        return
    origin = request.header(b"origin")
    if origin is not None and _host_of(origin) != request.authority:
        raise CrossSite


def _host_of(origin: str) -> str:
    """Raises Malformed."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError as error:
        raise Malformed("That Origin is none.") from error
