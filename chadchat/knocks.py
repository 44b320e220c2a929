"""Knocks: asking to be let in, and the owner's answer. What one knocks with becomes the seat's token."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from .db import Database
from .errors import MemberExists
from .events import Event, now
from .log import Log
from .lookalikes import looks
from .members import ID_SIZES, Member, hashed, new_token
from .names import clean_seat_name
from .owner_errors import RecordNotFound
from .rooms import Room


@dataclass(frozen=True, slots=True)
class Knock:
    """Someone at the door. `id` is the seq of the knock; `state` is waiting, admitted or denied."""

    id: int
    name: str
    at: str
    state: str

    def public(self) -> dict[str, object]:
        """As JSON."""
        return {"id": self.id, "name": self.name, "at": self.at, "state": self.state}


async def knock(log: Log, room: str, name: str, address: str | None) -> tuple[Knock, str]:
    """Ask to be let in; the knock, and the token that will hold the seat.

    Raises NameRequired, NameInvalid, KnocksFull, or RoomNotFound where nobody opens, or for the banned.
    """
    name, token = clean_seat_name(name), new_token()
    detail = {"token": hashed(token), "address": address, **looks(name)}
    event = (await log.append(Event(room=room, kind="knock", at=now(), name=name, detail=detail))).event
    return Knock(event.seq, name, event.at, "waiting"), token


async def admit(log: Log, db: Database, room: Room, owner: Member, id: int) -> Member:
    """Let someone in. Raises OwnerRequired, RecordNotFound, NameTaken (meanwhile) or Banned."""
    found = await one(db, room, id)
    for size in ID_SIZES:
        member = Member(secrets.token_hex(size), found.name)
        changes = {"target": id, "whom": found.name, "member_id": member.id}
        try:
            await _answer(log, room, "admit", owner, changes, looks(found.name))
        except MemberExists:
            continue
        return member
    raise MemberExists("No free member id was drawn.")


async def deny(log: Log, db: Database, room: Room, owner: Member, id: int) -> None:
    """Leave someone outside. Raises OwnerRequired or RecordNotFound."""
    found = await one(db, room, id)
    await _answer(log, room, "deny", owner, {"target": id, "whom": found.name})


async def waiting(db: Database, room: Room) -> list[Knock]:
    """Who waits to be let in, first come first."""
    rows = await db.all(
        "SELECT id, name, at, state FROM knocks WHERE room = ? AND state = 'waiting' ORDER BY id", (room.id,)
    )
    return [Knock(*row) for row in rows]


async def mine(db: Database, room: Room, id: int, token: str | None) -> Knock:
    """One's own knock. Raises RecordNotFound for anyone else's."""
    row = await db.one(
        "SELECT id, name, at, state FROM knocks WHERE room = ? AND id = ? AND token = ?",
        (room.id, id, hashed(token or "")),
    )
    if row is None:
        raise RecordNotFound("knock", room.code)
    return Knock(*row)


async def one(db: Database, room: Room, id: int) -> Knock:
    """A knock, for owners. Raises RecordNotFound."""
    row = await db.one("SELECT id, name, at, state FROM knocks WHERE room = ? AND id = ?", (room.id, id))
    if row is None:
        raise RecordNotFound("knock", room.code)
    return Knock(*row)


async def _answer(
    log: Log, room: Room, kind: str, owner: Member, changes: dict[str, object], detail: dict[str, str] | None = None
) -> None:
    event = Event(
        room=room.code, kind=kind, at=now(), name=owner.name, member=owner.id, changes=changes, detail=detail or {}
    )
    await log.append(event)
