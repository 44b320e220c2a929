"""Appointing: the operator makes a member an owner, for a room whose owners are gone. The name says which member."""

from __future__ import annotations

from typing import Any, Final

from ..errors import MemberNotFound
from ..events import Event, now
from ..log import Log
from ..log.offline import OfflineLog
from ..storage.db import Database, Row
from .lookalikes import looks
from .names import clean_name

_NAMED: Final = """
    SELECT members.id, name FROM members JOIN rooms ON rooms.id = room
    WHERE code = :room AND token IS NOT NULL
    AND (skeleton IN (:skeleton, :folded, :former) OR folded IN (:skeleton, :folded, :former))
"""


async def appoint_member(log: Log, db: Database, room: str, name: str) -> dict[str, str]:
    """Make the member with this name an owner, and return the `name`. Raises MemberNotFound, RoomNotFound, RoomMoved
    or RoomClosed.
    """
    event = _event(room, await db.one(_NAMED, _values(room, name)))
    await log.append(event)
    return {"name": event.changes["whom"]}


def appoint_offline(log: OfflineLog, room: str, name: str) -> dict[str, str]:
    """The same while no server runs."""
    event = _event(room, log.db.execute(_NAMED, _values(room, name)).fetchone())
    log.append(event)
    return {"name": event.changes["whom"]}


def _values(room: str, name: str) -> dict[str, Any]:
    return {"folded": None, "former": None, **looks(clean_name(name)), "room": room}


def _event(room: str, row: Row | None) -> Event:
    if row is None:
        raise MemberNotFound(room)
    return Event(room, "owner", now(), changes={"target": row[0], "whom": row[1], "owner": True})
