"""Messages: the rules of posting, of the keys that store a post only once, and of removing."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from math import ceil
from typing import Any, Final

from ...errors import KeyReused, MessageNotFound, Muted, OwnerRequired, RoomReadOnly, SeatRequired, SlowDown
from ...events import Committed, Event
from ...kinds import outdated, removed
from ..events import LOGGED, event_of
from .files import attach, forget_file
from .place import Place
from .questions import answer, forget_answer
from .replies import forget_reply, reply
from .seats import require_free_name, require_link, require_seat, use
from .targets import find
from .targets import rewrite as rewrite

# A key is promised for a day. It is kept for two, as the clock may be a day ahead.
KEY_LIFE: Final = 2  # days
OLD_KEY_LIFE: Final = 1  # for events that were stored without `forgets`


def message(db: sqlite3.Connection, place: Place, event: Event) -> Committed | Event | Mapping[str, Any] | None:
    """Store a message, unless its key already stored one.

    Raises SeatRequired (also for a file without a seat or a link that posts), NameTaken, Banned, Muted, RoomReadOnly,
    SlowDown, RoomNotFound (a locked room), KeyReused, MessageNotFound (what it replies to), or as `answer`.
    """
    standing = require_seat(db, place, event) if event.member is not None else None
    if standing:
        owner, muted, last = standing.owner, standing.muted_until, standing.last_post_at
    else:
        if place.lock or (event.detail.get("link") and "file" in event.changes):
            require_link(db, place, event, "post")
        elif "file" in event.changes and "imported" not in event.detail:
            raise SeatRequired(event.room)
        owner, muted, last = False, require_free_name(db, place, event), None
    stored = stored_by_key(db, place, event)
    if isinstance(stored, Committed):  # a retry of a message that was allowed
        return stored
    if muted and muted > place.clock:
        raise Muted(event.room, muted)
    if place.read_only and not owner:
        raise RoomReadOnly(event.room)
    if place.slow and not owner:
        slow_down(db, place, event, last)
    used = use(db, place, event, standing.used_at) if standing else None
    decided = {**(stored or {}), **used} if used else stored
    if "file" in event.changes:
        attach(db, place, event)
    if "reply_to" not in event.changes:
        return decided
    event = replace(event, changes=reply(db, place, event), detail={**event.detail, **(decided or {})})
    return event if event.seq else replace(event, changes=answer(db, place, event, owner=owner))


def remove(db: sqlite3.Connection, place: Place, event: Event) -> Event | None:
    """Take a message's words out of the log; its line stays. Raises SeatRequired, MessageNotFound, OwnerRequired."""
    standing = None if event.detail.get("carried") else require_seat(db, place, event)
    target = event.changes["target"]
    if target < place.tail:  # pruned since, and this is a replay from the base: no words are left to take away
        return None
    kept = find(db, place, event, target)
    if kept.detail.get("removed_at") == place.seq:  # a replay of this very removal: the words have gone
        return None
    if kept.removed_by is not None:
        raise MessageNotFound(event.room, target)
    if standing and not standing.owner and kept.member != event.member:
        raise OwnerRequired(event.room)
    forget_words(db, place, event, kept)
    forget_reply(db, place, kept)
    forget_file(db, place, target)
    rewrite(db, place, replace(removed(event, kept), detail={**without_digest(kept.detail), "removed_at": place.seq}))
    return replace(event, changes=forget_answer(db, place, event, kept))


def forget_words(db: sqlite3.Connection, place: Place, event: Event, message: Event) -> None:
    """Take the words of a message out of the edit that brought them, and what they can be guessed from. Each edit does
    so with the one before it, so only the newest has words.
    """
    db.execute("UPDATE keys SET digest = '' WHERE room = ? AND seq = ?", (place.room, message.seq))
    if event.kind == "remove" and "expire" in message.detail:
        row = db.execute(LOGGED, (event.room, place.epoch, place.room, message.detail["expire"])).fetchone()
        if row:
            rewrite(db, place, outdated(event_of(row)))
    for seq in message.detail.get("edits", ())[-1:]:
        row = db.execute(LOGGED, (event.room, place.epoch, place.room, seq)).fetchone()
        if row and (edit := event_of(row)).text is not None:
            detail = {name: value for name, value in without_digest(edit.detail).items() if name != "facts"}
            rewrite(db, place, replace(outdated(edit), detail=detail))
            db.execute("UPDATE keys SET digest = '' WHERE room = ? AND seq = ?", (place.room, seq))


def key_owner(event: Event) -> str:
    """The namespace of a message's key: that of the member, or of the name of a post without a seat."""
    return f"m:{event.member}" if event.member else f"n:{event.detail['skeleton']}"


def without_digest(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    """The detail without the digest, from which a short text can be guessed. The key stays, so that a late retry does
    not post the message again.
    """
    return {**detail, "digest": ""} if "digest" in detail else detail


def stored_by_key(db: sqlite3.Connection, place: Place, event: Event) -> Committed | Mapping[str, str] | None:
    """The message or edit that the event's key has stored. If there is none, the key is stored, and the decision on
    which old keys were deleted is returned. Raises KeyReused if it stored other words, and these are still known.
    """
    key = event.detail.get("key")
    if key is None:
        return None
    author = key_owner(event)
    forgets = place.before(KEY_LIFE, event, once=OLD_KEY_LIFE)
    db.execute("DELETE FROM keys WHERE room = ? AND at < ?", (place.room, forgets))
    row = db.execute(
        "SELECT digest, seq FROM keys WHERE room = ? AND author = ? AND key = ?", (place.room, author, key)
    ).fetchone()
    if row is None or row[1] < place.tail:  # what it stored was pruned, whether it is still there or not
        if row:
            db.execute("DELETE FROM keys WHERE room = ? AND author = ? AND key = ?", (place.room, author, key))
        db.execute(
            "INSERT INTO keys (room, author, key, digest, seq, at) VALUES (?, ?, ?, ?, ?, ?)",
            (place.room, author, key, event.detail["digest"], place.seq, place.clock),
        )
        return {"forgets": forgets}
    digest, seq = row
    if digest and digest != event.detail["digest"]:  # without one: its words were edited or removed since
        raise KeyReused
    [row] = db.execute(LOGGED, (event.room, place.epoch, place.room, seq)).fetchall()
    return Committed(event_of(row), fresh=False)


def slow_down(db: sqlite3.Connection, place: Place, event: Event, last: str | None) -> None:
    """One post in so many seconds from each seat, and one from all who have none. Raises SlowDown.

    A last post in the future comes from a clock that was ahead, and is ignored.
    """
    if event.member is None:
        (last,) = db.execute("SELECT loose_post_at FROM rooms WHERE id = ?", (place.room,)).fetchone()
    if last and last <= place.clock:
        since = datetime.fromisoformat(place.clock) - datetime.fromisoformat(last)
        if (wait := place.slow - since.total_seconds()) > 0:
            raise SlowDown(place.slow, ceil(wait))
    if event.member is None:
        db.execute("UPDATE rooms SET loose_post_at = ? WHERE id = ?", (place.clock, place.room))
    else:
        db.execute(
            "UPDATE members SET last_post_at = ? WHERE room = ? AND id = ?", (place.clock, place.room, event.member)
        )
