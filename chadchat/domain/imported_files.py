"""Imported files: the file of a message as a line of an export tells of it, with its bytes from the zip, or without."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final

from ..errors import TextInvalid
from ..pictures.reencoder import Reencoder, available
from ..refusal import DataError
from ..storage.files import Files
from .files import LONGEST_ALT, OTHER, TEXT, Attachment, attachment, clean_file_name
from .reencoding import finish
from .unpacking import Unpacked

LARGEST: Final = 1 << 40  # bytes that a line may say
WIDEST: Final = 100_000  # pixels
_TYPES: Final = frozenset({TEXT, OTHER, "image/webp"})
Bringing = Callable[[dict[str, Any]], Attachment]
"""Makes the file of the message of a line. Raises TextInvalid."""


def without_bytes(line: dict[str, Any]) -> Attachment:
    """The file of a line whose bytes are not there: it counts as expired. Raises TextInvalid."""
    file = _facts(line)
    width, height = (_whole(file, side, WIDEST) if side in file else None for side in ("width", "height"))
    type = file.get("type")
    return Attachment(
        id=secrets.token_hex(16),
        name=clean_file_name(file["name"]),
        size=_whole(file, "size", LARGEST),
        type=type if isinstance(type, str) and type in _TYPES else OTHER,
        sha256="",
        digest="",
        alt=_alt(file),
        width=width,
        height=height,
        expired=True,
    )


class FromZip:
    """Brings the files of an open zip into the folder of files; they are taken away again after an error."""

    def __init__(self, files: Files, zip: Unpacked) -> None:
        self._files, self._zip = files, zip
        self._stored: list[str] = []
        self._runner = asyncio.Runner()
        self._reencoder = Reencoder() if available() else None

    def __enter__(self) -> FromZip:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._runner.run(self._files.remove(self._stored))
        if self._reencoder:
            self._runner.run(self._reencoder.close())
        self._runner.close()

    def bring(self, line: dict[str, Any]) -> Attachment:
        """The file of a line, with its bytes, those of a picture encoded anew. Raises PictureInvalid, or TextInvalid
        for one that is not in the zip, or not as its line says.
        """
        file, seq = _facts(line), line.get("seq")
        if type(seq) is not int:
            raise TextInvalid("Its seq is no number, so its file cannot be found.")
        if file.get("expired") is True or self._zip.left_out(seq):
            return without_bytes(line)
        try:
            return self._runner.run(self._bring(file, seq))
        except DataError as error:
            raise TextInvalid(f"{str(error).rstrip('.')}.") from error

    async def _bring(self, file: dict[str, Any], seq: int) -> Attachment:
        async with self._files.begin() as part:
            self._stored.append(part.id)
            for data in self._zip.content(seq, _whole(file, "size", LARGEST), str(file.get("sha256"))):
                await part.write(data)
            if self._reencoder and "width" in file:  # what was a picture there is not believed to be one
                stored = await finish(part, self._files.path(part.id), self._reencoder, _fits)
            else:
                stored = await part.finish()
        return attachment(stored, file["name"], _alt(file))


async def _fits(on_disk: int) -> None:
    """Accept any size: the sizes in the zip were counted before."""


def _facts(line: dict[str, Any]) -> dict[str, Any]:
    file = line["file"]
    if not isinstance(file, dict) or not isinstance(file.get("name"), str):
        raise TextInvalid("Its file has no name.")
    return file


def _whole(file: dict[str, Any], part: str, most: int) -> int:
    value = file.get(part)
    if type(value) is not int or not 0 < value <= most:
        raise TextInvalid(f"The {part} of its file is no whole number from 1 to {most}.")
    return value


def _alt(file: dict[str, Any]) -> str:
    return " ".join(str(file.get("alt") or "").split())[:LONGEST_ALT]
