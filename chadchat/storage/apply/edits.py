"""Edits: the rule that replaces the words of a message. Only the newest words are in the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from ...errors import EditsFull, EditTooLate, MessageNotFound, Muted, NotAuthor, RoomReadOnly, TextRequired
from ...events import Committed, Event
from ...kinds import edited
from .messages import forget_words, rewrite, slow_down, stored_by_key, without_digest
from .place import Place
from .questions import check_edit
from .seats import Standing, require_seat, use
from .targets import find

MOST: Final = 50  # edits of one message


def edit(db: sqlite3.Connection, place: Place, event: Event) -> Committed | Mapping[str, Any] | None:
    """Give a message other words, and take the words before out of the log. If it has these words already, nothing is
    stored, and the message is the result.

    Raises SeatRequired, MessageNotFound (also if it was removed), NotAuthor, TextRequired (without a file), Muted,
    RoomReadOnly, Answered, EditTooLate, EditsFull, SlowDown or KeyReused.
    """
    standing = None if event.detail.get("carried") else require_seat(db, place, event)
    target = event.changes["target"]
    if event.seq:  # a replay: the message, if it is still there, has these words or newer ones
        stored_by_key(db, place, event)
        if standing and place.slow and not standing.owner:
            slow_down(db, place, event, standing.last_post_at)
        if standing:
            use(db, place, event)
        return None
    kept = find(db, place, event, target)
    if kept.removed_by is not None or target < place.tail:
        raise MessageNotFound(event.room, target)
    if kept.member != event.member:
        raise NotAuthor
    if not event.text and kept.file is None:
        raise TextRequired
    if standing and kept.text == event.text:
        return Committed(kept, fresh=False)
    stored = stored_by_key(db, place, event)
    if isinstance(stored, Committed):
        return stored
    if standing:
        _check_standing(db, place, event, standing, kept)
    forget_words(db, place, event, kept)
    edits = [*kept.detail.get("edits", ()), place.seq]
    detail = {**without_digest(kept.detail), "edit": place.seq, "edits": edits}
    rewrite(db, place, replace(edited(replace(event, at=place.at), kept), detail=detail))
    facts = {name: fact for name, fact in kept.changes.items() if name != "edited_at"}
    used = use(db, place, event, standing.used_at) if standing else {}
    told = {"whom": kept.name, "posted": kept.at, **({"facts": facts} if facts else {})}  # see `rewritten` in kinds.py
    return {**(stored or {}), **used, **told}


def _check_standing(db: sqlite3.Connection, place: Place, event: Event, standing: Standing, kept: Event) -> None:
    """Raises Muted, RoomReadOnly, Answered, EditTooLate, EditsFull or SlowDown."""
    if standing.muted_until and standing.muted_until > place.clock:
        raise Muted(event.room, standing.muted_until)
    if place.read_only and not standing.owner:
        raise RoomReadOnly(event.room)
    check_edit(kept)
    _check_limits(place, event, kept)
    if place.slow and not standing.owner:
        slow_down(db, place, event, standing.last_post_at)


def _check_limits(place: Place, event: Event, kept: Event) -> None:
    """Raises EditTooLate or EditsFull."""
    hours = event.detail["hours"] if place.edits is None else place.edits  # the server's, or the room's
    if is_too_late(kept, place.at, hours):
        raise EditTooLate(hours)
    if len(kept.detail.get("edits", ())) >= MOST:
        raise EditsFull(MOST)


def is_too_late(message: Event, at: str, hours: int) -> bool:
    """Whether a message was posted more than so many hours before a time."""
    return datetime.fromisoformat(at) - datetime.fromisoformat(message.at) > timedelta(hours=hours)
