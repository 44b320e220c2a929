"""apply: the only code that changes the database. It checks the rules, gives an event its seq, and writes.

Deterministic: no clock, no randomness, no I/O beyond `db`. The same events in the same order give the same tables, on
any machine; tests/log/test_log.py holds it to that. Each noun's rules are in a module of its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final

from ...errors import KindUnknown
from ...events import Committed, Event
from .edits import edit
from .files import expire
from .knocks import admit, deny, knock
from .links import link, unlink
from .members import join, leave, rename
from .messages import message, remove
from .moderation import ban, kick, mute, owner, unban, unmute
from .place import Place
from .reactions import react
from .retention import prune
from .rooms import change_room, move, next_place, open_room, opens
from .tokens import device, signout, transfer

Decided = Mapping[str, Any]
Rule = Callable[[sqlite3.Connection, Place, Event], Committed | Event | Decided | None]

# The rule of each kind: it checks an event and writes. A rule returns a Committed if there is nothing to store, its
# decisions, which are stored in the event's detail, or the event to store. An event with a seq is replayed, with the
# decisions of that time: rules that are newer than the data on disk bind only new events.
RULES: Final[dict[str, Rule]] = {
    "message": message,
    "join": join,
    "leave": leave,
    "rename": rename,
    "room": change_room,
    "prune": prune,
    "remove": remove,
    "edit": edit,
    "react": react,
    "expire": expire,
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
    "transfer": transfer,
    "device": device,
    "signout": signout,
}


def apply(db: sqlite3.Connection, event: Event) -> Committed:
    """Write one event inside the caller's transaction, or raise the ChatError of the rule it breaks."""
    if opens(event):
        place = open_room(db, event)
        event = _placed(event, place, None)
    else:
        rule = RULES.get(event.kind)
        if rule is None:
            raise KindUnknown(event.kind)
        place = next_place(db, event)
        decided = rule(db, place, event)
        if isinstance(decided, Committed):
            return decided
        event, decided = (decided, None) if isinstance(decided, Event) else (event, decided)
        event = _placed(event, place, decided)
    stored = event.stored()
    added = len(stored.encode())
    db.execute(
        "UPDATE rooms SET head = ?, last_at = ?, size = size + ? WHERE id = ?",
        (place.seq, place.at, added, place.room),
    )
    db.execute(
        "INSERT INTO log (room, seq, kind, at, event) VALUES (?, ?, ?, ?, ?)",
        (place.room, place.seq, event.kind, place.at, stored),
    )
    grows = event.kind == "message" and "answers" not in event.changes
    return Committed(event, size=place.size + added if grows else _size(db, place))


def _size(db: sqlite3.Connection, place: Place) -> int:
    """The size of the room, which a rule may have changed. The rule of a message does so for an answer only, and so
    each other post is spared this query (RETURNING would cost three times as much).
    """
    return int(db.execute("SELECT size FROM rooms WHERE id = ?", (place.room,)).fetchone()[0])


def _placed(event: Event, place: Place, decided: Decided | None) -> Event:
    """The event at its place. Its detail has what a replay needs to decide in the same way: its own time, if that
    differs from the shown one, and `decided`.
    """
    detail = event.detail
    if not event.seq and (decided or place.clock != place.at):
        clock = {} if place.clock == place.at else {"clock": place.clock}
        detail = {**detail, **clock, **(decided or {})}
    return event.placed(place.seq, place.epoch, place.at, detail)
