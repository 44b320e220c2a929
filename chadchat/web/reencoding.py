"""Reencoding: whether the picture of an upload is encoded anew, and whether it fits then."""

from __future__ import annotations

from typing import Final

from ..domain import reencoding
from ..domain.uploads import Upload
from ..storage.files import Part, Stored
from .body import read_query
from .respond import node

AS_FILE: Final = "file"  # of `as` in the query: bytes as they are


async def finish(part: Part, upload: Upload) -> Stored:
    """Put an upload under its id, durably. A picture that is to be a file stays as it came; so do all where no pictures
    are encoded. Raises PictureInvalid, RoomFilesFull, FilesFull or OSError.
    """
    here = node()
    if here.reencoder is None or read_query().get("as") == AS_FILE:
        return await part.finish()

    async def fits(on_disk: int) -> None:
        await here.uploads.check(upload.room, max(0, on_disk - upload.size))

    return await reencoding.finish(part, here.files.path(part.id), here.reencoder, fits)
