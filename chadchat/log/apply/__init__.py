"""apply: the only code that changes the database. It checks the rules, gives an event its seq, and writes.

Deterministic: no clock, no randomness, no I/O beyond `db`. The same events in the same order give the same tables, on
any machine; tests/test_log.py holds it to that. Each noun's rules are in a module of its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from ...events import Committed, Event
from .knocks import admit, deny, knock
from .links import link, unlink
from .members import join, leave
from .messages import message, remove
from .moderation import ban, kick, mute, owner, unban, unmute
from .place import Place
from .retention import prune
from .rooms import change_room, move, next_place, open_room, opens

Rule = Callable[[sqlite3.Connection, Place, Event], Committed | None]

# What each kind checks and writes. A rule that returns something says: this is stored already, and that was it.
RULES: Final[dict[str, Rule]] = {
    "message": message,
    "join": join,
    "leave": leave,
    "room": change_room,
    "prune": lambda db, place, event: prune(db, place, event, apply),
    "remove": remove,
    "move": move,
    "owner": owner,
    "kick": kick,
    "ban": ban,
    "unban": unban,
    "mute": mute,
    "unmute": unmute,
    "link": link,
    "unlink": unlink,
    "knock": knock,
    "admit": admit,
    "deny": deny,
}


def apply(db: sqlite3.Connection, event: Event) -> Committed:
    """Write one event inside the caller's transaction, or raise the ChatError of the rule it breaks."""
    if opens(event):
        place = open_room(db, event)
    else:
        place = next_place(db, event)
        if stored := RULES[event.kind](db, place, event):
            return stored
        db.execute("UPDATE rooms SET head = ?, last_at = ? WHERE id = ?", (place.seq, place.at, place.room))
    db.execute(
        "INSERT INTO log (room, seq, kind, at, event) VALUES (?, ?, ?, ?, ?)",
        (place.room, place.seq, event.kind, place.at, event.stored()),
    )
    return Committed(event.placed(place.seq, place.epoch, place.at))
