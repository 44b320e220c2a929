"""Rooms: opening one, finding one, changing what it keeps, closing it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from . import members
from .codes import draw_code, draw_epoch, is_code
from .db import Database
from .errors import KeepInvalid, RoomClosed, RoomExists, RoomNotFound, TitleInvalid
from .events import Event, now
from .log import Log
from .members import Seat
from .names import clean_name

LONGEST_TITLE: Final = 80
MOST_KEPT: Final = 10**9


@dataclass(frozen=True, slots=True)
class Room:
    """A room as the database has it; `head` is the seq of its newest event, `tail` of the oldest that is kept."""

    id: int
    code: str
    epoch: str
    title: str
    head: int
    tail: int = 1

    @property
    def cursor(self) -> str:
        """Where a reader stands who has everything."""
        return f"{self.epoch}-{self.head}"


async def create(log: Log, db: Database, name: str, title: str = "") -> Seat:
    """Open a room under a fresh code and seat its creator, who owns it. Raises NameRequired, NameInvalid,
    TitleInvalid.
    """
    name = clean_name(name)
    title = _clean_title(title)
    code = await _open(log, db, name, title)
    return await members.take_seat(log, code, name, owner=True)


async def find(db: Database, code: str) -> Room:
    """The room with this code. Raises RoomNotFound or RoomClosed."""
    row = await db.one("SELECT id, code, epoch, title, head, tail, closed FROM rooms WHERE code = ?", (code,))
    if row is None:
        raise RoomNotFound(code if is_code(code) else code[:12])
    *values, closed = row
    if closed:
        raise RoomClosed
    return Room(*values)


def closing(code: str, name: str | None = None, member: str | None = None) -> Event:
    """The event that closes a room: nobody reads or posts in it any more. By `name`, or by whoever runs the server."""
    return Event(room=code, kind="room", at=now(), name=name, member=member, changes={"closed": True})


def keeping(code: str, days: int | None = None, events: int | None = None, name: str | None = None) -> Event:
    """The event that changes what a room keeps: so many days, so many events; 0 keeps all. What is None stays as it
    is. Raises KeepInvalid.
    """
    changes = {"keep_days": days, "keep_events": events}
    changes = {field: value for field, value in changes.items() if value is not None}
    for field, value in changes.items():
        if not 0 <= (value or 0) <= MOST_KEPT:
            raise KeepInvalid(field, MOST_KEPT)
    return Event(room=code, kind="room", at=now(), name=name, changes=changes)


async def _open(log: Log, db: Database, name: str, title: str) -> str:
    row = await db.one("SELECT count(*) FROM rooms")
    rooms: int = row[0] if row else 0
    while True:
        code = draw_code(rooms)
        event = Event(room=code, kind="room", at=now(), name=name, title=title, detail={"epoch": draw_epoch()})
        try:
            await log.append(event)
        except RoomExists:
            continue
        return code


def _clean_title(raw: str) -> str:
    title = " ".join(unicodedata.normalize("NFKC", raw).split())
    if len(title) > LONGEST_TITLE:
        raise TitleInvalid(f"That title is {len(title)} characters long; a title may have {LONGEST_TITLE}.")
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"} for char in title):
        raise TitleInvalid("A title cannot have invisible or control characters.")
    return title
