"""Moderation: owners kick, ban and mute members, make owners, and list all of these.

Every act is an event. `apply` refuses it if the actor is not an owner.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ..errors import MemberNotFound, RecordNotFound, SettingInvalid
from ..events import ANONYMOUS, Committed, Event, now, timestamp
from ..log import Log
from ..storage.db import Database, Row
from .lookalikes import looks
from .members import Member
from .messages import one
from .names import LONGEST as LONGEST_NAME
from .names import is_anonymous
from .rooms import Room

LONGEST: Final = timedelta(days=365)
HOUR: Final = timedelta(hours=1)
_LENGTH: Final = re.compile(r"([0-9]{1,5})([mhd])", re.ASCII)
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_PERSON: Final = "id, name, owner, muted_until, address, token IS NOT NULL, here, since"
_NAMED: Final = f"""
    SELECT {_PERSON} FROM members WHERE room = :room AND token IS NOT NULL
    AND (skeleton IN (:skeleton, :folded, :former) OR folded IN (:skeleton, :folded, :former))
"""  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class Person:
    """A member, with what owners may know. `address` is a keyed hash; `seated` is False once the seat has ended;
    `since` is the seq of the latest `join`.
    """

    member: Member
    address: str | None
    seated: bool
    here: bool
    since: int

    @classmethod
    def of(cls, row: Row) -> Person:
        """Make one from a row with the columns of `_PERSON`."""
        id, name, owner, muted_until, address, seated, here, since = row
        return cls(Member(id, name, bool(owner), muted_until), address, bool(seated), bool(here), since)


@dataclass(frozen=True, slots=True)
class Ban:
    """A ban of `name` until `until`, made by the owner `by`. `id` is the seq of its event."""

    id: int
    name: str
    until: str
    by: str

    def public(self) -> dict[str, object]:
        """The ban as JSON, for owners."""
        return {"id": self.id, "name": self.name, "until": self.until, "by": self.by}


async def make_owner(log: Log, room: str, actor: Member, person: Person, owns: bool = True) -> Committed:
    """Make a member an owner, or an ordinary member again. Raises OwnerRequired, MemberNotFound or LastOwner."""
    return await _act(log, room, "owner", actor, {**_on(person), "owner": owns})


async def kick(log: Log, room: str, actor: Member, person: Person) -> Committed:
    """End a seat. Raises OwnerRequired, MemberNotFound or OwnerProtected."""
    return await _act(log, room, "kick", actor, _on(person))


async def ban(
    log: Log, room: str, actor: Member, person: Person, length: timedelta, *, network: bool = True
) -> Committed:
    """End a seat, and ban its name, and with `network` its address. Raises OwnerRequired, OwnerProtected or
    SettingInvalid.
    """
    detail = _kept_out(person.member.name, person.address if network else None)
    return await _act(log, room, "ban", actor, {**_on(person), "until": until(length)}, detail)


async def ban_author(
    log: Log, db: Database, room: Room, actor: Member, seq: int, length: timedelta, *, network: bool = True
) -> Committed:
    """Ban the author of a message, with or without a seat. Raises the same as `ban`, and MessageNotFound."""
    message = await one(db, room, seq)
    if message.member:
        return await ban(log, room.code, actor, await find_person(db, room, message.member), length, network=network)
    name = message.name or ANONYMOUS
    detail = _kept_out(name, message.detail.get("address") if network else None)
    return await _act(log, room.code, "ban", actor, {"target": None, "whom": name, "until": until(length)}, detail)


async def unban(log: Log, db: Database, room: Room, actor: Member, id: int) -> Committed:
    """Lift a ban. Raises OwnerRequired or RecordNotFound."""
    row = await db.one("SELECT name FROM bans WHERE room = ? AND id = ?", (room.id, id))
    if row is None:
        raise RecordNotFound("ban", room.code)
    return await _act(log, room.code, "unban", actor, {"target": id, "whom": row[0]})


async def mute(log: Log, room: str, actor: Member, person: Person, length: timedelta) -> Committed:
    """Stop a member from posting for a time. Raises OwnerRequired, MemberNotFound, OwnerProtected or SettingInvalid."""
    return await _act(log, room, "mute", actor, {**_on(person), "until": until(length)})


async def unmute(log: Log, room: str, actor: Member, person: Person) -> Committed:
    """Let a member post again. Raises OwnerRequired or RecordNotFound."""
    return await _act(log, room, "unmute", actor, _on(person))


async def find_person(db: Database, room: Room, member: str) -> Person:
    """The member with this id, even if its seat has ended, or whose seat holds this name. Raises MemberNotFound."""
    row = await db.one(f"SELECT {_PERSON} FROM members WHERE room = ? AND id = ?", (room.id, member))  # noqa: S608
    if row is None and 0 < len(member) <= LONGEST_NAME:
        row = await db.one(_NAMED, {"room": room.id, "folded": None, "former": None, **looks(member)})
    if row is None:
        raise MemberNotFound(room.code)
    return Person.of(row)


async def bans(db: Database, room: Room) -> list[Ban]:
    """The bans in force, oldest first."""
    rows = await db.all(
        "SELECT id, name, until, by FROM bans WHERE room = ? AND until > ? ORDER BY id", (room.id, now())
    )
    return [Ban(*row) for row in rows]


async def banned_until(db: Database, room: Room, address: str) -> str | None:
    """The time at which the ban of this address (a keyed hash) ends; None if it is not banned."""
    if not room.rules.bans:
        return None
    row = await db.one(
        "SELECT max(until) FROM bans WHERE room = ? AND address = ? AND until > ?", (room.id, address, now())
    )
    return row[0] if row else None


async def muted(db: Database, room: Room) -> list[Member]:
    """The members who are muted now."""
    return [person.member for person in await _people(db, room, "muted_until > ?", now())]


async def owners(db: Database, room: Room) -> list[Member]:
    """The owners of the room."""
    return [person.member for person in await _people(db, room, "owner = ?", 1)]


def length(given: str) -> timedelta:
    """Parse a duration such as `10m`, `1h` or `7d`. Raises SettingInvalid."""
    match = _LENGTH.fullmatch(given.strip())
    if match is None:
        raise SettingInvalid("for", "Say how long: 10m, 1h or 7d, at most 365d.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def number(given: str) -> int:
    """Parse the number of a message. Raises SettingInvalid."""
    if not (given.isascii() and given.isdigit() and len(given) <= 15):
        raise SettingInvalid("message", "message is the number of a message.")
    return int(given)


def until(length: timedelta) -> str:
    """The timestamp `length` from now. Raises SettingInvalid if `length` is not above 0 and at most LONGEST."""
    if not timedelta(0) < length <= LONGEST:
        raise SettingInvalid("for", "Say how long: 10m, 1h or 7d, at most 365d.")
    return timestamp(datetime.now(UTC) + length)


async def _people(db: Database, room: Room, where: str, value: object) -> list[Person]:
    rows = await db.all(
        f"SELECT {_PERSON} FROM members WHERE room = ? AND token IS NOT NULL AND {where} ORDER BY since",  # noqa: S608
        (room.id, value),
    )
    return [Person.of(row) for row in rows]


def _kept_out(name: str, address: str | None) -> dict[str, str | None]:
    """The event detail of a ban: the hashed address, and the skeletons of the name unless it is `anonymous`."""
    return {"address": address, "skeleton": None} if is_anonymous(name) else {"address": address, **looks(name)}


def _on(person: Person) -> dict[str, Any]:
    return {"target": person.member.id, "whom": person.member.name}


async def _act(
    log: Log,
    room: str,
    kind: str,
    actor: Member,
    changes: Mapping[str, Any],
    detail: Mapping[str, Any] | None = None,
) -> Committed:
    event = Event(
        room=room, kind=kind, at=now(), name=actor.name, member=actor.id, changes=changes, detail=detail or {}
    )
    return await log.append(event)
