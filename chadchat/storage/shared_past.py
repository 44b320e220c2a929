"""Shared past: up to which event a room of two databases is the same log.

A backup and the database that it was made of have the same events up to the backup's head, or up to the restore that
gave one of them another epoch.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

_EPOCHS: Final = """
    SELECT seq, json_extract(event, '$.detail.epoch') AS epoch FROM log
    WHERE room = ? AND kind = 'room' AND epoch IS NOT NULL ORDER BY seq
"""


def shared_past(
    one: sqlite3.Connection, room: Mapping[str, Any], other: sqlite3.Connection, twin: Mapping[str, Any]
) -> int:
    """The last seq up to which both rows of a room have the same log; 0 for two rooms."""
    ends, others = _epochs(one, room), _epochs(other, twin)
    return max((min(ends[epoch], others[epoch]) for epoch in ends.keys() & others.keys()), default=0)


def _epochs(db: sqlite3.Connection, room: Mapping[str, Any]) -> dict[str, int]:
    """The epochs of a room that its log or base still knows, each with its last seq."""
    found: list[tuple[int, str]] = []
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'base_rooms'").fetchone():
        found += db.execute("SELECT tail, epoch FROM base_rooms WHERE id = ?", (room["id"],)).fetchall()
    found += db.execute(_EPOCHS, (room["id"],)).fetchall()
    ends = [seq - 1 for seq, _ in found[1:]] + [room["head"]]
    return {epoch: end for (_, epoch), end in zip(found, ends, strict=False)}
