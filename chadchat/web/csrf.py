"""Requests that another site made a browser send are not carried out.

The algorithm of Go 1.25's CrossOriginProtection: Sec-Fetch-Site where the browser sends it, else Origin against Host;
curl sends neither and passes. Streams are checked as well, or a hostile page could hold connections in a visitor's
name.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from quart import request

from ..errors import CrossSite
from .gate import STREAMS
from .respond import header


async def check() -> None:
    """Raises CrossSite. Runs before every request."""
    if request.method in ("GET", "HEAD", "OPTIONS") and not request.path.endswith(STREAMS):
        return
    site = header(b"sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise CrossSite
        return
    origin = header(b"origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise CrossSite
