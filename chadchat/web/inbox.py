"""Inbox: takes the file of one request, as it arrives: asks who may send it, counts and writes it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Final

from werkzeug.exceptions import RequestTimeout

from ..domain.codes import Code
from ..domain.files import Attachment, FileRequired, FilesFull, FileTooLarge, attachment
from ..domain.rooms import Room
from ..domain.texts import LONGEST
from ..domain.uploads import MIB, Upload
from ..errors import LogStopped
from ..events import Committed
from ..refusal import ChatError
from ..storage.files import Part, Stored
from .attaching import may_attach
from .body_errors import BodyTimeout, UploadSilent
from .reencoding import finish
from .request import LARGEST_BODY, Request
from .respond import node
from .visitor import sender_of, visitor

logger = logging.getLogger(__name__)

MOST_READ: Final = 16  # a form whose file is refused is read to its end, up to so many times the largest file
_MESSAGE: Final = 4 * LONGEST  # bytes of the longest message


class Inbox:
    """The file of one request. Raises refusals only from `check`, `raw` and `attachment`: a form is read to its end, so
    that its text is not lost, and its sender hears the answer.
    """

    def __init__(self, asked: Request, code: Code, name: str | None, token: str | None) -> None:
        self.name = name
        self._asked = asked
        self._code = code
        self._token = token
        self._upload: Upload | None = None
        self._part: Part | None = None
        self._stored: Stored | None = None
        self._refused: ChatError | None = None
        self._kept = False
        self._read = 0

    @property
    def begun(self) -> bool:
        """Whether a file is on its way, or was refused."""
        return self._upload is not None or self._refused is not None

    def check(self) -> None:
        """Raise the refusal of the file, if it was refused."""
        if self._refused:
            raise self._refused

    def attachment(self, alt: str = "") -> Attachment | None:
        """The file, once it is whole; None if there was none, or it was refused."""
        return attachment(self._stored, self.name or "", alt) if self._stored and not self._refused else None

    async def raw(self) -> bool:
        """Whether the body is a file, which is then read: one that has a name, or that fits no message. Raises
        ChatError before the body is read, where it is known to be refused.
        """
        asked, length = self._asked, self._asked.content_length
        if self.begun:
            return False
        if self.name is None and (asked.method != "PUT" or asked.mimetype):
            return False
        if self.name is None and (length or LARGEST_BODY) <= _MESSAGE:
            return False
        if self.name is None and not await self._may_send():
            return False
        head = b""
        pieces = self.pieces(patient=True)
        if self.name is None:
            async for piece in pieces:
                head += piece
                if len(head) > _MESSAGE:
                    break
            if not asked.unread and is_message(head):
                asked.whole = head
                return False
        await self._fill(head, pieces)
        return True

    async def _fill(self, head: bytes, pieces: AsyncIterator[bytes]) -> None:
        await self.begin(self.name or "")
        self.check()
        if head:
            await self.take(head)
        async for piece in pieces:
            self.check()
            await self.take(piece)
        await self.end()
        self.check()

    async def pieces(self, *, patient: bool = False) -> AsyncIterator[bytes]:
        """The body as it arrives. A file, and all if `patient`, may take as long as bytes come; what comes before it
        has the time of any body. Raises UploadSilent or BodyTimeout.
        """
        settings, clock = node().settings, asyncio.get_running_loop().time
        end = clock() + settings.body_timeout
        while self._asked.unread:
            waits = patient or self.begun
            if self._refused and self._read > MOST_READ * node().uploads.most:
                raise self._refused
            try:
                part = await self._asked.part(settings.upload_silence if waits else max(0.0, end - clock()))
            except RequestTimeout as error:
                refused = UploadSilent(settings.upload_silence) if waits else BodyTimeout(settings.body_timeout)
                raise refused from error
            self._read += len(part)
            yield part

    async def look(self) -> None:
        """Refuse a form with a file before it is sent, where its sender waits for that. Raises ChatError."""
        if b"expect" in self._asked.head and (self._asked.content_length or 0) > LARGEST_BODY:
            await self._admit()

    async def begin(self, name: str) -> None:
        """See multipart.Inbox."""
        self.name = name
        try:
            room = await self._admit()
            sender = self._token or sender_of(self._asked.scope, self._code, seated=True)
            self._upload = node().uploads.begin(room, visitor(), sender)
            self._part = node().files.begin()
        except ChatError as refused:
            self._refuse(refused)

    async def take(self, data: bytes) -> None:
        """See multipart.Inbox."""
        if self._part is None or self._upload is None or self._refused:
            return
        try:
            self._upload.take(len(data))
            await self._part.write(data)
        except ChatError as refused:
            self._refuse(refused)
        except OSError as error:
            self._fail(error)

    async def end(self) -> None:
        """See multipart.Inbox."""
        if self._part is None or self._upload is None or self._refused:
            return
        try:
            if not self._part.size:
                raise FileRequired
            await may_attach(self._code, self._token)  # it may have been minutes
            await node().uploads.check(self._upload.room)
            self._stored = await finish(self._part, self._upload)
        except ChatError as refused:
            self._refuse(refused)
        except OSError as error:
            self._fail(error)

    async def named_by(self, storing: Coroutine[Any, Any, Committed]) -> Committed:
        """Store the message that names the file. A retry finds an earlier one, and this file goes. Where it is not
        known whether the message is stored, the file stays; if no message names it, it is swept.
        """
        self._kept = True
        try:
            committed = await storing
        except LogStopped:
            raise
        except ChatError:
            self._kept = False
            raise
        file = committed.event.file
        self._kept = bool(file and self._stored and file["id"] == self._stored.id)
        if self._kept and self._upload:
            self._upload.sent()
        return committed

    async def leave(self) -> None:
        """End the upload, and delete what no message has."""
        try:
            if self._part and not self._kept:
                await self._part.discard()
        finally:
            if self._upload:
                self._upload.end()

    async def _admit(self) -> Room:
        """The room, if the caller may send a file, and one as long as the request says. Raises ChatError."""
        room = await may_attach(self._code, self._token)
        uploads, length = node().uploads, self._asked.content_length or 0
        if length > uploads.most + LARGEST_BODY:
            raise FileTooLarge(uploads.most // MIB)
        await uploads.check(room, max(0, length - LARGEST_BODY))
        return room

    def _refuse(self, refused: ChatError) -> None:
        self._refused = self._refused or refused

    def _fail(self, error: OSError) -> None:
        logger.error("a file was not stored: %s", error)
        self._refuse(FilesFull())

    async def _may_send(self) -> bool:
        try:
            await may_attach(self._code, self._token)
        except ChatError:
            return False
        return True


def is_message(raw: bytes) -> bool:
    """Whether a body without a name is a text that fits a message, and so is one."""
    try:
        return len(raw.decode()) <= LONGEST and b"\0" not in raw
    except UnicodeDecodeError:
        return False
