"""A room's whole log as a file: `/KQZF.jsonl`, `.md`, `.txt`, `.html`."""

from __future__ import annotations

from collections.abc import AsyncIterator

from quart import Blueprint, Response, current_app

from ..export import Format, export
from ..permissions import Act
from .access import allow
from .respond import chat

blueprint = Blueprint("export", __name__)


@blueprint.get("/<code:code>.<any(jsonl,md,txt,html):kind>")
async def download(code: str, kind: str) -> Response:
    """Whoever may read the room may have it as a file."""
    room = (await allow(Act.READ, code)).room
    format: Format = current_app.extensions["exports"][kind]
    response = Response(_encoded(export(chat().db, room, format)), content_type=format.media)
    response.headers["Content-Disposition"] = f'attachment; filename="{code}.{kind}"'
    return response


async def _encoded(parts: AsyncIterator[tuple[int, str]]) -> AsyncIterator[bytes]:
    async for _, part in parts:
        yield part.encode()
