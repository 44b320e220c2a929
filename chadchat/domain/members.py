"""Members: take a seat, recognise its token, arrive, leave, and list the members who are here."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from ..errors import MemberExists
from ..events import Event, now
from ..log import Log
from ..storage.db import Database
from .codes import Code
from .colours import ALL, new_id
from .lookalikes import looks
from .names import clean_seat_name

# The list of people shows this many names, and how many more there are.
PEOPLE_SHOWN: Final = 100
PREFIX: Final = "cct_"  # how a seat's token begins
ID_SIZES: Final = (2, 2, 3, 4, 8)  # bytes of a member's id, one draw each, until one is free

# A token that is not the seat's own is looked for only where that fails: LIMIT ends the query at the first row.
_SEATED: Final = """
    SELECT members.id, name, owner, muted_until FROM members JOIN rooms ON rooms.id = members.room
    WHERE code = :room AND members.token = :token AND closed IS NULL
    UNION ALL
    SELECT members.id, name, owner, muted_until FROM rooms JOIN tokens ON tokens.room = rooms.id
    JOIN members ON members.room = rooms.id AND members.id = tokens.member
    WHERE code = :room AND tokens.token = :token AND until IS NULL AND ended IS NULL AND closed IS NULL
    LIMIT 1
"""
_HOLDS: Final = """
    SELECT 1 FROM rooms JOIN members ON members.room = rooms.id WHERE code = :room AND members.token = :token
    UNION ALL SELECT 1 FROM rooms JOIN tokens ON tokens.room = rooms.id
        WHERE code = :room AND tokens.token = :token AND until IS NULL AND ended IS NULL
    UNION ALL SELECT 1 FROM rooms JOIN links ON links.room = rooms.id WHERE code = :room AND links.token = :token
    UNION ALL SELECT 1 FROM rooms JOIN knocks ON knocks.room = rooms.id WHERE code = :room AND knocks.token = :token
    LIMIT 1
"""


_SEATS_OF: Final = """
    WITH given AS (SELECT value ->> 0 AS code, value ->> 1 AS token FROM json_each(?)),
        named AS (
            SELECT given.code, given.token, rooms.id, rooms.code AS current, title
            FROM given JOIN rooms USING (code) WHERE closed IS NULL
            UNION SELECT given.code, given.token, rooms.id, rooms.code, title
            FROM given JOIN old_codes USING (code) JOIN rooms ON rooms.id = room WHERE closed IS NULL
        )
    SELECT code, NULL, NULL, NULL FROM named JOIN knocks ON knocks.room = named.id AND knocks.token = named.token
    WHERE state = 'waiting'
    UNION ALL
    SELECT code, current, title, name FROM named JOIN members ON members.room = named.id AND members.token = named.token
    UNION ALL
    SELECT code, current, title, name FROM named
    JOIN tokens ON tokens.room = named.id AND tokens.token = named.token AND until IS NULL AND ended IS NULL
    JOIN members ON members.room = named.id AND members.id = tokens.member
"""


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a room under a name. `id` is public and unique in the room. `muted_until` may be in the past."""

    id: str
    name: str
    owner: bool = False
    muted_until: str | None = None

    def public(self) -> dict[str, str]:
        """The member as JSON for everyone: name and id."""
        return {"name": self.name, "member": self.id}


@dataclass(frozen=True, slots=True)
class Seat:
    """A member's place in a room and its secret token. The token is shown once and stored only as a hash."""

    room: str
    member: Member
    token: str
    cursor: str


@dataclass(frozen=True, slots=True)
class People:
    """The members who are here, the first PEOPLE_SHOWN by arrival and the count of all, and who is `away`."""

    shown: list[Member]
    count: int
    away: list[Member] = field(default_factory=list)

    def public(self) -> dict[str, object]:
        """The lists as JSON."""
        return {"people": _marked(self.shown), "count": self.count, "away": _marked(self.away)}


def _marked(people: Iterable[Member]) -> list[dict[str, object]]:
    return [{**member.public(), "owner": True} if member.owner else {**member.public()} for member in people]


async def take_seat(
    log: Log,
    room: str,
    name: str,
    *,
    owner: bool = False,
    address: str | None = None,
    opened: Mapping[str, int | bool] | None = None,
    replaces: Member | None = None,
    hues: Collection[int] = ALL,
) -> Seat:
    """Join a room under a free name. `opened` proves access to a locked room: see `Passphrases.open`, `links.opening`.
    The same event ends the seat that it `replaces`; the new seat keeps that one's ownership and restrictions. The
    member gets one of `hues`.

    Raises NameRequired, NameInvalid, NameTaken, Banned, RoomNotFound (also if the room is locked), RecordNotFound (an
    operator's link that was used already) or SeatRequired (the seat to replace has ended).
    """
    name = clean_seat_name(name)
    token = new_token()
    owns = owner or bool(replaces and replaces.owner) or bool(opened and opened.get("appoints"))
    for size in ID_SIZES:
        member = Member(new_id(size, hues), name, owns)
        detail = {"token": hashed(token), "owner": owner, **looks(name), **(opened or {})}
        if address:
            detail["address"] = address
        if replaces:
            detail["replaces"] = replaces.id
        changes = {"was": replaces.name} if replaces else {}
        event = Event(room=room, kind="join", at=now(), name=name, member=member.id, changes=changes, detail=detail)
        try:
            committed = await log.append(event)
        except MemberExists:
            continue
        return Seat(room, member, token, committed.event.cursor)
    raise MemberExists("No free member id was drawn.")


def seating(room: str, name: str) -> tuple[Event, str]:
    """The event, not yet appended, that gives the first owner of a new room a seat, and the seat's token."""
    token = new_token()
    detail = {"token": hashed(token), "owner": True, **looks(name)}
    return Event(room=room, kind="join", at=now(), name=name, member=new_id(ID_SIZES[0]), detail=detail), token


async def rename(log: Log, room: str, member: Member, name: str) -> tuple[Member, str]:
    """Change a member's name only. Returns the renamed member, and the cursor of the event.

    Raises NameRequired, NameInvalid, NameTaken, Banned (if the name is banned) or SeatRequired.
    """
    name = clean_seat_name(name)
    changes, detail = {"was": member.name}, looks(name)
    event = Event(room, "rename", now(), name, member.id, changes=changes, detail=detail)
    committed = await log.append(event)
    return replace(member, name=name), committed.event.cursor


async def give_up_seat(log: Log, room: str, member: Member, *, ownerless: bool = False) -> None:
    """End a member's seat: its token becomes invalid and its name free. Raises SeatRequired, or LastOwner unless the
    room may be left without an owner.
    """
    detail = {"gives_up_seat": True} | ({"ownerless": True} if ownerless else {})
    event = Event(room=room, kind="leave", at=now(), name=member.name, member=member.id, detail=detail)
    await log.append(event)


async def arrive(log: Log, room: str, member: Member) -> None:
    """Mark a member as here again. Raises AlreadyHere, Muted, or SeatRequired if the seat has ended."""
    await log.append(Event(room=room, kind="join", at=now(), name=member.name, member=member.id))


async def depart(log: Log, room: str, member: Member) -> None:
    """Mark a member as gone; the seat stays. Raises AlreadyHere if the member is marked as gone already."""
    await log.append(Event(room=room, kind="leave", at=now(), name=member.name, member=member.id))


async def seated(db: Database, room: str, token: str) -> Member | None:
    """The member whose seat in a room has this token; None if there is no such seat or room."""
    row = await db.one(_SEATED, {"room": room, "token": hashed(token)})
    return Member(row[0], row[1], bool(row[2]), row[3]) if row else None


async def seats_of(db: Database, tokens: Mapping[Code, str]) -> dict[Code, tuple[Code, str, str] | None]:
    """Look up the tokens of one browser, by room code. For a seat: (the room's current code, its title, the member's
    name). For a waiting knock: None. Other tokens are left out.
    """
    given = [[code, hashed(token)] for code, token in tokens.items()]
    rows = await db.all(_SEATS_OF, (json.dumps(given),))
    return {code: None if name is None else (current, title, name) for code, current, title, name in rows}


async def holds(db: Database, room: str, token: str) -> bool:
    """Whether a seat, a link or a knock of this room has this token, in one query."""
    return await db.one(_HOLDS, {"room": room, "token": hashed(token)}) is not None


_HERE: Final = "members WHERE room = ? AND here = 1 AND id NOT IN (SELECT value FROM json_each(?))"


async def here(db: Database, room: int, away: Collection[str] = ()) -> People:
    """The members who are marked as here, without those whose id is in `away`."""
    given = (room, json.dumps(list(away)))
    rows = await db.all(f"SELECT id, name, owner FROM {_HERE} ORDER BY since LIMIT ?", (*given, PEOPLE_SHOWN))  # noqa: S608
    shown = [Member(id, name, bool(owner)) for id, name, owner in rows]
    if len(shown) < PEOPLE_SHOWN:
        return People(shown, len(shown))
    counted = await db.one(f"SELECT count(*) FROM {_HERE}", given)  # noqa: S608
    return People(shown, counted[0] if counted else 0)


async def everyone_here(db: Database) -> list[tuple[str, Member]]:
    """All members who are marked as here, in all rooms, as (room code, member). Presence starts from them."""
    rows = await db.all(
        "SELECT rooms.code, members.id, members.name, members.owner FROM members JOIN rooms ON rooms.id = members.room"
        " WHERE members.here = 1 AND closed IS NULL"
    )
    return [(code, Member(id, name, bool(owner))) for code, id, name, owner in rows]


def new_token() -> str:
    """A new token for a seat: 256 random bits."""
    return f"{PREFIX}{secrets.token_urlsafe(32)}"


def hashed(token: str) -> str:
    """The hash under which a token is stored. A token has 256 random bits, so plain SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
