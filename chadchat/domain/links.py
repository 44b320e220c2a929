"""Links: secret addresses that an owner makes and can revoke. A link reads, posts, or joins a locked room.

The operator can make a link that makes its user an owner, for a room without one (such as an imported room). It works
once, within a day.
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
KINDS: Final = ("read", "post", "join")  # the kinds that owners can make
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
    """A link without its token, which is shown only once. `id` is the seq of the event that made the link."""

    id: int
    kind: str
    by: str
    at: str

    def public(self) -> dict[str, object]:
        """The link as JSON, for owners."""
        return {"id": self.id, "kind": self.kind, "by": self.by, "at": self.at}


async def make(log: Log, room: str, owner: Member, kind: str) -> tuple[Link, str]:
    """Make a link; returns it and its token. Raises SettingInvalid, SeatRequired or OwnerRequired."""
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
    """The event, not yet appended, that makes a link for a new owner, and the link's path with its secret token."""
    token = f"{PREFIX}{secrets.token_urlsafe(32)}"
    detail = {"token": hashed(token), "until": timestamp(datetime.now(UTC) + GOOD_FOR)}
    event = Event(room=room, kind="link", at=now(), changes={"grants": APPOINTS}, detail=detail)
    return event, f"/{room}/links/{token}"


async def appoint(log: Log, room: str) -> dict[str, str]:
    """Make a link that makes its user an owner. Returns its `path` and the time `until` which it works.

    Raises RoomNotFound, RoomMoved or RoomClosed.
    """
    event, path = appointing(room)
    await log.append(event)
    return {"path": path, "until": event.detail["until"]}


def opening(link: Link) -> dict[str, int | bool]:
    """The argument `opened` of `members.take_seat` for joining with this link."""
    return {"link": link.id, "appoints": True} if link.kind == APPOINTS else {"link": link.id}


async def revoke(log: Log, room: str, owner: Member, id: int) -> None:
    """Revoke a link. Raises SeatRequired, OwnerRequired or RecordNotFound."""
    await log.append(
        Event(room=room, kind="unlink", at=now(), name=owner.name, member=owner.id, changes={"target": id})
    )


async def all_of(db: Database, room: Room) -> list[Link]:
    """The links of a room that have not expired, oldest first."""
    rows = await db.all(f"{_HELD} ORDER BY id", (room.id, now()))
    return [Link(*row) for row in rows]


async def held(db: Database, room: Room, token: str) -> Link | None:
    """The link of this token; None if the room has no such link, or it was revoked or has expired."""
    row = await db.one(f"{_HELD} AND token = ?", (room.id, now(), hashed(token)))
    return Link(*row) if row else None
