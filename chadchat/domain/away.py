"""The members who are away: they have a seat, and no stream now."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Final

from ..storage.db import Database
from .members import Member

MOST_SHOWN: Final = 50  # those who were here last

# `since` is the seq of the latest join. Those in `hidden` are marked as here, as their leave is not logged yet.
_AWAY: Final = """
    SELECT id, name, owner FROM members
    WHERE room = :room AND token IS NOT NULL AND (here = 0 OR id IN (SELECT value FROM json_each(:hidden)))
    ORDER BY since DESC LIMIT :most
"""


async def away(db: Database, room: int, hidden: Collection[str] = ()) -> list[Member]:
    """The members with a seat who are not marked as here or whose id is in `hidden`, the last who came first."""
    rows = await db.all(_AWAY, {"room": room, "hidden": json.dumps(list(hidden)), "most": MOST_SHOWN})
    return [Member(id, name, bool(owner)) for id, name, owner in rows]
