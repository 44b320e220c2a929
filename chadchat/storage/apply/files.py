"""Files: the rules that name the file of a message as one that lives, and as one whose bytes are to go.

The bytes are in the folder `files` (storage/files.py), written before the event. What no row names is swept.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ...errors import MessageNotFound
from ...events import Event, timestamp
from ...expired import edit_without_file, expired, facts_of_expired
from ..events import LOGGED, event_of
from .place import Place
from .targets import find, rewrite

_LIVES: Final = "SELECT id FROM files WHERE room = ? AND seq = ? AND kind != 'expired'"
_GO: Final = timedelta(days=1)  # for which a removed file is listed; its bytes are deleted within a second


def attach(db: sqlite3.Connection, place: Place, event: Event) -> None:
    """Name the file of a new message. Its size on the disk is in `detail`, where it differs from the shown one."""
    file = event.changes["file"]
    db.execute(
        "INSERT INTO files (room, seq, id, size, kind, at) VALUES (?, ?, ?, ?, ?, ?)",
        (
            place.room,
            place.seq,
            file["id"],
            0 if "expired" in file else event.detail.get("on_disk", file["size"]),
            "expired" if "expired" in file else "picture" if "width" in file else "file",
            place.at,
        ),
    )


def expire(db: sqlite3.Connection, place: Place, event: Event) -> Event | None:
    """Let the bytes of one file go, and take its lines out of the log; its message stays, and says so. The event that
    is stored has what the message tells of its file by then. Raises MessageNotFound.
    """
    target = event.changes["target"]
    for (id,) in db.execute(_LIVES, (place.room, target)).fetchall():
        _goes(db, place, [id])
        db.execute("UPDATE files SET kind = 'expired', size = 0 WHERE id = ?", (id,))
    if event.seq:  # a replay: the message, if it is still there, has no file any more
        return None
    kept = find(db, place, event, target)
    if target < place.tail or kept.file is None or "expired" in kept.file:
        raise MessageNotFound(event.room, target)
    event = replace(event, changes={**event.changes, "file": facts_of_expired(kept.file)})
    rewrite(db, place, replace(expired(event, kept), detail={**kept.detail, "expire": place.seq}))
    for seq in kept.detail.get("edits", ())[-1:]:  # which has what else was known of the message
        row = db.execute(LOGGED, (event.room, place.epoch, place.room, seq)).fetchone()
        if row:
            rewrite(db, place, edit_without_file(event, event_of(row)))
    return event


def forget_file(db: sqlite3.Connection, place: Place, seq: int) -> None:
    """Let the file of one message go, if it has one."""
    _forget(db, place, "seq = ?", seq)


def forget_files(db: sqlite3.Connection, place: Place, before: int) -> None:
    """Let the files of all messages before seq `before` go."""
    _forget(db, place, "seq < ?", before)


def _forget(db: sqlite3.Connection, place: Place, which: str, seq: int) -> None:
    where = f"room = ? AND {which}"
    gone = [id for (id,) in db.execute(f"SELECT id FROM files WHERE {where}", (place.room, seq))]  # noqa: S608
    if not gone:
        return
    _goes(db, place, gone)
    db.execute(f"DELETE FROM files WHERE {where}", (place.room, seq))  # noqa: S608 - our own words


def _goes(db: sqlite3.Connection, place: Place, ids: list[str]) -> None:
    """List the bytes that are to be deleted."""
    old = timestamp(datetime.fromisoformat(place.clock) - _GO)
    db.execute("DELETE FROM gone_files WHERE at < ?", (old,))
    for id in ids:
        db.execute("INSERT OR REPLACE INTO gone_files (id, at) VALUES (?, ?)", (id, place.clock))
