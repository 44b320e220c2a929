"""Reencoding: puts a file that has arrived under its id: a picture encoded anew, and all else as it came."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from ..pictures.formats import format_of
from ..pictures.process import Picture
from ..pictures.reencoder import AnimationTooLong, Reencoder
from ..storage.files import Part, Reencoded, Stored


async def finish(part: Part, into: Path, reencoder: Reencoder, fits: Callable[[int], Awaitable[None]]) -> Stored:
    """Put a file under its id, durably: `into` is its path there. An animation that is too long stays as it came.
    `fits` refuses the bytes that a picture takes by raising an error. Raises PictureInvalid or OSError, too.
    """
    if format_of(await part.whole()) is None:
        return await part.finish()
    try:
        picture = await reencoder.reencode(part.path, into)
    except AnimationTooLong:
        return await part.finish()
    on_disk = sum(file.bytes for file in picture.files)
    await fits(on_disk)
    return await part.finish_as(_as_stored(picture, on_disk), {file.path: suffix(file.size) for file in picture.files})


def suffix(size: int) -> str:
    """The end of the name of a picture's file, after its id."""
    return f".{size}.webp"


def _as_stored(picture: Picture, on_disk: int) -> Reencoded:
    largest = picture.files[-1]
    return Reencoded(picture.width, picture.height, largest.bytes, largest.sha256, on_disk)
