"""Knocks: a visitor's request to enter a locked room, and the owner's answer. Its token becomes the seat's token."""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass

from ..errors import MemberExists, RecordNotFound
from ..events import Event, now
from ..log import Log
from ..storage.db import Database
from .addresses import Addresses
from .colours import free_hues, new_id
from .lookalikes import looks
from .members import ID_SIZES, PREFIX, Member, hashed, new_token
from .names import clean_seat_name
from .rooms import Room


@dataclass(frozen=True, slots=True)
class Knock:
    """A request to enter a room. `id` is the seq of its event; `state` is waiting, admitted or denied."""

    id: int
    name: str
    at: str
    state: str

    def public(self) -> dict[str, object]:
        """The knock as JSON."""
        return {"id": self.id, "name": self.name, "at": self.at, "state": self.state}


async def knock(log: Log, room: str, name: str, address: str | None) -> tuple[Knock, str]:
    """Ask to enter a room. Returns the knock, and the token that holds the seat once an owner admits it.

    Raises NameRequired, NameInvalid, KnocksFull, or RoomNotFound (also if the room does not take knocks, or bans this
    name or address).
    """
    name, token = clean_seat_name(name), new_token()
    detail = {"token": hashed(token), "address": address, **looks(name)}
    event = (await log.append(Event(room=room, kind="knock", at=now(), name=name, detail=detail))).event
    return Knock(event.seq, name, event.at, "waiting"), token


def decoy(addresses: Addresses, room: str, name: str) -> tuple[Knock, str]:
    """A fake knock for a room that does not exist or refuses this name, so that the answer does not reveal which.

    Nothing is stored, and it is never answered. The token carries a keyed hash of the room (see `is_decoy`).
    """
    chance = secrets.token_bytes(16)
    token = base64.urlsafe_b64encode(chance + _mark(addresses, room, chance)).rstrip(b"=").decode()
    return Knock(0, name, now(), "waiting"), f"{PREFIX}{token}"


def is_decoy(addresses: Addresses, room: str, token: str) -> bool:
    """Whether `decoy` made this token for this room."""
    try:
        made = base64.b64decode(f"{token.removeprefix(PREFIX)}=".encode("ascii"), b"-_", validate=True)
    except ValueError:
        return False
    return token.startswith(PREFIX) and hmac.compare_digest(made[16:], _mark(addresses, room, made[:16]))


def number(addresses: Addresses, token: str) -> int:
    """The public number of a knock: twelve digits made from a hash of its token.

    Its seq is not shown, as that would reveal how busy the room is, and a decoy has no seq.
    """
    return 10**11 + int(addresses.hashed(f"knock {token}")[:12], 16) % (9 * 10**11)


async def admit(log: Log, db: Database, room: Room, owner: Member, id: int) -> Member:
    """Admit a knock; returns the new member. Raises OwnerRequired, RecordNotFound, NameTaken or Banned."""
    found = await one(db, room, id)
    hues = await free_hues(db, room.code)
    for size in ID_SIZES:
        member = Member(new_id(size, hues), found.name)
        changes = {"target": id, "whom": found.name, "member_id": member.id}
        try:
            await _answer(log, room, "admit", owner, changes, looks(found.name))
        except MemberExists:
            continue
        return member
    raise MemberExists("No free member id was drawn.")


async def deny(log: Log, db: Database, room: Room, owner: Member, id: int) -> None:
    """Refuse a knock. Raises OwnerRequired or RecordNotFound."""
    found = await one(db, room, id)
    await _answer(log, room, "deny", owner, {"target": id, "whom": found.name})


async def waiting(db: Database, room: Room) -> list[Knock]:
    """The knocks that wait for an answer, oldest first."""
    rows = await db.all(
        "SELECT id, name, at, state FROM knocks WHERE room = ? AND state = 'waiting' ORDER BY id", (room.id,)
    )
    return [Knock(*row) for row in rows]


async def of(db: Database, room: str, token: str) -> Knock | None:
    """The knock of this token in a room, or None."""
    row = await db.one(
        "SELECT knocks.id, name, knocks.at, state FROM knocks JOIN rooms ON rooms.id = room"
        " WHERE code = ? AND token = ?",
        (room, hashed(token)),
    )
    return Knock(*row) if row else None


async def numbered(db: Database, addresses: Addresses, room: Room, given: int) -> int:
    """The id of a waiting knock whose id or public `number` an owner gave. Any other number is returned as it is."""
    rows = await db.all("SELECT id, token FROM knocks WHERE room = ? AND state = 'waiting'", (room.id,))
    return next((id for id, token in rows if number(addresses, token) == given), given)


async def one(db: Database, room: Room, id: int) -> Knock:
    """The knock `id`, for owners. Raises RecordNotFound."""
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


def _mark(addresses: Addresses, room: str, chance: bytes) -> bytes:
    return bytes.fromhex(addresses.hashed(f"decoy {room} {chance.hex()}"))
