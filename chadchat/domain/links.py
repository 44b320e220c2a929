"""Links: capabilities an owner hands out. A link only reads, only posts, or joins a locked room; it can be revoked.

The operator's links make an owner: of a room that has none any more, or came from an export. They are good once, and
for a day.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ..errors import SettingInvalid
from ..events import Event, now, timestamp
from ..log import Log
from ..storage.apply.links import APPOINTS
from ..storage.db import Database
from .members import Member, hashed
from .permissions import Role
from .rooms import Room

PREFIX: Final = "ccl_"
KINDS: Final = ("read", "post", "join")  # what owners make
ROLES: Final = {
    "read": Role.READ_LINK,
    "post": Role.POST_LINK,
    "join": Role.JOIN_LINK,
    APPOINTS: Role.JOIN_LINK,
}
GOOD_FOR: Final = timedelta(days=1)  # a link that makes an owner

_HELD: Final = "SELECT id, kind, by, at FROM links WHERE room = ? AND (until IS NULL OR until > ?)"


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
    if kind not in KINDS:
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


def appointing(room: str) -> tuple[Event, str]:
    """The operator's event that makes a link for an owner of a room, and the link's path, which is shown this once."""
    token = f"{PREFIX}{secrets.token_urlsafe(32)}"
    detail = {"token": hashed(token), "until": timestamp(datetime.now(UTC) + GOOD_FOR)}
    event = Event(room=room, kind="link", at=now(), changes={"grants": APPOINTS}, detail=detail)
    return event, f"/{room}/links/{token}"


async def appoint(log: Log, room: str) -> dict[str, str]:
    """The path of a new link that makes an owner, and until when it is good: for the operator.

    Raises RoomNotFound, RoomMoved or RoomClosed.
    """
    event, path = appointing(room)
    await log.append(event)
    return {"path": path, "until": event.detail["until"]}


def opening(link: Link) -> dict[str, int | bool]:
    """What `members.take_seat` needs to join with a link."""
    return {"link": link.id, "appoints": True} if link.kind == APPOINTS else {"link": link.id}


async def revoke(log: Log, room: str, owner: Member, id: int) -> None:
    """Take a link back. Raises SeatRequired, OwnerRequired or RecordNotFound."""
    await log.append(
        Event(room=room, kind="unlink", at=now(), name=owner.name, member=owner.id, changes={"target": id})
    )


async def all_of(db: Database, room: Room) -> list[Link]:
    """The links of a room that still open something."""
    rows = await db.all(f"{_HELD} ORDER BY id", (room.id, now()))
    return [Link(*row) for row in rows]


async def held(db: Database, room: Room, token: str) -> Link | None:
    """The link that this token is, if it is one of this room's, was not revoked and has not ended."""
    row = await db.one(f"{_HELD} AND token = ?", (room.id, now(), hashed(token)))
    return Link(*row) if row else None
