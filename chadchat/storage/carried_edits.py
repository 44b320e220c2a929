"""Carried edits: words that were edited away since a backup do not come back with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..events import Event, now
from .events import EVENTS_OF, event_of

_EDITED: Final = f"""{EVENTS_OF} AND seq <= ? AND kind = 'message' AND instr(event, '"edited_at"')
    AND json_extract(event, '$.changes.edited_at') IS NOT NULL ORDER BY seq
"""
_ONE: Final = f"{EVENTS_OF} AND seq = ? AND seq >= ? AND kind = ?"


def edits_since(
    old: sqlite3.Connection, twin: Mapping[str, Any], new: sqlite3.Connection, room: Mapping[str, Any], shared: int
) -> Iterator[Event]:
    """Yield an edit for each message of `room` in the backup `new` that was edited later in the replaced database
    `old`, where the room is `twin`. Both have the same log up to `shared`.

    An edit has the newest words, and the time that it was made at as its `edited_at`.
    """
    there = (twin["code"], twin["epoch"], twin["id"])
    for row in old.execute(_EDITED, (*there, shared)).fetchall():
        kept = event_of(row)
        here = (room["code"], room["epoch"], room["id"], kept.seq, room["tail"], "message")
        found = new.execute(_ONE, here).fetchone()
        if found is None or kept.edited_at is None:
            continue
        message = event_of(found)
        if message.removed_by is not None or kept.edited_at <= (message.edited_at or ""):
            continue
        act = old.execute(_ONE, (*there, kept.detail.get("edit"), 1, "edit")).fetchone()
        yield Event(
            room=room["code"],
            kind="edit",
            at=now(),
            name=event_of(act).name if act else message.name,
            member=message.member,
            text=kept.text,
            html=kept.html,
            changes={"target": kept.seq, "edited_at": kept.edited_at, **_mentions(kept)},
            detail={"carried": True},
        )


def _mentions(message: Event) -> Mapping[str, list[str]]:
    return {"mentions": message.mentions} if message.mentions else {}
