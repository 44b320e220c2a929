"""Edits: give one's own message other words. The words before are nowhere any more."""

from __future__ import annotations

import hashlib

from ..errors import EditTooLate, MessageNotFound, NotAuthor
from ..events import Committed, Event, now
from ..kinds import rewritten
from ..log import Log
from ..storage.apply.edits import is_too_late
from ..storage.apply.questions import check_edit
from ..storage.db import Database
from .members import Member
from .mentions import written
from .messages import Draft, check_key, check_text, is_blank, one
from .rooms import Room


async def edit(log: Log, db: Database, room: Room, member: Member, seq: int, draft: Draft, hours: int) -> Committed:
    """Store other words for a message of the member, not later than `hours` after it was posted, or as the room is set.
    If it has these words already, nothing is stored, and the message is the result.

    Raises TextRequired, TextInvalid, TextTooLong, KeyInvalid, KeyReused, MessageNotFound (also if it was removed),
    NotAuthor, Answered, EditTooLate, EditsFull, SeatRequired, Muted, RoomReadOnly or SlowDown.
    """
    text = "" if is_blank(draft.text) else check_text(draft.text)  # with a file there may be no words
    detail: dict[str, str | int] = {"hours": hours}
    if draft.key is not None:
        digest = hashlib.sha256(f"{seq} {text}".encode()).hexdigest()
        detail |= {"key": check_key(draft.key), "digest": digest}
    html, changes = await written(db, room.code, text, owner=member.owner)
    event = Event(
        room=room.code,
        kind="edit",
        at=now(),
        name=member.name,
        member=member.id,
        text=text,
        html=html,
        changes={"target": seq, **changes},
        detail=detail,
    )
    return await log.append(event)


async def result(db: Database, room: Room, seq: int, committed: Committed) -> Event:
    """The message `seq` as `edit` left it; as it is now, if the edit was a retry, and others were made since.

    Raises MessageNotFound.
    """
    event = committed.event
    return (event if event.kind == "message" else rewritten(event)) or await one(db, room, seq)


async def editable(db: Database, room: Room, member: Member, seq: int, hours: int) -> Event:
    """The message, if the member may edit it now: not later than `hours` after it was posted, or as the room is set.
    Raises MessageNotFound, NotAuthor, Answered or EditTooLate.
    """
    target = await one(db, room, seq)
    if target.removed_by is not None:
        raise MessageNotFound(room.code, seq)
    if target.member != member.id:
        raise NotAuthor
    check_edit(target)
    hours = hours if room.rules.edits is None else room.rules.edits
    if is_too_late(target, now(), hours):
        raise EditTooLate(hours)
    return target
