"""Devices: a seat moves to another device by a link that is good once and for ten minutes, and the other devices can be
signed out.

Each device has a token of its own. Of tokens and links only hashes are stored, in the log and in the table `tokens`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ..errors import TransferSpent
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
_ENDED: Final = """
    SELECT ended FROM rooms JOIN tokens ON tokens.room = rooms.id WHERE code = ? AND token = ? AND closed IS NULL
"""


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


async def ended(db: Database, room: str, token: str) -> str | None:
    """The kind of the event that ended the seat, or the device, with this token (`leave`, `kick`, `ban`, `signout`);
    None where it is not known.
    """
    row = await db.one(_ENDED, (room, hashed(token)))
    return row[0] if row else None


async def _act(log: Log, room: str, member: Member, kind: str, **detail: str) -> Event:
    event = Event(room=room, kind=kind, at=now(), name=member.name, member=member.id, detail=detail)
    return (await log.append(event)).event
