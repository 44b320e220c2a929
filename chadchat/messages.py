"""Messages and the history they are part of: posting, and reading back by seq."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

from .db import Database
from .errors import KeyInvalid, MessageNotFound, TextInvalid, TextRequired, TextTooLong
from .events import Committed, Event, now
from .log import Log
from .log.local import event_of
from .markdown import render
from .members import Member
from .names import ANONYMOUS, clean_name, skeleton
from .rooms import Room

LONGEST: Final = 4096  # characters, so at most 16,384 bytes of UTF-8
LONGEST_KEY: Final = 128
PAGE: Final = 50
LARGEST_PAGE: Final = 500

_EVENTS: Final = "SELECT ?, ?, seq, kind, at, event FROM log WHERE room = ?"


@dataclass(frozen=True, slots=True)
class Draft:
    """What someone asked to post, before it is checked."""

    text: str
    name: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """A window of a room's log, oldest first. `older` and `newer` are the seqs to go on from, None at the ends."""

    events: list[Event] = field(default_factory=list)
    older: int | None = None
    newer: int | None = None


@dataclass(frozen=True, slots=True)
class Stranger:
    """Someone who posts without a seat: their address (a keyed hash), and the link they were given, if any."""

    address: str | None = None
    link: int | None = None


async def post(log: Log, room: str, author: Member | Stranger | None, draft: Draft) -> Committed:
    """Store a message, as a member or without a seat under a free name (`anonymous` unless the draft names one).

    Raises TextRequired, TextInvalid, TextTooLong, KeyInvalid, KeyReused, NameTaken (a name that a seat holds),
    NameInvalid, SeatRequired (the seat was given up meanwhile), Muted, Banned, RoomReadOnly, SlowDown or RoomNotFound
    (also a locked room, to whoever has neither seat nor link).
    """
    text = check_text(draft.text)
    member = author if isinstance(author, Member) else None
    name = member.name if member else clean_name(draft.name or ANONYMOUS)
    detail: dict[str, str | int] = {} if member else {"skeleton": skeleton(name)}
    if isinstance(author, Stranger):
        detail |= {part: value for part, value in (("address", author.address), ("link", author.link)) if value}
    if draft.key is not None:
        detail |= {"key": _check_key(draft.key), "digest": hashlib.sha256(text.encode()).hexdigest()}
    event = Event(
        room=room,
        kind="message",
        at=now(),
        name=name,
        member=member.id if member else None,
        text=text,
        html=render(text),
        detail=detail,
    )
    return await log.append(event)


async def remove(log: Log, db: Database, room: Room, member: Member, seq: int) -> Committed:
    """Take a message's words away, for good; its line stays and says who did. Authors may, and owners.

    Raises MessageNotFound (also when it is gone already), OwnerRequired or SeatRequired.
    """
    target = await one(db, room, seq)
    changes = {"target": seq, "whom": target.name, "posted": target.at}
    return await log.append(
        Event(room=room.code, kind="remove", at=now(), name=member.name, member=member.id, changes=changes)
    )


def check_text(text: str) -> str:
    """The text as it came, if it may be stored."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise TextInvalid("That text is not valid UTF-8.") from error
    if size > LONGEST:
        raise TextTooLong(size, LONGEST)
    if "\0" in text:
        raise TextInvalid("A message cannot hold the NUL character.")
    if not text.strip():
        raise TextRequired
    return text


async def before(db: Database, room: Room, seq: int | None = None, limit: int = PAGE) -> History:
    """The newest events before `seq` (or the newest of all), at most `limit`."""
    rows = await db.all(
        f"{_EVENTS} AND seq < ? ORDER BY seq DESC LIMIT ?",
        (room.code, room.epoch, room.id, seq or room.head + 1, limit),
    )
    return _window([event_of(row) for row in reversed(rows)], room)


async def around(db: Database, room: Room, seq: int, limit: int = PAGE) -> History:
    """The event `seq` in the middle of what came before and after. Raises MessageNotFound."""
    first = max(room.tail, seq - limit // 2)
    rows = await db.all(f"{_EVENTS} AND seq >= ? ORDER BY seq LIMIT ?", (room.code, room.epoch, room.id, first, limit))
    events = [event_of(row) for row in rows]
    if not any(event.seq == seq for event in events):
        raise MessageNotFound(room.code, seq)
    return _window(events, room)


async def one(db: Database, room: Room, seq: int) -> Event:
    """The message `seq`. Raises MessageNotFound."""
    row = await db.one(f"{_EVENTS} AND seq = ? AND kind = 'message'", (room.code, room.epoch, room.id, seq))
    if row is None:
        raise MessageNotFound(room.code, seq)
    return event_of(row)


async def messages_before(db: Database, room: Room, seq: int | None = None, limit: int = PAGE) -> History:
    """Like `before`, but messages only: what a program wants."""
    rows = await db.all(
        f"{_EVENTS} AND seq < ? AND kind = 'message' ORDER BY seq DESC LIMIT ?",
        (room.code, room.epoch, room.id, seq or room.head + 1, limit + 1),
    )
    events = [event_of(row) for row in reversed(rows[:limit])]
    return History(events, older=events[0].seq if len(rows) > limit else None)


def _window(events: list[Event], room: Room) -> History:
    if not events:
        return History()
    first, last = events[0].seq, events[-1].seq
    return History(events, older=first if first > room.tail else None, newer=last + 1 if last < room.head else None)


def _check_key(key: str) -> str:
    bare = key[1:-1] if len(key) > 1 and key[0] == key[-1] == '"' else key
    if not 0 < len(bare) <= LONGEST_KEY or not all("!" <= char <= "~" for char in bare):
        raise KeyInvalid
    return bare
