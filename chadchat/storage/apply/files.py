"""Files: the rules that name the file of a message as one that lives, and as one whose bytes are to go.

The bytes are in the folder `files` (storage/files.py), written before the event. What no row names is swept.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Final

from ...events import Event, timestamp
from .place import Place

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
            event.detail.get("on_disk", file["size"]),
            "picture" if "width" in file else "file",
            place.at,
        ),
    )


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
    old = timestamp(datetime.fromisoformat(place.clock) - _GO)
    db.execute("DELETE FROM gone_files WHERE at < ?", (old,))
    for id in gone:
        db.execute("INSERT OR REPLACE INTO gone_files (id, at) VALUES (?, ?)", (id, place.clock))
    db.execute(f"DELETE FROM files WHERE {where}", (place.room, seq))  # noqa: S608 - our own words
