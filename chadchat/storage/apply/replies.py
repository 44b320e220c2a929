"""Replies: the rule of a message that answers another one. It stores no words of that message, which may be removed."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from ...errors import MessageNotFound
from ...events import Event
from .place import Place
from .targets import find


def reply(db: sqlite3.Connection, place: Place, event: Event) -> Mapping[str, Any]:
    """The changes of a message with the author of its target, as the target names them, whatever their name is now.

    On replay the target may have been removed or pruned since, and the event knows its author already. Raises
    MessageNotFound if the target is no message, or was removed.
    """
    target, changes = event.changes["reply_to"], event.changes
    if not event.seq:
        kept = find(db, place, event, target)
        if target < place.tail or kept.removed_by is not None:
            raise MessageNotFound(event.room, target)
        changes = {**changes, "reply_name": kept.name, "reply_member": kept.member}
    if target >= place.tail:
        db.execute("INSERT INTO replies (room, target, seq) VALUES (?, ?, ?)", (place.room, target, place.seq))
    return changes


def forget_reply(db: sqlite3.Connection, place: Place, message: Event) -> None:
    """A message that is removed is no reply any more."""
    if "reply_to" in message.changes:
        found = (place.room, message.changes["reply_to"], message.seq)
        db.execute("DELETE FROM replies WHERE room = ? AND target = ? AND seq = ?", found)


def forget_targets(db: sqlite3.Connection, room: int, before: int) -> None:
    """Nothing leads to messages before seq `before` any more."""
    db.execute("DELETE FROM replies WHERE room = ? AND target < ?", (room, before))
