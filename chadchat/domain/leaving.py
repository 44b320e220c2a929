"""Leaving a room for good: what becomes of a room whose only owner leaves."""

from __future__ import annotations

from typing import Final

from ..log import Log
from ..storage.db import Database
from . import members, moderation
from .members import Member
from .rooms import Room

MOST_HEIRS: Final = 200  # names in a list
_HEIRS: Final = """
    SELECT id, name FROM members WHERE room = ? AND id != ? AND token IS NOT NULL ORDER BY here DESC, since LIMIT ?
"""


async def is_last_owner(db: Database, room: Room, member: Member) -> bool:
    """Whether the room has this owner and no other."""
    return member.owner and [owner.id for owner in await moderation.owners(db, room)] == [member.id]


async def heirs(db: Database, room: Room, member: Member) -> list[Member]:
    """The members to whom a room can be handed over: the ones who are here first."""
    return [Member(*row) for row in await db.all(_HEIRS, (room.id, member.id, MOST_HEIRS))]


async def leave(
    log: Log, db: Database, room: Room, member: Member, heir: str | None = None, *, ownerless: bool = False
) -> None:
    """Give the seat up. `heir` (a member's id or name) becomes an owner first; with `ownerless` the room may be left
    without one.

    Raises LastOwner, MemberNotFound, OwnerRequired (only an owner names an heir) or SeatRequired.
    """
    if heir:
        await moderation.make_owner(log, room.code, member, await moderation.find_person(db, room, heir))
    await members.give_up_seat(log, room.code, member, ownerless=ownerless)
