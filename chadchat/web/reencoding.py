"""Reencoding: how an upload that has arrived is put under its id: a picture encoded anew, and all else as it came."""

from __future__ import annotations

from typing import Final

from ..domain.uploads import Upload
from ..pictures.formats import format_of
from ..pictures.process import Picture
from ..pictures.reencoder import AnimationTooLong
from ..storage.files import Part, Reencoded, Stored
from .body import read_query
from .respond import node

AS_FILE: Final = "file"  # of `as` in the query: bytes as they are


async def finish(part: Part, upload: Upload) -> Stored:
    """Put an upload under its id, durably. An animation that is too long, and a picture that is to be a file, stay as
    they came; so do all where no pictures are encoded. Raises PictureInvalid, RoomFilesFull, FilesFull or OSError.
    """
    reencoder = node().reencoder
    if reencoder is None or read_query().get("as") == AS_FILE or format_of(await part.whole()) is None:
        return await part.finish()
    into = node().files.path(part.id)
    try:
        picture = await reencoder.reencode(part.path, into)
    except AnimationTooLong:
        return await part.finish()
    on_disk = sum(file.bytes for file in picture.files)
    await node().uploads.check(upload.room, max(0, on_disk - upload.size))
    return await part.finish_as(_as_stored(picture, on_disk), {file.path: suffix(file.size) for file in picture.files})


def suffix(size: int) -> str:
    """What follows the id in the name of a picture's file."""
    return f".{size}.webp"


def _as_stored(picture: Picture, on_disk: int) -> Reencoded:
    largest = picture.files[-1]
    return Reencoded(picture.width, picture.height, largest.bytes, largest.sha256, on_disk)
