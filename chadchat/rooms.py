"""Rooms: opening one and finding one."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from . import members
from .codes import draw_code, draw_epoch, is_code
from .db import Database
from .errors import RoomExists, RoomNotFound, TitleInvalid
from .events import Event, now
from .log import Log
from .members import Seat
from .names import clean_name

LONGEST_TITLE: Final = 80


@dataclass(frozen=True, slots=True)
class Room:
    """A room as the database has it; `head` is the seq of its newest event."""

    id: int
    code: str
    epoch: str
    title: str
    head: int

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
    """The room with this code. Raises RoomNotFound."""
    row = await db.one("SELECT id, code, epoch, title, head FROM rooms WHERE code = ?", (code,))
    if row is None:
        raise RoomNotFound(code if is_code(code) else code[:12])
    return Room(*row)


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
