"""A room's whole log as a file: `/KQZF.jsonl`, `.md`, `.txt`, `.html`; with the files of its messages `/KQZF.zip`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator

from quart import Blueprint, Response, current_app

from ..domain.archive import MEDIA, ZIP, exported
from ..domain.export import ExportFormat
from ..domain.export_limit import Exports
from ..domain.permissions import Act
from ..web.access import allow
from ..web.respond import node, request
from ..web.visitor import visitor

blueprint = Blueprint("export", __name__)


@blueprint.get("/<code:code>.<any(jsonl,md,txt,html,zip):kind>")
async def download(code: str, kind: str) -> Response:
    """Download the room, for every caller who may read it. Raises TooManyExports, too."""
    room = (await allow(Act.READ, code)).room
    formats: dict[str, ExportFormat] = current_app.extensions["exports"]
    media = MEDIA if kind == ZIP else formats[kind].media
    if request().method == "HEAD":
        response = Response(b"", content_type=media)
    else:
        parts = exported(node().db, room, kind, formats, node().files)
        body = _counted(node().limits.exports, visitor(), parts)
        await anext(body)  # counted from now on, and until it is closed, which a body that never began would not be
        response = Response(body, content_type=media)
    response.headers["Content-Disposition"] = f'attachment; filename="{code}.{kind}"'
    return response


async def _counted(exports: Exports, who: str, parts: AsyncIterator[tuple[int, bytes]]) -> AsyncGenerator[bytes, None]:
    with exports.one(who):
        yield b""
        async for _, part in parts:
            if part:
                yield part
