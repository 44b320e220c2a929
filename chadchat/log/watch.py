"""Watch: checks every EVERY seconds the free space of the disk, and that the database file is still in its place.

A file that was moved, deleted or replaced still accepts writes until it is closed; then they are lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ..storage.db import FILE, Database
from .space import Space

logger = logging.getLogger(__name__)

EVERY: Final = 15.0  # seconds
_REUSABLE: Final = "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size"

Identity = tuple[int, int] | None


class Watch:
    """Make it on the event loop, right after the files were opened. `on_loss` is called once, when a file is gone."""

    def __init__(self, folder: Path, db: Database, space: Space, on_loss: Callable[[], None]) -> None:
        self._files = {
            path: identity for end in ("", "-wal") if (identity := _identity(path := folder / f"{FILE}{end}"))
        }
        self._db = db
        self._space = space
        self._on_loss = on_loss
        self._task = asyncio.create_task(self._run())

    async def look(self) -> bool:
        """Check once. False when a file is gone."""
        gone = [path.name for path, identity in self._files.items() if _identity(path) != identity]
        if gone:
            logger.error(
                "%s was moved, deleted or replaced while it was in use: nothing more is stored, and the server stops."
                " Put the file back before the next start, or restore a backup.",
                gone[0],
            )
            self._on_loss()
            return False
        row = await self._db.one(_REUSABLE)
        self._space.look(row[0] if row else 0)
        return True

    async def close(self) -> None:
        """Stop checking."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            if not await self.look():
                return


def _identity(path: Path) -> Identity:
    """The device and the inode of a path; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
