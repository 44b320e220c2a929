"""Space: the bytes of events that are stored, and whether there is space for more. Checked before an append.

The bytes of events are counted as the log stores them. Indexes and tables need more, so the free space of the disk is
looked at, too. The last part of the disk is kept for acts that free space or protect people.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import RoomFull, StorageFull
from ..events import Committed, Event, Trimmed
from ..kinds import kind_of
from ..refusal import ChatError

logger = logging.getLogger(__name__)

MIB: Final = 1024 * 1024
SPARE: Final = 32 * MIB  # of the disk: for acts, the write-ahead log, and the operator
SPARE_OF_SMALL: Final = 20  # on a small disk only this part of it: one in so many
FOR_POSTS: Final = 2  # files leave so many times the spare part
WARNS: Final = 0.8


@dataclass(frozen=True, slots=True)
class Quota:
    """The most bytes of events in a room, and in all rooms; 0: no limit of its own."""

    room: int = 0
    total: int = 0

    @classmethod
    def of_mib(cls, room: int, total: int) -> Quota:
        """Make one from the settings, which are in MiB."""
        return cls(room * MIB, total * MIB)


NO_QUOTA: Final = Quota()


class Space:
    """The size of each room by its code, as of the last commit, and the disk as of the last look."""

    def __init__(self, folder: Path, quota: Quota, sizes: Mapping[str, int]) -> None:
        self._folder = folder
        self._quota = quota
        self._sizes = dict(sizes)
        self._warned = False
        self._disk_full = False
        self._reusable = 0
        self.total = sum(self._sizes.values())
        self.limit = 0
        self.look()
        if quota.total > self.limit:
            logger.warning(
                "the quota is %d MiB, and the disk has room for %d MiB: that is what holds",
                quota.total // MIB,
                self.limit // MIB,
            )

    @property
    def full(self) -> bool:
        """Whether posts are refused in every room."""
        return self._disk_full or self.total >= self.limit

    def require(self, event: Event) -> None:
        """Raises RoomFull or StorageFull for an event that needs space where there is none."""
        room = self._sizes.get(event.room, 0)
        full = self._quota.room and room >= self._quota.room
        if not (full or self.full) or _spared(event):
            return
        if self.full:
            self.look()  # there may be room again
            if self.full:
                raise StorageFull
        if full:
            raise RoomFull(event.room)

    def fits(self, more: int) -> bool:
        """Whether so many bytes of files leave room on the disk for posts, and for acts besides."""
        try:
            disk = os.statvfs(self._folder)
        except OSError:  # the upload itself fails then, and says so
            return True
        return disk.f_bavail * disk.f_frsize - FOR_POSTS * _spare(disk) > more

    def count(self, done: Sequence[Committed | Trimmed]) -> None:
        """Update the sizes after a batch, in the order of the log."""
        for one in done:
            if isinstance(one, Trimmed):
                self._sized(one.room, one.size)
                continue
            self._sized(one.event.room, one.size)
            if one.event.kind == "move":
                self._sizes[one.event.detail["to"]] = self._sizes.pop(one.event.room)

    def _sized(self, room: str, size: int) -> None:
        """Set the size of a room, in bytes."""
        before = self._sizes.get(room, 0)
        self._sizes[room] = size
        self.total += size - before
        if before < WARNS * self._quota.room <= size:
            logger.warning(
                "a room holds %d %% of the %d MiB that a room may hold", 100 * WARNS, self._quota.room // MIB
            )

    def refused(self, error: ChatError) -> None:
        """An append failed. After StorageFull posts are refused until the disk has space again."""
        self._disk_full = self._disk_full or isinstance(error, StorageFull)

    def look(self, reusable: int | None = None) -> None:
        """Read the free space of the disk; `reusable` is the number of free bytes within the database file."""
        self._reusable = self._reusable if reusable is None else reusable
        try:
            disk = os.statvfs(self._folder)
        except OSError as error:  # the folder is gone, or its disk is: the watch, or the next append, says so
            logger.error("the disk cannot be looked at: %s", error)
            return
        free = disk.f_bavail * disk.f_frsize + self._reusable - _spare(disk)
        self._disk_full = self._disk_full and free <= 0
        room = self.total + free
        self.limit = max(0, min(room, self._quota.total) if self._quota.total else room)
        warns = self.total >= WARNS * self.limit
        if warns and not self._warned:
            logger.warning(
                "%d MiB are stored, over %d %% of the %d MiB that there is room for; at 100 %% posts are refused",
                self.total // MIB,
                100 * WARNS,
                self.limit // MIB,
            )
        self._warned = warns


def _spare(disk: os.statvfs_result) -> int:
    """The bytes of a disk that are kept for acts."""
    return min(SPARE, disk.f_blocks * disk.f_frsize // SPARE_OF_SMALL)


def _spared(event: Event) -> bool:
    """Whether an event frees space or protects people. Opening a room and changing only its title do neither."""
    return kind_of(event).spared and not (event.kind == "room" and event.changes.keys() <= {"title"})
