"""For operators: whether the server runs and can write, its metrics, and the contact for security reports."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from quart import Blueprint, Response
from werkzeug.exceptions import NotFound

from .. import metrics
from ..errors import LogDamaged, LogStopped, Stopping
from ..web.errors import NoSpace
from ..web.respond import base_url, node, request, text

blueprint = Blueprint("ops", __name__)

_PROXIED: Final = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip")
_NAMED_HERE: Final = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?")


@blueprint.get("/healthz")
async def alive() -> Response:
    """Whether the process runs."""
    return text("ok\n")


@blueprint.get("/readyz")
async def ready() -> Response:
    """Ready: takes posts. Raises Stopping while draining, LogStopped after the disk failed, LogDamaged, and NoSpace."""
    if node().feeds.ending:
        raise Stopping
    if node().log.failed:
        raise LogStopped
    if node().log.damaged:
        raise LogDamaged
    node().log.space.look()
    if node().log.space.full:
        raise NoSpace
    return text("ok\n")


@blueprint.get("/metrics")
async def figures() -> Response:
    """Figures for Prometheus. Without CHADCHAT_METRICS=on they are there for this machine only, and not through a
    proxy on it.
    """
    allowed = node().settings.metrics
    if allowed == "off" or (allowed == "local" and not _from_here()):
        raise NotFound
    return Response(node().metrics.text(await node().uploads.held()), content_type=metrics.MEDIA)


@blueprint.get("/robots.txt")
async def robots() -> Response:
    """The rules for crawlers (RFC 9309): all may be fetched, as else they could not read that a room is `noindex`."""
    return text(
        "# Rooms say `X-Robots-Tag: noindex`, which a crawler has to fetch to read.\nUser-agent: *\nDisallow:\n"
    )


@blueprint.get("/.well-known/security.txt")
async def security() -> Response:
    """The contact for security reports (RFC 9116), from CHADCHAT_SECURITY_CONTACT; 404 without it."""
    contact = node().settings.security_contact
    if not contact:
        raise NotFound
    expires = (datetime.now(UTC) + timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    return text(f"Contact: {contact}\nExpires: {expires}\nCanonical: {base_url()}/.well-known/security.txt\n")


def _from_here() -> bool:
    """Whether the request comes from this machine. Checks the host, too, as any name may resolve to this machine."""
    asked = request()
    client = asked.scope.get("client")
    return (
        client is not None
        and client[0] in ("127.0.0.1", "::1", "::ffff:127.0.0.1")
        and _NAMED_HERE.fullmatch(asked.authority) is not None
        and not any(name in asked.headers for name in _PROXIED)
    )
