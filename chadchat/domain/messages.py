"""Messages: post and remove them, and read the history of a room by seq."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from html import escape
from typing import Final

from ..errors import MessageNotFound
from ..events import ANONYMOUS, Committed, Event, now, to_json
from ..kinds import NOT_A_LINE
from ..log import Log
from ..storage.db import Database
from ..storage.events import EVENTS_OF, event_of
from .asking import Asking, asked_size
from .files import Attachment, file_size
from .keys import LONGEST_KEY as LONGEST_KEY
from .keys import check_key as check_key
from .lookalikes import looks
from .members import Member
from .mentions import written
from .names import clean_name, is_anonymous
from .rooms import Room
from .texts import LONGEST as LONGEST
from .texts import check_text as check_text
from .texts import is_blank as is_blank

PAGE: Final = 50
LARGEST_PAGE: Final = 500
LARGEST_HTML: Final = 80  # lines of an HTML page: rendering takes 0.2 ms each, and a request may take 20 ms
LARGEST_CONTENT: Final = 220 * 1024  # bytes of the lines of a page, so that the whole page stays below 256 KiB
LINE: Final = 270  # bytes of HTML around a line, without its name
TAG: Final = 105  # bytes of the mark of a message without a seat, in addition
REACTION: Final = 250  # bytes of HTML of a reaction, without its members
STEP: Final = 100  # events read from the database at once

_NEWEST: Final = f"""
    SELECT seq FROM log WHERE room = ? AND seq <= ? AND kind NOT IN {NOT_A_LINE} ORDER BY seq DESC LIMIT 1
"""  # noqa: S608 - our own names
_REPLIES: Final = "seq IN (SELECT seq FROM replies WHERE room = log.room AND target = ?)"


@dataclass(frozen=True, slots=True)
class Draft:
    """A post before it is checked: its text, its name (for a post without a seat), its idempotency key, the message
    that it replies to, what makes it a question, whether it must be an answer, and its file.
    """

    text: str
    name: str | None = None
    key: str | None = None
    reply_to: int | None = None
    asking: Asking | None = None
    answering: bool = False
    file: Attachment | None = None


@dataclass(frozen=True, slots=True)
class History:
    """A part of a room's log, oldest first. `older` and `newer` are the seqs to read on from, or None at the ends.
    `end` has the newest lines of the log where they are shown below a gap."""

    events: list[Event] = field(default_factory=list)
    older: int | None = None
    newer: int | None = None
    end: list[Event] = field(default_factory=list)


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
    NameInvalid, SeatRequired (the seat ended meanwhile), Muted, Banned, RoomReadOnly, SlowDown, MessageNotFound (to
    reply to) or RoomNotFound (also if the room is locked and the author has neither a seat nor a link); with
    `answering` also as the rule of answers (storage/apply/questions.py).
    """
    text = "" if draft.file and is_blank(draft.text) else check_text(draft.text)
    member = author if isinstance(author, Member) else None
    name = member.name if member else _loose_name(draft.name)
    detail: dict[str, str | int] = {} if member else {**looks(name)}
    if isinstance(author, Stranger):
        detail |= {part: value for part, value in (("address", author.address), ("link", author.link)) if value}
    if draft.key is not None:
        detail |= {"key": check_key(draft.key), "digest": _digest(draft)}
    html, changes = await written(db, room, text, owner=bool(member and member.owner))
    answered = {} if draft.reply_to is None else {"reply_to": draft.reply_to}
    asked = draft.asking.changes() if draft.asking else {}
    if draft.file:
        asked["file"] = draft.file.changes()
        detail |= draft.file.detail()
    if draft.answering:
        detail["answering"] = True
    id = member.id if member else None
    return await log.append(
        Event(room, "message", now(), name, id, text, html, changes={**answered, **asked, **changes}, detail=detail)
    )


def _digest(draft: Draft) -> str:
    """A digest of all that is the same in a retry. No text has a NUL, so a reply is never taken for a message."""
    answered = "" if draft.reply_to is None else f"{draft.reply_to}\0"
    asked = "" if draft.asking is None else f"{to_json(draft.asking.changes())}\0"
    if draft.file:
        asked += f"{draft.file.digest} {draft.file.name}\0"
    return hashlib.sha256(f"{asked}{answered}{draft.text}".encode()).hexdigest()


async def remove(log: Log, db: Database, room: Room, member: Member, seq: int) -> Committed:
    """Delete a message's text for good, as its author or an owner. Its line stays, with the name of the remover.

    Raises MessageNotFound (also if it was removed already), OwnerRequired or SeatRequired.
    """
    target = await one(db, room, seq)
    changes = {"target": seq, "whom": target.name, "posted": target.at}
    return await log.append(
        Event(room=room.code, kind="remove", at=now(), name=member.name, member=member.id, changes=changes)
    )


async def before(
    db: Database, room: Room, seq: int | None = None, limit: int = PAGE, most: int = LARGEST_CONTENT
) -> History:
    """The newest events, or those just before `seq`: at most `limit`, and at most `most` bytes."""
    events = await _read(db, room, "seq < ?", "DESC", seq or room.head + 1, limit, most)
    return _window(events[::-1], room, await _end(db, room))


async def around(
    db: Database, room: Room, seq: int, limit: int = PAGE, near: int = 0, most: int = LARGEST_CONTENT
) -> History:
    """The event `seq` with those before and after it, at most `limit`, or `near` if these reach the end of the log, and
    at most `most` bytes. Raises MessageNotFound."""
    half = most // 2
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


async def after(db: Database, room: Room, seq: int, limit: int = PAGE) -> list[Event]:
    """At most `limit` lines after the event `seq`, oldest first, and at most LARGEST_CONTENT bytes."""
    return await _read(db, room, "seq >= ?", "", max(seq + 1, room.tail), limit, LARGEST_CONTENT)


async def one(db: Database, room: Room, seq: int) -> Event:
    """The message `seq`. Raises MessageNotFound."""
    row = await db.one(f"{EVENTS_OF} AND seq = ? AND kind = 'message'", _of(room, seq))
    if row is None or seq < room.tail:
        raise MessageNotFound(room.code, seq)
    return event_of(row)


async def messages_before(
    db: Database, room: Room, seq: int | None = None, limit: int = PAGE, *, to: int | None = None
) -> History:
    """As `before`, but messages only, or only the replies to the message `to`; `newer` is always None."""
    where, parts = ("kind = 'message' AND seq < ?", ()) if to is None else (f"{_REPLIES} AND seq < ?", (to,))
    events = await _read(db, room, where, "DESC", seq or room.head + 1, limit, LARGEST_CONTENT, *parts)
    first = events[-1].seq if events else 0
    more = await db.one(f"{EVENTS_OF} AND {where} AND seq >= ? LIMIT 1", _of(room, *parts, first, room.tail))
    return History(events[::-1], older=first if more else None)


async def _read(
    db: Database, room: Room, where: str, order: str, start: int, limit: int, most: int, *parts: int
) -> list[Event]:
    """At most `limit` lines from `start` on, that take at most `most` bytes on a page; always at least one line. The
    parameters of `where` are `parts`, then `start`.

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
        rows = await db.all(query, _of(room, *parts, start, *low, step))
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
    return room.code, room.epoch, room.id, *more


def _size(event: Event, stored: int) -> int:
    """The bytes that an event takes on a page in its longest format: HTML, JSON, or text with indented lines.

    `stored` is the length of its stored row, which stands for the text of an event that is not a message.
    """
    own = LINE + 2 * len(escape(event.name or "").encode()) + (0 if event.member else TAG)
    own += sum(len(id) + 3 for id in event.mentions)
    own += asked_size(event) + file_size(event)
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
