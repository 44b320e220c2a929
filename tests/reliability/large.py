"""A database with very many messages, made in seconds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from chadchat.db import FILE
from chadchat.events import Event

AT = "2026-11-22T12:00:00.000Z"


def fill(data: Path, code: str, messages: int) -> None:
    """Put so many messages at the end of a room's log, as `apply` would. The server must be stopped."""
    with closing(sqlite3.connect(data / FILE)) as db, db:
        room, head, last = db.execute("SELECT id, head, last_at FROM rooms WHERE code = ?", (code,)).fetchone()
        rows = (
            (room, seq, "message", last, _message(code, f"message number {seq} of many, long enough to be one"))
            for seq in range(head + 1, head + messages + 1)
        )
        db.executemany("INSERT INTO log (room, seq, kind, at, event) VALUES (?, ?, ?, ?, ?)", rows)
        db.execute("UPDATE rooms SET head = head + ? WHERE id = ?", (messages, room))


def _message(code: str, text: str) -> str:
    event = Event(room=code, kind="message", at=AT, name="anonymous", text=text, html=f"<p>{text}</p>\n")
    return event.stored().replace("}", ',"detail":{"skeleton":"anonymous"}}')
