"""Expiry: a file is removed after so many days (CHADCHAT_FILE_DAYS), and its message says so. That is an event, so that
every reader, replay and restore has the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from ..errors import MessageNotFound, RoomGone, RoomNotFound
from ..events import Event, timestamp
from ..log import Log
from ..storage.db import Database
from ..storage.events import EVENTS, event_of

PAGE: Final = 50  # files that are looked up at once
_DUE: Final = f"""
    {EVENTS} JOIN files ON files.room = log.room AND files.seq = log.seq
    WHERE files.kind != 'expired' AND files.at < ? AND files.id > ? ORDER BY files.id LIMIT ?
"""


async def expire_files(log: Log, db: Database, days: int, clock: datetime) -> int:
    """Let the files go that are older than so many days at the time `clock`; returns their number. 0 days: none."""
    due, last, count = timestamp(clock - timedelta(days=days)), "", 0
    while days and (rows := await db.all(_DUE, (due, last, PAGE))):
        for message in map(event_of, rows):
            last = message.changes["file"]["id"]
            count += await _expire(log, message, clock)
    return count


async def _expire(log: Log, message: Event, clock: datetime) -> bool:
    """Let the file of a message go. False where the message was removed, or the room moved or closed, meanwhile."""
    changes = {"target": message.seq, "whom": message.name, "posted": message.at}
    try:
        await log.append(Event(message.room, "expire", timestamp(clock), changes=changes))
    except (MessageNotFound, RoomNotFound, RoomGone):
        return False
    return True
