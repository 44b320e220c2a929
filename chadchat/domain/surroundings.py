"""The lines on the page around a line: those near it, a gap, and the newest, from where the log is live."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..errors import MessageNotFound
from ..storage.db import Database
from .messages import LARGEST_CONTENT, LARGEST_HTML, PAGE, History
from .messages import after as lines_after
from .messages import around as lines_around
from .messages import before as lines_before
from .rooms import Room

END: Final = 20  # lines after the gap: enough for a screen


async def nearest(db: Database, room: Room, seq: int) -> int:
    """The number of a line: of `seq`, else of the next one, else of the last. An event of that number may be no line,
    or was cut off by a prune. Raises MessageNotFound for a number that the room has not reached.
    """
    if not 0 < seq <= room.head:
        raise MessageNotFound(room.code, seq)
    found = await lines_after(db, room, seq - 1, 1) or (await lines_before(db, room, seq, 1)).events
    if not found:
        raise MessageNotFound(room.code, seq)
    return found[0].seq


async def surroundings(db: Database, room: Room, seq: int) -> History:
    """The line `seq` with those before and after it, and as `end` the newest lines if there is a gap before them.

    Raises MessageNotFound.
    """
    third = LARGEST_CONTENT // 3
    window = await lines_around(db, room, seq, PAGE, near=LARGEST_HTML, most=2 * third)
    if window.newer is None:
        return window
    newest = await lines_before(db, room, None, END, most=third)
    end = [event for event in newest.events if event.seq >= window.newer]
    following = await lines_after(db, room, window.newer - 1, 1)
    if end and following[:1] == end[:1]:
        return History([*window.events, *end], older=window.older)
    return replace(window, end=end)
