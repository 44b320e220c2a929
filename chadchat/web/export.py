"""A room's whole log as a file: `/KQZF.jsonl`, `.md`, `.txt`, `.html`."""

from __future__ import annotations

from collections.abc import AsyncIterator

from quart import Blueprint, Response, current_app

from .. import rooms
from ..errors import SeatRequired
from ..export import Format, export
from .respond import chat
from .session import member_of

blueprint = Blueprint("export", __name__)


@blueprint.get("/<code:code>.<any(jsonl,md,txt,html):kind>")
async def download(code: str, kind: str) -> Response:
    """Whoever may read the room in a format may have it as a file. Raises SeatRequired for the page without a seat."""
    room = await rooms.find(chat().db, code)
    if kind == "html" and await member_of(code) is None:
        raise SeatRequired(code)
    format: Format = current_app.extensions["exports"][kind]
    response = Response(_encoded(export(chat().db, room, format)), content_type=format.media)
    response.headers["Content-Disposition"] = f'attachment; filename="{code}.{kind}"'
    response.timeout = None  # a long file takes as long as its reader does
    return response


async def _encoded(parts: AsyncIterator[tuple[int, str]]) -> AsyncIterator[bytes]:
    async for _, part in parts:
        yield part.encode()
