"""Uploads: how many files may be on their way and be sent, and how many bytes a room and the server hold of them.

What is on its way is counted as it arrives, so that uploads at the same time cannot exceed a quota together.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Final

from ..refusal import ChatError
from ..settings import Settings
from ..storage.db import Database
from .buckets import Buckets, Clock
from .files import FilesFull, FileTooLarge, RoomFilesFull
from .limits import LimitReached
from .rooms import Room

MIB: Final = 1024 * 1024
AT_ONCE: Final = 2  # for each visitor
COME_BACK: Final = 10  # seconds to wait, a guess: the end of a running upload cannot be predicted

_IN_ROOM: Final = "SELECT coalesce(sum(size), 0) FROM files WHERE room = ?"
_HELD: Final = "SELECT count(*), coalesce(sum(size), 0) FROM files WHERE kind != 'expired'"
_IN_ALL: Final = "SELECT coalesce(sum(size), 0) FROM files"


class TooManyFiles(LimitReached, code="too_many_files"):
    sentence = "You have sent many files. Come back {when}; words may still be sent."
    settings = ("limit_files",)


class TooManyUploads(ChatError, status=429, code="too_many_uploads", section="limits", retry_after=COME_BACK):
    sentence = f"{AT_ONCE} files are on their way from your address already. Try again when one has arrived."


class Uploads:
    """The limits of files of a node, in memory but for what is stored."""

    def __init__(
        self, settings: Settings, db: Database, fits: Callable[[int], bool], clock: Clock = time.monotonic
    ) -> None:
        self._fits = fits
        self.most = settings.file_most * MIB
        self._on = settings.limits == "on"
        self._rooms = settings.quota_files_room
        self._total = settings.quota_files_total
        self._db = db
        self._sent = Buckets(settings.limit_files.burst, settings.limit_files.every, clock)
        self._running: Counter[str] = Counter()
        self._arriving: Counter[int] = Counter()  # bytes of each room

    def begin(self, room: Room, visitor: str, sender: Hashable) -> Upload:
        """An upload, to be ended. Raises TooManyFiles or TooManyUploads."""
        if self._on and (wait := self._sent.wait(sender)):
            raise TooManyFiles(wait)
        if self._on and self._running[visitor] >= AT_ONCE:
            raise TooManyUploads
        self._running[visitor] += 1
        return Upload(self, room, visitor, sender)

    async def check(self, room: Room, more: int = 0) -> None:
        """Raises RoomFilesFull or FilesFull if so many bytes more than those that arrive do not fit."""
        if await self._sum(_IN_ROOM, room.id) + self._arriving[room.id] + more > self._rooms * MIB:
            raise RoomFilesFull(room.code, self._rooms)
        if await self._sum(_IN_ALL) + self._arriving.total() + more > self._total * MIB or not self._fits(more):
            raise FilesFull

    async def held(self) -> tuple[int, int]:
        """The number of files and the bytes that they take."""
        row = await self._db.one(_HELD)
        return (row[0], row[1]) if row else (0, 0)

    async def _sum(self, query: str, *parts: int) -> int:
        row = await self._db.one(query, parts)
        return int(row[0]) if row else 0

    def _arrived(self, upload: Upload, size: int) -> None:
        self._arriving[upload.room.id] += size
        if not self._arriving[upload.room.id]:
            del self._arriving[upload.room.id]

    def _ended(self, upload: Upload) -> None:
        self._arrived(upload, -upload.size)
        self._running[upload.visitor] -= 1
        if not self._running[upload.visitor]:
            del self._running[upload.visitor]

    def _counted(self, upload: Upload) -> None:
        if self._on:
            self._sent.owe(upload.sender)


class Upload:
    """A file that is on its way, counted until `end`."""

    def __init__(self, uploads: Uploads, room: Room, visitor: str, sender: Hashable) -> None:
        self.room = room
        self.visitor = visitor
        self.sender = sender
        self.size = 0
        self._uploads = uploads
        self._open = True

    def take(self, size: int) -> None:
        """Count bytes that have arrived. Raises FileTooLarge, or FilesFull where the disk has no room for more."""
        if self.size + size > self._uploads.most:
            raise FileTooLarge(self._uploads.most // MIB)
        before, self.size = self.size // MIB, self.size + size
        self._uploads._arrived(self, size)
        if self.size // MIB > before and not self._uploads._fits(0):
            raise FilesFull

    def sent(self) -> None:
        """Count the file, as its message is stored."""
        self._uploads._counted(self)

    def end(self) -> None:
        """Count the upload no longer. Doing so twice is harmless."""
        if self._open:
            self._open = False
            self._uploads._ended(self)
