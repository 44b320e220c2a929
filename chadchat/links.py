"""Links: capabilities an owner hands out. A link only reads, only posts, or joins a locked room; it can be revoked."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from .db import Database
from .events import Event, now
from .log import Log
from .members import Member, hashed
from .owner_errors import SettingInvalid
from .permissions import Role
from .rooms import Room

PREFIX: Final = "ccl_"
ROLES: Final = {"read": Role.READ_LINK, "post": Role.POST_LINK, "join": Role.JOIN_LINK}


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it is listed; its token is shown once, when it is made. `id` is the seq of that event."""

    id: int
    kind: str
    by: str
    at: str

    def public(self) -> dict[str, object]:
        """As JSON, for owners."""
        return {"id": self.id, "kind": self.kind, "by": self.by, "at": self.at}


async def make(log: Log, room: str, owner: Member, kind: str) -> tuple[Link, str]:
    """A new link and its token. Raises SettingInvalid, SeatRequired or OwnerRequired."""
    if kind not in ROLES:
        raise SettingInvalid("kind", "A link's kind is read, post or join.")
    token = f"{PREFIX}{secrets.token_urlsafe(32)}"
    event = Event(
        room=room,
        kind="link",
        at=now(),
        name=owner.name,
        member=owner.id,
        changes={"grants": kind},
        detail={"token": hashed(token)},
    )
    made = (await log.append(event)).event
    return Link(made.seq, kind, owner.name, made.at), token


async def revoke(log: Log, room: str, owner: Member, id: int) -> None:
    """Take a link back. Raises SeatRequired, OwnerRequired or RecordNotFound."""
    await log.append(
        Event(room=room, kind="unlink", at=now(), name=owner.name, member=owner.id, changes={"target": id})
    )


async def all_of(db: Database, room: Room) -> list[Link]:
    """The links of a room that still open something."""
    rows = await db.all("SELECT id, kind, by, at FROM links WHERE room = ? ORDER BY id", (room.id,))
    return [Link(*row) for row in rows]


async def held(db: Database, room: Room, token: str) -> Link | None:
    """The link that this token is, if it is one of this room's and was not revoked."""
    row = await db.one("SELECT id, kind, by, at FROM links WHERE token = ? AND room = ?", (hashed(token), room.id))
    return Link(*row) if row else None
