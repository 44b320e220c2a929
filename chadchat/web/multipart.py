"""Takes a multipart form (RFC 7578) apart as it arrives: its fields are kept, its file is handed on piece by piece."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Final, Protocol

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData, State

from .body_errors import FormInvalid
from .charsets import decode
from .request import LARGEST_BODY, MOST_FIELDS

LONGEST_BOUNDARY: Final = 70  # RFC 2046, 5.1.1
LONGEST_HEAD: Final = 1024  # bytes of the head of a part
FILE: Final = "file"  # the field of a file
_BLANK_LINE: Final = re.compile(rb"\r\n\r\n|\r\r|\n\n")  # the ends of a head that Werkzeug accepts
_FILENAME: Final = re.compile(r";\s*filename\*?\s*=", re.IGNORECASE)
_NOT_HERE: Final = (
    "A file goes into the field file of a post to a room: curl -F file=@notes.txt. The text of one is posted by"
    " curl -F 'text=<notes.txt'."
)


class Inbox(Protocol):
    """What takes the file of a form."""

    async def begin(self, name: str) -> None:
        """A file begins. Raises ChatError."""

    async def take(self, data: bytes) -> None:
        """A piece of it. Raises ChatError."""

    async def end(self) -> None:
        """It is whole. Raises ChatError."""


async def read(boundary: str, pieces: AsyncIterator[bytes], inbox: Inbox | None = None) -> dict[str, str]:
    """The fields of a form; empty if the body is none. Its file goes to `inbox`.

    Raises FormInvalid, TextInvalid, RequestEntityTooLarge, or what the inbox raises.
    """
    if not 0 < len(boundary) <= LONGEST_BOUNDARY:
        async for _ in pieces:
            pass
        return {}
    form = _Form(boundary.encode(), inbox)
    async for piece in pieces:
        await form.feed(piece)
    return form.fields()


class _Form:
    def __init__(self, boundary: bytes, inbox: Inbox | None) -> None:
        self._decoder = MultipartDecoder(boundary)
        self._inbox = inbox
        self._values: list[tuple[str | None, bytearray]] = []
        self._in_file = False
        self._has_file = False
        self._began = False  # whether the inbox has been told of the file
        self._name = ""
        self._parts = self._left = 0

    async def feed(self, piece: bytes) -> None:
        """Take what has arrived apart."""
        self._decoder.receive_data(piece)
        self._left += len(piece)
        while not isinstance(event := self._next(), NeedData | Epilogue):
            await self._handle(event)
        if self._left > LARGEST_BODY:  # besides the file
            raise RequestEntityTooLarge

    def fields(self) -> dict[str, str]:
        """The fields, once all has arrived."""
        if self._decoder.state is State.PREAMBLE:
            return {}
        if self._decoder.state is not State.EPILOGUE:
            raise FormInvalid("That form has no end.")
        fields = {name: decode_whole(bytes(value)) for name, value in self._values if name is not None}
        if len(fields) < sum(1 for name, _ in self._values if name is not None):
            raise FormInvalid("A form has each of its fields once.")
        return fields

    def _next(self) -> Event:
        """The next event. The head of a part is checked before Werkzeug, which needs 60 ms for one of 64 KiB."""
        if self._decoder.state is State.PART:
            buffer = self._decoder.buffer
            if _BLANK_LINE.search(buffer, 0, LONGEST_HEAD) is None:
                if len(buffer) < LONGEST_HEAD:
                    return NeedData()
                raise FormInvalid("A part of that form has too long a head, or none.")
        try:
            return self._decoder.next_event()
        except UnicodeDecodeError:
            decode(b"\xff")  # raises the refusal of a text that is not valid UTF-8
            raise
        except ValueError as error:
            raise FormInvalid("A part of that form has no Content-Disposition.") from error

    async def _handle(self, event: Event) -> None:
        match event:
            case File():
                self._part()
                self._begin_file(event)
            case Field():
                self._part()
                if _FILENAME.search(event.headers["content-disposition"]):  # spelt so that Werkzeug takes it for none
                    raise FormInvalid(_NOT_HERE)
                self._in_file = False
                self._values.append((event.name, bytearray()))
            case Data():
                if self._in_file:
                    await self._take(event)
                else:
                    self._values[-1][1].extend(event.data)

    def _part(self) -> None:
        self._parts += 1
        if self._parts > MOST_FIELDS:
            raise FormInvalid(f"A form may have {MOST_FIELDS} fields.")

    def _begin_file(self, event: File) -> None:
        if self._inbox is None or event.name != FILE:
            raise FormInvalid(_NOT_HERE)
        self._in_file, self._began, self._name = True, False, event.filename

    async def _take(self, event: Data) -> None:
        """A browser sends a file without a name and bytes where none was chosen, which is left out."""
        inbox = self._inbox
        if inbox is None:
            raise FormInvalid(_NOT_HERE)
        self._left -= len(event.data)
        if not self._began and (self._name or event.data):
            if self._has_file:
                raise FormInvalid("A message has one file. Send the others in messages of their own.")
            self._began = self._has_file = True
            await inbox.begin(self._name)
        if self._began:
            await inbox.take(event.data)
            if not event.more_data:
                await inbox.end()


def decode_whole(raw: bytes) -> str:
    """The value of a field as it came. Raises TextInvalid."""
    return decode(raw) if not raw.startswith(b"\xef\xbb\xbf") else f"\ufeff{decode(raw)}"
