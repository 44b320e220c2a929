"""The bytes of a file: a download, never a page."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from quart import Blueprint, Response
from quart.wrappers.response import FileBody

from ..domain import files
from ..domain.files import FileNotFound
from ..domain.permissions import Act
from ..events import Event
from ..web.access import allow
from ..web.respond import node, request

blueprint = Blueprint("files", __name__)

PIECE: Final = 65_536  # bytes read from the disk at once
_HEADERS: Final = {
    "Cache-Control": "private, max-age=31536000, immutable",  # an id never gets other bytes
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
}


@blueprint.get("/<code:code>/files/<id>/<file:name>")
async def show(code: str, id: str, name: str) -> Response:
    """The bytes of a file, for every caller who may read the room."""
    room = (await allow(Act.READ, code)).room
    message = await files.find(node().db, room, id)
    try:
        response = Response(FileBody(node().files.path(id), buffer_size=PIECE), headers=_HEADERS)
    except OSError as error:
        raise FileNotFound(code) from error
    return await _as_download(response, message)


async def _as_download(response: Response, message: Event) -> Response:
    file = message.file or {}
    response.content_type = "text/plain; charset=utf-8" if file["type"] == files.TEXT else file["type"]
    response.headers["Content-Disposition"] = _attachment(file["name"])
    response.set_etag(file["id"])
    response.content_length = file["size"]
    await response.make_conditional(request(), accept_ranges=True, complete_length=file["size"])
    if request().method == "HEAD":
        length = response.content_length
        response.set_data(b"")
        response.content_length = length
    return response


def _attachment(name: str) -> str:
    """Content-Disposition with a name in ASCII, and the name itself for all who read RFC 8187."""
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%' else "_" for char in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
