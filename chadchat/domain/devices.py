"""Devices: a seat moves to another device by a link that is good once and for ten minutes, and the other devices can be
signed out.

Each device has a token of its own. Of tokens and links only hashes are stored, in the log and in the table `tokens`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ..errors import Banned, SeatRequired, TransferSpent
from ..events import Event, now, timestamp
from ..log import Log
from ..storage.apply.tokens import GOOD_FOR
from ..storage.db import Database
from .members import Member, Seat, hashed, new_token

PREFIX: Final = "ccd_"  # how the token of a link to another device begins

_WAITING: Final = """
    SELECT members.id, name, owner, muted_until FROM rooms JOIN tokens ON tokens.room = rooms.id
    JOIN members ON members.room = rooms.id AND members.id = tokens.member
    WHERE code = ? AND tokens.token = ? AND ended IS NULL AND until > ? AND closed IS NULL
"""
_COUNT: Final = """
    SELECT count(*) FROM rooms JOIN tokens ON tokens.room = rooms.id
    WHERE code = ? AND member = ? AND until IS NULL AND ended IS NULL
"""
# The ban of a seat has the seq of the event that ended the seat.
_ENDED: Final = """
    SELECT ended, (SELECT until FROM bans WHERE bans.room = rooms.id AND bans.id = since AND until > ?)
    FROM rooms JOIN tokens ON tokens.room = rooms.id
    WHERE code = ? AND token = ? AND ended IS NOT NULL AND closed IS NULL
"""
_ENDS: Final = {
    "leave": "You left {room}.",
    "kick": "An owner removed you from {room}. You can join again.",
    "ban": "An owner banned you from {room}, and the ban is over. You can join again.",
    "signout": "This device was signed out of {room} by another one.",
}


@dataclass(frozen=True, slots=True)
class Transfer:
    """A link that brings a seat to another device. `path` holds its secret token, which is shown once."""

    path: str
    until: str


async def transfer(log: Log, room: str, member: Member) -> Transfer:
    """Make the link, in place of the previous one. Raises SeatRequired."""
    token = f"{PREFIX}{secrets.token_urlsafe(32)}"
    until = timestamp(datetime.now(UTC) + GOOD_FOR)
    await _act(log, room, member, "transfer", token=hashed(token), until=until)
    return Transfer(f"/{room}/transfer/{token}", until)


async def waiting(db: Database, room: str, token: str) -> Member:
    """The member whose seat this link brings. Raises TransferSpent, also where there is no such room."""
    row = await db.one(_WAITING, (room, hashed(token), now()))
    if row is None:
        raise TransferSpent
    return Member(row[0], row[1], bool(row[2]), row[3])


async def follow(log: Log, room: str, member: Member, token: str) -> Seat:
    """Use the link: returns the seat with the token of the new device. Raises TransferSpent or SeatRequired."""
    new = new_token()
    event = await _act(log, room, member, "device", link=hashed(token), token=hashed(new))
    return Seat(room, member, new, event.cursor)


async def sign_out(log: Log, room: str, member: Member) -> Seat:
    """Give the seat a new token, for the device that asks, and end all others. Raises SeatRequired."""
    new = new_token()
    event = await _act(log, room, member, "signout", token=hashed(new))
    return Seat(room, member, new, event.cursor)


async def others(db: Database, room: str, member: Member) -> int:
    """How many devices the seat has besides one."""
    row = await db.one(_COUNT, (room, member.id))
    return int(row[0]) if row else 0


async def ended(db: Database, room: str, token: str) -> SeatRequired | Banned | None:
    """How the seat, or the device, with this token ended, as a refusal; None where that is not known."""
    row = await db.one(_ENDED, (now(), room, hashed(token)))
    if row is None:
        return None
    kind, until = row
    return Banned(room, until) if until else SeatRequired(room, _ENDS[kind].format(room=room))


async def _act(log: Log, room: str, member: Member, kind: str, **detail: str) -> Event:
    event = Event(room=room, kind=kind, at=now(), name=member.name, member=member.id, detail=detail)
    return (await log.append(event)).event
