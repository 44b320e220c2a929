"""Rooms: create, find and close them, change how much they keep, and move them to a new code."""

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
LONGEST_RAW_TITLE: Final = 4 * LONGEST_TITLE  # characters before normalising: see names.LONGEST_RAW
MOST_KEPT: Final = 10**9
MOST_HOURS: Final = 876_000  # for which a message can be edited: a hundred years
KEPT_BACK: Final = timedelta(days=30)  # a code is not given to another room for this long

ROOMS: Final = """
    SELECT id, code, epoch, title, head, tail, closed, slow, read_only, lock, passphrase, locked_at,
        keep_days, keep_events, edits, typing, takes_files,
        EXISTS (SELECT 1 FROM bans WHERE room = rooms.id)
    FROM rooms
"""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that owners have set for a room.

    `slow` is in seconds. `lock` is None, `passphrase` or `approval`; `passphrase` is an argon2 hash; `locked_at`
    changes with each new lock. `keep_days` and `keep_events` limit retention (0: for ever, None: the server's
    setting). `bans` is True if there is any ban. `edits` is for how many hours a message can be edited (0: never,
    None: the server's setting). `typing`: its readers are told who is typing. `files`: its members
    may send files.
    """

    slow: int = 0
    read_only: bool = False
    lock: str | None = None
    passphrase: str | None = None
    locked_at: int = 0
    keep_days: int | None = None
    keep_events: int | None = None
    bans: bool = False
    edits: int | None = None
    typing: bool = True
    files: bool = True


@dataclass(frozen=True, slots=True)
class Room:
    """A room's row. `head` is the seq of its newest event, `tail` the seq of the oldest event that is kept, `closed`
    the time when it was closed.
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
        keep_days, keep_events, edits, typing, files, bans = rest
        kept = keep_days, keep_events
        shown = bool(bans), edits, bool(typing), bool(files)
        rules = Rules(slow, bool(read_only), lock, passphrase, locked_at, *kept, *shown)
        return cls(id, code, epoch, title, head, tail, rules, closed)

    @property
    def cursor(self) -> str:
        """The cursor of a reader that has every event."""
        return f"{self.epoch}-{self.head}"


async def create(log: Log, db: Database, name: str, title: str = "", address: str | None = None) -> Seat:
    """Create a room under a new code, and return the seat of its first owner. Raises NameRequired, NameInvalid or
    TitleInvalid.
    """
    name = clean_seat_name(name)
    title = clean_title(title)
    code = await _open(log, db, name, title)
    return await members.take_seat(log, code, name, owner=True, address=address)


async def find(db: Database, code: str) -> Room:
    """The room with this code. Raises RoomNotFound, RoomMoved if the room has a new code, or RoomClosed."""
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
    """The event, not yet appended, that closes a room to all reading and posting. Without `name`: by the operator."""
    return Event(room=code, kind="room", at=now(), name=name, member=member, changes={"closed": True})


def keeping(code: str, days: int | None = None, events: int | None = None, name: str | None = None) -> Event:
    """The event, not yet appended, that sets how many days and events a room keeps (0: all, None: unchanged).

    Raises KeepInvalid.
    """
    changes = {"keep_days": days, "keep_events": events}
    changes = {setting: value for setting, value in changes.items() if value is not None}
    for setting, value in changes.items():
        if not 0 <= (value or 0) <= MOST_KEPT:
            raise KeepInvalid(setting, MOST_KEPT)
    return Event(room=code, kind="room", at=now(), name=name, changes=changes)


async def successor(db: Database, code: str) -> str | None:
    """The current code of the room that had this code before; None if there is none. Tell it to its members only."""
    row = await db.one(
        "SELECT rooms.code FROM old_codes JOIN rooms ON rooms.id = room WHERE old_codes.code = ?"
        " ORDER BY old_codes.at DESC LIMIT 1",
        (code,),
    )
    return str(row[0]) if row else None


async def move(log: Log, db: Database, code: str, owner: Member) -> str:
    """Give the room a new code, and return it. From then on the old code is refused with RoomMoved.

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
    """A random code that no room has given up within KEPT_BACK."""
    row = await db.one("SELECT count(*) FROM rooms")
    rooms: int = row[0] if row else 0
    oldest = timestamp(datetime.now(UTC) - KEPT_BACK)
    while True:
        code = draw_code(rooms)
        if await db.one("SELECT 1 FROM old_codes WHERE code = ? AND at > ?", (code, oldest)) is None:
            return code


def clean_title(raw: str) -> str:
    """The title as it is stored and shown. Raises TitleInvalid."""
    if len(raw) > LONGEST_RAW_TITLE:  # the time of normalising grows faster than the length
        raise TitleInvalid(f"That title is {len(raw)} characters long; a title may have {LONGEST_TITLE}.")
    title = " ".join(normalised(raw).split())
    if len(title) > LONGEST_TITLE:
        raise TitleInvalid(f"That title is {len(title)} characters long; a title may have {LONGEST_TITLE}.")
    if reason := fault(title):
        raise TitleInvalid(f"A title cannot have {reason}.")
    return title
