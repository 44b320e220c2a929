"""Messages: post and remove them, and read the history of a room by seq."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from html import escape
from typing import Final

from ..errors import KeyInvalid, MessageNotFound, TextInvalid, TextRequired, TextTooLong
from ..events import ANONYMOUS, Committed, Event, now, to_json
from ..kinds import NOT_A_LINE
from ..log import Log
from ..storage.db import Database
from ..storage.events import EVENTS_OF, event_of
from .lookalikes import looks
from .members import Member
from .mentions import written
from .names import clean_name, is_anonymous
from .rooms import Room
from .terminal import uncoloured

LONGEST: Final = 4096  # characters, so at most 16,384 bytes of UTF-8
LONGEST_KEY: Final = 128
PAGE: Final = 50
LARGEST_PAGE: Final = 500
LARGEST_HTML: Final = 80  # lines of an HTML page: rendering takes 0.16 ms each, and a request may take 20 ms
LARGEST_CONTENT: Final = 220 * 1024  # bytes of the lines of a page, so that the whole page stays below 256 KiB
LINE: Final = 270  # bytes of HTML around a line, without its name
TAG: Final = 105  # bytes of the mark of a message without a seat, in addition
REACTION: Final = 250  # bytes of HTML of a reaction, without its members
STEP: Final = 100  # events read from the database at once

_NEWEST: Final = f"""
    SELECT seq FROM log WHERE room = ? AND seq <= ? AND kind NOT IN {NOT_A_LINE} ORDER BY seq DESC LIMIT 1
"""  # noqa: S608 - our own names

# A visible character. Excluded are spaces, control characters, Default_Ignorable_Code_Point (DerivedCoreProperties.txt,
# Unicode 16), interlinear annotation marks, the null notehead, and the blanks of Braille and Khitan.
_SEEN: Final = re.compile(
    r"[^\s\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00016fe4\U0001bca0-\U0001bca3"
    r"\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A post before it is checked: its text, its name (for a post without a seat) and its idempotency key."""

    text: str
    name: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """A part of a room's log, oldest first. `older` and `newer` are the seqs to read on from, or None at the ends."""

    events: list[Event] = field(default_factory=list)
    older: int | None = None
    newer: int | None = None


@dataclass(frozen=True, slots=True)
class Stranger:
    """A visitor that posts without a seat: a keyed hash of its address, and the id of the link it used, if any."""

    address: str | None = None
    link: int | None = None


async def post(
    log: Log, room: str, author: Member | Stranger | None, draft: Draft, db: Database | None = None
) -> Committed:
    """Store a message of a member, or of a visitor without a seat under a free name (default `anonymous`). The members
    that it mentions are looked up in `db`.

    Raises TextRequired, TextInvalid, TextTooLong, KeyInvalid, KeyReused, NameTaken (a seat holds the name),
    NameInvalid, SeatRequired (the seat ended meanwhile), Muted, Banned, RoomReadOnly, SlowDown or RoomNotFound (also if
    the room is locked and the author has neither a seat nor a link).
    """
    text = check_text(draft.text)
    member = author if isinstance(author, Member) else None
    name = member.name if member else _loose_name(draft.name)
    detail: dict[str, str | int] = {} if member else {**looks(name)}
    if isinstance(author, Stranger):
        detail |= {part: value for part, value in (("address", author.address), ("link", author.link)) if value}
    if draft.key is not None:
        detail |= {"key": check_key(draft.key), "digest": hashlib.sha256(text.encode()).hexdigest()}
    html, changes = await written(db, room, text, owner=bool(member and member.owner))
    id = member.id if member else None
    return await log.append(Event(room, "message", now(), name, id, text, html, changes=changes, detail=detail))


async def remove(log: Log, db: Database, room: Room, member: Member, seq: int) -> Committed:
    """Delete a message's text for good, as its author or an owner. Its line stays, with the name of the remover.

    Raises MessageNotFound (also if it was removed already), OwnerRequired or SeatRequired.
    """
    target = await one(db, room, seq)
    changes = {"target": seq, "whom": target.name, "posted": target.at}
    return await log.append(
        Event(room=room.code, kind="remove", at=now(), name=member.name, member=member.id, changes=changes)
    )


def check_text(text: str) -> str:
    """Return the text unchanged. Raises TextTooLong, TextInvalid or TextRequired if it may not be stored."""
    if len(text) > LONGEST:
        raise TextTooLong(len(text), LONGEST)
    if not text.isascii():
        _check_encodable(text)
    if "\0" in text:
        raise TextInvalid("A message cannot hold the NUL character.")
    if is_blank(text):
        raise TextRequired
    return text


def is_blank(text: str) -> bool:
    """Whether the text has no visible character."""
    return not _SEEN.search(uncoloured(text))


def _check_encodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TextInvalid("That text is not valid UTF-8.") from error


async def before(db: Database, room: Room, seq: int | None = None, limit: int = PAGE) -> History:
    """The newest events, or those just before `seq`: at most `limit`, and at most LARGEST_CONTENT bytes."""
    events = await _read(db, room, "seq < ?", "DESC", seq or room.head + 1, limit, LARGEST_CONTENT)
    return _window(events[::-1], room, await _end(db, room))


async def around(db: Database, room: Room, seq: int, limit: int = PAGE, near: int = 0) -> History:
    """The event `seq` with the events before and after it, at most `limit` in all, or `near` if these reach the end
    of the log. Raises MessageNotFound.
    """
    half = LARGEST_CONTENT // 2
    if seq < room.tail:
        raise MessageNotFound(room.code, seq)
    after = await _read(db, room, "seq >= ?", "", seq, max(limit, near), half)
    if not after or after[0].seq != seq:
        raise MessageNotFound(room.code, seq)
    earlier = min(seq - room.tail, limit // 2)
    events = await _read(db, room, "seq < ?", "DESC", seq, earlier, half) if earlier else []
    end = await _end(db, room)
    if after[-1].seq < end or len(events) + len(after) > near:
        after = after[: limit - len(events)]
    return _window([*events[::-1], *after], room, end)


async def one(db: Database, room: Room, seq: int) -> Event:
    """The message `seq`. Raises MessageNotFound."""
    row = await db.one(f"{EVENTS_OF} AND seq = ? AND kind = 'message'", _of(room, seq))
    if row is None or seq < room.tail:
        raise MessageNotFound(room.code, seq)
    return event_of(row)


async def messages_before(db: Database, room: Room, seq: int | None = None, limit: int = PAGE) -> History:
    """As `before`, but messages only; `newer` is always None. The JSON answer uses it."""
    where = "kind = 'message' AND seq < ?"
    events = await _read(db, room, where, "DESC", seq or room.head + 1, limit, LARGEST_CONTENT)
    first = events[-1].seq if events else 0
    more = await db.one(f"{EVENTS_OF} AND {where} AND seq >= ? LIMIT 1", _of(room, first, room.tail))
    return History(events[::-1], older=first if more else None)


async def _read(db: Database, room: Room, where: str, order: str, start: int, limit: int, most: int) -> list[Event]:
    """At most `limit` lines from `start` on, that take at most `most` bytes on a page; always at least one line.

    They are read in steps of STEP, so that few more are read than are shown.
    """
    events: list[Event] = []
    # Events below the tail were cut off by a prune; they are removed from the file some time later.
    low = (room.tail,) if order else ()
    query = (
        f"{EVENTS_OF} AND {where} AND kind NOT IN {NOT_A_LINE} {'AND seq >= ?' if low else ''}"
        f" ORDER BY seq {order} LIMIT ?"
    )
    while len(events) < limit:
        step = min(STEP, limit - len(events))
        rows = await db.all(query, _of(room, start, *low, step))
        for row in rows:
            event = event_of(row)
            most -= _size(event, len(row[-1].encode()))
            if most < 0 and events:
                return events
            events.append(event)
        if len(rows) < step:
            break
        start = events[-1].seq + (0 if order else 1)
    return events


def _of(room: Room, *more: int) -> tuple[str | int, ...]:
    """The parameters of EVENTS_OF for a room, and `more`."""
    return room.code, room.epoch, room.id, *more


def _size(event: Event, stored: int) -> int:
    """The bytes that an event takes on a page in its longest format: HTML, JSON, or text with indented lines.

    `stored` is the length of its stored row, which stands for the text of an event that is not a message.
    """
    own = LINE + 2 * len(escape(event.name or "").encode()) + (0 if event.member else TAG)
    own += sum(len(id) + 3 for id in event.mentions)
    own += sum(REACTION + 9 * len(members) for members in event.reactions.values())
    if event.text is None:
        return own + stored
    indented = 6 * event.text.count("\n")
    return own + max(len((event.html or "").encode()), len(to_json(event.text).encode()) + indented)


async def _end(db: Database, room: Room) -> int:
    """The seq of the newest line when the room was looked up: a page without it is not at the end. One that came since
    makes no difference, as the stream brings it.
    """
    row = await db.one(_NEWEST, (room.id, room.head))
    return int(row[0]) if row else 0


def _window(events: list[Event], room: Room, end: int) -> History:
    if not events:
        return History()
    first, last = events[0].seq, events[-1].seq
    return History(events, older=first if first > room.tail else None, newer=last + 1 if last < end else None)


def _loose_name(given: str | None) -> str:
    """The name of a post without a seat. A name that looks like `anonymous` becomes `anonymous`."""
    name = clean_name(given or ANONYMOUS)
    return ANONYMOUS if is_anonymous(name) else name


def check_key(key: str) -> str:
    """The idempotency key without its quotes. Raises KeyInvalid."""
    bare = key[1:-1] if len(key) > 1 and key[0] == key[-1] == '"' else key
    if not 0 < len(bare) <= LONGEST_KEY or not all("!" <= char <= "~" for char in bare):
        raise KeyInvalid
    return bare
