"""Members: taking a seat, being recognised by its token, arriving, leaving, and who is here."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..errors import MemberExists
from ..events import Event, now
from ..log import Log
from ..storage.db import Database
from .codes import Code
from .lookalikes import looks
from .names import clean_seat_name

# A list of people is for reading: a room of thousands shows its first hundred and says how many more there are.
PEOPLE_SHOWN: Final = 100
PREFIX: Final = "cct_"  # how a seat's token begins
ID_SIZES: Final = (2, 2, 3, 4, 8)  # bytes of a member's id: another draw, and a longer one, while it is taken

_HOLDS: Final = """
    SELECT 1 FROM rooms JOIN members ON members.room = rooms.id WHERE code = :room AND members.token = :token
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
"""


@dataclass(frozen=True, slots=True)
class Member:
    """Someone in a room under a name. `id` is public and never used twice in a room. `muted_until` may be past."""

    id: str
    name: str
    owner: bool = False
    muted_until: str | None = None

    def public(self) -> dict[str, str]:
        """What everyone may see."""
        return {"name": self.name, "member": self.id}


@dataclass(frozen=True, slots=True)
class Seat:
    """A member's place, and the secret token that holds it. The token is shown once and stored only as its hash."""

    room: str
    member: Member
    token: str
    cursor: str


@dataclass(frozen=True, slots=True)
class People:
    """Who is here: the first PEOPLE_SHOWN members by arrival, and how many there are."""

    shown: list[Member]
    count: int

    def public(self) -> dict[str, object]:
        """As JSON."""
        return {"people": [member.public() for member in self.shown], "count": self.count}


async def take_seat(
    log: Log,
    room: str,
    name: str,
    *,
    owner: bool = False,
    address: str | None = None,
    opened: Mapping[str, int | bool] | None = None,
    replaces: Member | None = None,
) -> Seat:
    """Join a room under a free name. `opened` is what opens a locked one: see `Passphrases.open` and `links.opening`.
    A seat that the new one `replaces` ends with the same event: the new one owns what it owned and owes what it owed.

    Raises NameRequired, NameInvalid, NameTaken, Banned, RoomNotFound (also when the room is locked), RecordNotFound (an
    owners' link that is spent) or SeatRequired (the seat to replace has ended).
    """
    name = clean_seat_name(name)
    token = new_token()
    owns = owner or bool(replaces and replaces.owner) or bool(opened and opened.get("appoints"))
    for size in ID_SIZES:
        member = Member(secrets.token_hex(size), name, owns)
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


async def give_up_seat(log: Log, room: str, member: Member) -> None:
    """Leave for good: the token is worth nothing any more, and the name is free. Raises SeatRequired or LastOwner."""
    event = Event(room=room, kind="leave", at=now(), name=member.name, member=member.id, detail={"gives_up_seat": True})
    await log.append(event)


async def arrive(log: Log, room: str, member: Member) -> None:
    """A seated member is back. Raises AlreadyHere, Muted, or SeatRequired when the seat was given up."""
    await log.append(Event(room=room, kind="join", at=now(), name=member.name, member=member.id))


async def depart(log: Log, room: str, member: Member) -> None:
    """A member has gone but keeps the seat. Raises AlreadyHere when not here."""
    await log.append(Event(room=room, kind="leave", at=now(), name=member.name, member=member.id))


async def seated(db: Database, room: str, token: str) -> Member | None:
    """The member whose seat this token holds in a room; None too where there is no such room."""
    row = await db.one(
        "SELECT members.id, name, owner, muted_until FROM members JOIN rooms ON rooms.id = room"
        " WHERE code = ? AND token = ? AND closed IS NULL",
        (room, hashed(token)),
    )
    return Member(row[0], row[1], bool(row[2]), row[3]) if row else None


async def seats_of(db: Database, tokens: Mapping[Code, str]) -> dict[Code, tuple[Code, str, str] | None]:
    """What the tokens of one browser are worth, by the code of the room that each is for: for a seat the code that the
    room has now, its title and the member's name; None for a knock that waits. A token that opens nothing is left out.
    """
    given = [[code, hashed(token)] for code, token in tokens.items()]
    rows = await db.all(_SEATS_OF, (json.dumps(given),))
    return {code: None if name is None else (current, title, name) for code, current, title, name in rows}


async def holds(db: Database, room: str, token: str) -> bool:
    """Whether this token is a seat's, a link's or a knock's in a room: in one look, and for any token."""
    return await db.one(_HOLDS, {"room": room, "token": hashed(token)}) is not None


async def here(db: Database, room: int) -> People:
    """Who is in the room now."""
    rows = await db.all(
        "SELECT id, name, owner FROM members WHERE room = ? AND here = 1 ORDER BY since LIMIT ?",
        (room, PEOPLE_SHOWN),
    )
    shown = [Member(id, name, bool(owner)) for id, name, owner in rows]
    if len(shown) < PEOPLE_SHOWN:
        return People(shown, len(shown))
    counted = await db.one("SELECT count(*) FROM members WHERE room = ? AND here = 1", (room,))
    return People(shown, counted[0] if counted else 0)


async def everyone_here(db: Database) -> list[tuple[str, Member]]:
    """(room code, member) of all who are marked as here in any room: what presence starts from."""
    rows = await db.all(
        "SELECT rooms.code, members.id, members.name, members.owner FROM members JOIN rooms ON rooms.id = members.room"
        " WHERE members.here = 1 AND closed IS NULL"
    )
    return [(code, Member(id, name, bool(owner))) for code, id, name, owner in rows]


def new_token() -> str:
    """A seat's token: 256 bits nobody can foresee."""
    return f"{PREFIX}{secrets.token_urlsafe(32)}"


def hashed(token: str) -> str:
    """How a token is stored. It is random and 256 bits long, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
