"""Notes: what this node keeps beside its log under a name. They are no events and take part in no replay."""

from __future__ import annotations

import sqlite3

from ...events import Note


def keep_note(db: sqlite3.Connection, note: Note) -> None:
    """Put a note in place of the last one of its name."""
    db.execute(
        "INSERT INTO node (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        (note.name, note.value),
    )
