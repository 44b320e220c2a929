"""Notes: values that this node stores under a name. They are not events, and no replay needs them."""

from __future__ import annotations

import sqlite3

from ...events import Note


def keep_note(db: sqlite3.Connection, note: Note) -> None:
    """Store a note; replaces the one of the same name."""
    db.execute(
        "INSERT INTO node (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        (note.name, note.value),
    )
