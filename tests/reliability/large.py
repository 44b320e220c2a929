"""Makes a database with very many messages in seconds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from chadchat.events import Event
from chadchat.storage.db import FILE

_FILL = """
    WITH RECURSIVE numbers (seq) AS (SELECT :first UNION ALL SELECT seq + 1 FROM numbers WHERE seq < :last)
    INSERT INTO log (room, seq, kind, at, event)
    SELECT :room, seq, 'message', :at, replace(:event, '#', seq) FROM numbers
"""
AT = "2026-11-22T12:00:00.000Z"


def fill(data: Path, code: str, messages: int) -> None:
    """Put so many messages at the end of a room's log, as `apply` would. The server must be stopped."""
    with closing(sqlite3.connect(data / FILE)) as db, db:
        room, head, last = db.execute("SELECT id, head, last_at FROM rooms WHERE code = ?", (code,)).fetchone()
        message = _message(code, "message number # of many, long enough to be one")
        db.execute(_FILL, {"room": room, "first": head + 1, "last": head + messages, "at": last, "event": message})
        db.execute("UPDATE rooms SET head = head + ? WHERE id = ?", (messages, room))


def _message(code: str, text: str) -> str:
    detail = {"skeleton": "anonymous"}
    return Event(
        room=code, kind="message", at=AT, name="anonymous", text=text, html=f"<p>{text}</p>\n", detail=detail
    ).stored()
