"""Removed files: deletes the bytes of files as soon as the log has let them go, and what no message names.

The log lists what is to go (`gone_files`), so a server that was killed goes on after its next start. Uploads that were
cut by a kill, and files whose event was never stored, are found by a sweep: at the start all of them, as nothing can be
on its way yet, later those that are an hour old.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ..events import Event, now
from ..kinds import kind_of
from ..log import Log
from ..storage.db import Database
from ..storage.files import Files
from ..storage.named import FOLDER, GONE

logger = logging.getLogger(__name__)

HOUR: Final = 3600.0
SINCE: Final = "files"  # the note with the time from which this database has files


class RemovedFiles:
    """Deletes after each event that may remove files, and every hour. Create it on the event loop."""

    def __init__(self, files: Files, log: Log, db: Database) -> None:
        self._files = files
        self._log = log
        self._db = db
        self._done: set[str] = set()
        self._due = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    async def start(self) -> None:
        """Delete all that does not live, whatever its age. Only before anything can be uploaded."""
        await self.delete()
        await self.sweep()
        missing = await self._files.count_missing(await self._living())
        if missing:
            logger.error(
                "%d files of messages are missing in the folder %s: chadchat check says which", missing, FOLDER
            )

    def changed(self, events: Sequence[Event]) -> None:
        """Delete soon if one of these events may have removed files. Called after each commit."""
        if any(kind_of(event).frees for event in events):
            self._due.set()

    async def close(self) -> None:
        """Stop. What is left is deleted after the next start."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def delete(self) -> None:
        """Delete the bytes of all files that the log has let go."""
        listed = {str(id) for (id,) in await self._db.all(GONE)}
        await self._files.remove(listed - self._done)
        self._done = listed

    async def sweep(self, older: float | None = None) -> None:
        """Delete what no message names, or of that only what is older than so many seconds. What is older than the
        database belongs to another, which somebody may have moved away for a moment: it stays.
        """
        since = await self._log.noted(SINCE)
        if since is None:
            await self._log.note(SINCE, since := now())
        lives, first = set(await self._living()), datetime.fromisoformat(since).timestamp()
        if count := await self._files.sweep(lives.__contains__, older=older, since=first):
            logger.warning("%d files that no message names were deleted", count)

    async def _living(self) -> list[str]:
        return [str(id) for (id,) in await self._db.all("SELECT id FROM files WHERE kind != 'expired'")]

    async def _run(self) -> None:
        while True:
            swept = False
            try:
                async with asyncio.timeout(HOUR):
                    await self._due.wait()
            except TimeoutError:
                swept = True
            self._due.clear()
            try:
                await self.delete()
                if swept:
                    await self.sweep(older=HOUR)
            except Exception as error:  # an unexpected error must not end the deletions
                logger.error("removed files were not deleted", exc_info=error)
