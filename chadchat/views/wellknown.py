"""/.well-known/security.txt (RFC 9116): whom to tell about a hole, where the operator has said so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from quart import Blueprint, Response
from werkzeug.exceptions import NotFound

from ..web.respond import base_url, node, text

blueprint = Blueprint("wellknown", __name__)


@blueprint.get("/.well-known/security.txt")
async def security() -> Response:
    """The contact of CHADCHAT_SECURITY_CONTACT; nothing without it."""
    contact = node().settings.security_contact
    if not contact:
        raise NotFound
    expires = (datetime.now(UTC) + timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    return text(f"Contact: {contact}\nExpires: {expires}\nCanonical: {base_url()}/.well-known/security.txt\n")
