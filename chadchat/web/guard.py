"""What every request must pass before a view sees it: headers of a reasonable size, and not another site's doing.

Requests that another site made a browser send are not carried out. The algorithm of Go 1.25's CrossOriginProtection:
Sec-Fetch-Site where the browser sends it, else Origin against Host; curl sends neither and passes. Streams are checked
as well, or a hostile page could hold connections in a visitor's name.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from ..errors import CrossSite, HeadersTooLarge, LengthAmbiguous
from .request import Request
from .respond import asked

MOST_HEADERS: Final = 16_384
_SAFE: Final = ("GET", "HEAD", "OPTIONS")


async def check() -> None:
    """Raises LengthAmbiguous, HeadersTooLarge or CrossSite. Runs before every request."""
    request = asked()
    if b"transfer-encoding" in request.head and b"content-length" in request.head:
        raise LengthAmbiguous
    _check_size(request)
    if request.method not in _SAFE or request.opens_stream:
        _check_site(request)


def _check_size(request: Request) -> None:
    # Hypercorn's own limit counts only headers that have not fully arrived.
    headers = list(request.scope["headers"])
    size = sum([len(name) + len(value) for name, value in headers]) + 4 * len(headers)
    if size + len(request.path) + len(request.query_string) > MOST_HEADERS:
        raise HeadersTooLarge(f"These headers are {size} bytes; a request may have {MOST_HEADERS}.")


def _check_site(request: Request) -> None:
    site = request.header(b"sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise CrossSite
        return
    origin = request.header(b"origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise CrossSite
