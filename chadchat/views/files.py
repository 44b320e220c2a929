"""The bytes of a file: a download, never a page. Only a picture that was encoded anew is shown."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from quart import Blueprint, Response
from quart.wrappers.response import FileBody

from ..domain import files
from ..domain.files import FileNotFound
from ..domain.permissions import Act
from ..domain.reencoding import suffix
from ..pictures.reencoder import SIZES
from ..web.access import allow
from ..web.body import read_query
from ..web.errors import FieldInvalid
from ..web.respond import node, request

blueprint = Blueprint("files", __name__)

PIECE: Final = 65_536  # bytes read from the disk at once
_HEADERS: Final = {
    "Cache-Control": "private, max-age=31536000, immutable",  # an id never gets other bytes
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
}


@blueprint.get("/<code:code>/files/<id>/<file:name>")
async def show(code: str, id: str, name: str) -> Response:
    """The bytes of a file, for every caller who may read the room. A picture has two sizes: `size` says which."""
    room = (await allow(Act.READ, code)).room
    message = await files.find(node().db, room, id)
    file = message.file or {}
    size = _size(file)
    try:
        body = FileBody(node().files.path(id, suffix(size) if size else ""), buffer_size=PIECE)
    except OSError as error:
        raise FileNotFound(code) from error
    response = Response(body, headers=_HEADERS)
    response.content_type = "text/plain; charset=utf-8" if file["type"] == files.TEXT else file["type"]
    response.headers["Content-Disposition"] = f"{'inline' if size else 'attachment'}; {_named(file['name'])}"
    response.set_etag(f"{file['id']}-{size}" if size else file["id"])
    response.content_length = body.size
    await response.make_conditional(request(), accept_ranges=True, complete_length=body.size)
    if request().method == "HEAD":
        length = response.content_length
        response.set_data(b"")
        response.content_length = length
    return response


def _size(file: dict[str, Any]) -> int | None:
    """For which size the file of a picture is that is asked for; the largest one without `size`. None: it is no
    picture. Raises FieldInvalid.
    """
    asked = read_query().get("size", str(SIZES[-1]))
    if asked not in map(str, SIZES):
        raise FieldInvalid("size", "The size of a picture is 800 or 2560.")
    if "width" not in file:
        return None
    there = [size for size in SIZES if size <= SIZES[0] or max(file["width"], file["height"]) > SIZES[0]]
    return min(int(asked), there[-1])


def _named(name: str) -> str:
    """The name for Content-Disposition in ASCII, and itself for all who read RFC 8187."""
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%' else "_" for char in name)
    return f"filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
