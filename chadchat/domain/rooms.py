"""Rooms: opening one, finding one, changing what it keeps, giving it a new code, closing it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from ..errors import KeepInvalid, RoomClosed, RoomExists, RoomMoved, RoomNotFound, TitleInvalid
from ..events import Event, draw_epoch, now, timestamp
from ..log import Log
from ..storage.db import Database, Row
from . import members
from .codes import draw_code, is_code
from .members import Member, Seat
from .names import clean_seat_name
from .visible import fault, normalised

LONGEST_TITLE: Final = 80
LONGEST_RAW_TITLE: Final = 4 * LONGEST_TITLE  # characters as they come: see names.LONGEST_RAW
MOST_KEPT: Final = 10**9
KEPT_BACK: Final = timedelta(days=30)  # a code that was given up is nobody else's for so long

ROOMS: Final = """
    SELECT id, code, epoch, title, head, tail, closed, slow, read_only, lock, passphrase, locked_at,
        keep_days, keep_events,
        EXISTS (SELECT 1 FROM bans WHERE room = rooms.id)
    FROM rooms
"""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the owners decided. `slow` in seconds; `lock` is None, `passphrase` or `approval`; `passphrase` is its
    argon2 hash; `locked_at` tells one lock from the next; `keep_days` and `keep_events` are how long messages are
    kept (0: for ever, None: as the server's settings say); `bans` says whether anybody is banned.
    """

    slow: int = 0
    read_only: bool = False
    lock: str | None = None
    passphrase: str | None = None
    locked_at: int = 0
    keep_days: int | None = None
    keep_events: int | None = None
    bans: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """A room as the database has it; `head` is the seq of its newest event, `tail` of the oldest that is kept,
    `closed` the time when it was closed.
    """

    id: int
    code: str
    epoch: str
    title: str
    head: int
    tail: int = 1
    rules: Rules = field(default_factory=Rules)
    closed: str | None = None

    @classmethod
    def of(cls, row: Row) -> Room:
        """The Room of a row that ROOMS selects."""
        id, code, epoch, title, head, tail, closed, slow, read_only, lock, passphrase, locked_at, *rest = row
        keep_days, keep_events, bans = rest
        rules = Rules(slow, bool(read_only), lock, passphrase, locked_at, keep_days, keep_events, bool(bans))
        return cls(id, code, epoch, title, head, tail, rules, closed)

    @property
    def cursor(self) -> str:
        """Where a reader stands who has everything."""
        return f"{self.epoch}-{self.head}"


async def create(log: Log, db: Database, name: str, title: str = "", address: str | None = None) -> Seat:
    """Open a room under a fresh code and seat its creator, who owns it. Raises NameRequired, NameInvalid,
    TitleInvalid.
    """
    name = clean_seat_name(name)
    title = clean_title(title)
    code = await _open(log, db, name, title)
    return await members.take_seat(log, code, name, owner=True, address=address)


async def find(db: Database, code: str) -> Room:
    """The room with this code. Raises RoomNotFound, RoomMoved for a code that was given up, or RoomClosed."""
    row = await db.one(f"{ROOMS} WHERE code = ?", (code,))
    if row is None:
        if await successor(db, code):
            raise RoomMoved(code)
        raise RoomNotFound(code if is_code(code) else code[:12])
    room = Room.of(row)
    if room.closed:
        raise RoomClosed
    return room


async def close(log: Log, code: str, owner: Member) -> None:
    """Close a room. Raises SeatRequired, OwnerRequired or RoomNotFound."""
    await log.append(closing(code, owner.name, owner.id))


def closing(code: str, name: str | None = None, member: str | None = None) -> Event:
    """The event that closes a room: nobody reads or posts in it any more. By `name`, or by whoever runs the server."""
    return Event(room=code, kind="room", at=now(), name=name, member=member, changes={"closed": True})


def keeping(code: str, days: int | None = None, events: int | None = None, name: str | None = None) -> Event:
    """The event that changes what a room keeps: so many days, so many events; 0 keeps all. What is None stays as it
    is. Raises KeepInvalid.
    """
    changes = {"keep_days": days, "keep_events": events}
    changes = {setting: value for setting, value in changes.items() if value is not None}
    for setting, value in changes.items():
        if not 0 <= (value or 0) <= MOST_KEPT:
            raise KeepInvalid(setting, MOST_KEPT)
    return Event(room=code, kind="room", at=now(), name=name, changes=changes)


async def successor(db: Database, code: str) -> str | None:
    """The new code of the room that gave this one up: for those who have a seat there, and nobody else."""
    row = await db.one(
        "SELECT rooms.code FROM old_codes JOIN rooms ON rooms.id = room WHERE old_codes.code = ?"
        " ORDER BY old_codes.at DESC LIMIT 1",
        (code,),
    )
    return str(row[0]) if row else None


async def move(log: Log, db: Database, code: str, owner: Member) -> str:
    """Give the room a new code; the new code. The old one says that there was a room, and nothing more.

    Raises SeatRequired, OwnerRequired, RoomNotFound or RoomMoved.
    """
    while True:
        new = await _free_code(db)
        event = Event(
            room=code, kind="move", at=now(), name=owner.name, member=owner.id, detail={"from": code, "to": new}
        )
        try:
            await log.append(event)
        except RoomExists:
            continue
        return new


async def _open(log: Log, db: Database, name: str, title: str) -> str:
    while True:
        code = await _free_code(db)
        detail = {"epoch": draw_epoch()}
        event = Event(room=code, kind="room", at=now(), name=name, title=title, detail=detail)
        try:
            await log.append(event)
        except RoomExists:
            continue
        return code


async def _free_code(db: Database) -> str:
    """A code that no room had within the last 30 days."""
    row = await db.one("SELECT count(*) FROM rooms")
    rooms: int = row[0] if row else 0
    oldest = timestamp(datetime.now(UTC) - KEPT_BACK)
    while True:
        code = draw_code(rooms)
        if await db.one("SELECT 1 FROM old_codes WHERE code = ? AND at > ?", (code, oldest)) is None:
            return code


def clean_title(raw: str) -> str:
    """The title as it is stored and shown. Raises TitleInvalid."""
    if len(raw) > LONGEST_RAW_TITLE:  # normalising takes longer than linear
        raise TitleInvalid(f"That title is {len(raw)} characters long; a title may have {LONGEST_TITLE}.")
    title = " ".join(normalised(raw).split())
    if len(title) > LONGEST_TITLE:
        raise TitleInvalid(f"That title is {len(title)} characters long; a title may have {LONGEST_TITLE}.")
    if reason := fault(title):
        raise TitleInvalid(f"A title cannot have {reason}.")
    return title
