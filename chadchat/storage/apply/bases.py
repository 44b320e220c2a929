"""Bases: the rows of a room's tables as they were at the start of its kept log, in tables of their own.

A log that was pruned is replayed from its base. Each table with a column `room` has a twin, `base_<its name>`, with the
same columns and indexes, which is made and updated at a start, so that a new table needs nothing here. Pruned events
are applied to the twins by the same rules and the same SQL: the cost depends on the pruned events, and not on the size
of the room.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from ...events import Committed, Event
from ..events import event_of
from .snapshots import SPAN, State, dump, insert, load, tables

PREFIX: Final = "base_"
MOST_GONE: Final = 100  # members deleted in one step, for which posts wait

_WORD: Final = re.compile(r"\w+", re.ASCII)
_MADE: Final = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name = ? ORDER BY type DESC"
_BEFORE: Final = "SELECT room, state FROM bases"
# Members whose seat has ended are deleted with their last event. So no rule may require such a member, or a message
# before the tail, to exist: a replay would fail. Muted members stay until the mute ends, as it binds their address,
# too.
_GONE: Final = "SELECT id FROM members INDEXED BY members_gone WHERE room = ? AND token IS NULL AND muted_until"
_NEVER_MUTED: Final = f"{_GONE} IS NULL LIMIT ?"
_MUTED_ONCE: Final = f"{_GONE} < ? ORDER BY muted_until, id LIMIT ?"
_OF_CLOSED: Final = """
    SELECT members.id FROM members JOIN rooms ON rooms.id = room
    WHERE room = ? AND closed IS NOT NULL ORDER BY members.id LIMIT ?
"""

Apply = Callable[[sqlite3.Connection, Event], Committed]


class Bases:
    """The twins under the names of their tables: `apply` uses it like a connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._names = {name for table in _twinned(db) for _, name, _ in db.execute(_MADE, (table,))}
        self._known: dict[str, str] = {}

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
        """As of a connection."""
        if sql not in self._known:
            self._known[sql] = self.renamed(sql)
        return self._db.execute(self._known[sql], parameters)

    def renamed(self, sql: str) -> str:
        """The same SQL with the names of the twins."""
        return _WORD.sub(lambda word: PREFIX * (word[0] in self._names) + word[0], sql)

    def as_connection(self) -> sqlite3.Connection:
        """This as a connection, for rules and queries: they use `execute` only."""
        return cast(sqlite3.Connection, self)


def base_of(db: sqlite3.Connection, room: int) -> State | None:
    """The base of a room; None where nothing was pruned."""
    state = dump(Bases(db).as_connection(), room, tables(db))
    return state if state["rooms"] else None


def advance(db: sqlite3.Connection, room: int, before: int, apply: Apply) -> None:
    """Apply the events before seq `before` to the base of a room. Idempotency keys of these events are deleted."""
    base = Bases(db)
    for row in db.execute(SPAN, (room, begin(db, room), before)).fetchall():
        apply(base.as_connection(), replace(event_of(row), room=_code(room)))
        if row[2] == 1:  # the event that opened the room drew an id
            number = "(SELECT id FROM rooms WHERE code = ?)"
            base.execute(f"UPDATE log SET room = ? WHERE room = {number}", (room, _code(room)))  # noqa: S608
            base.execute("UPDATE rooms SET id = ? WHERE code = ?", (room, _code(room)))
        if row[3] == "move":
            base.execute("UPDATE rooms SET code = ? WHERE id = ?", (_code(room), room))
    for seq, author, key in base.execute("SELECT seq, author, key FROM keys WHERE room = ?", (room,)).fetchall():
        db.execute("DELETE FROM keys WHERE room = ? AND author = ? AND key = ? AND seq = ?", (room, author, key, seq))
    for table in ("log", "keys", "replies", "files"):
        base.execute(f"DELETE FROM {table} WHERE room = ?", (room,))  # noqa: S608 - our own names
    base.execute("UPDATE rooms SET tail = ?, size = 0 WHERE id = ?", (before, room))


def begin(db: sqlite3.Connection, room: int) -> int:
    """The seq of the first event that is not in the base of a room."""
    row = db.execute("SELECT tail FROM base_rooms WHERE id = ?", (room,)).fetchone()
    return row[0] if row else 1


def forget_members(db: sqlite3.Connection, room: int, clock: str) -> bool:
    """Delete up to MOST_GONE members who have no event in the kept log, from the room and its base; whether there may
    be more. In a closed room that is every member.
    """
    base = Bases(db)
    found = base.execute(_NEVER_MUTED, (room, MOST_GONE)).fetchall()
    found += base.execute(_MUTED_ONCE, (room, clock, MOST_GONE)).fetchall()
    found = (found or base.execute(_OF_CLOSED, (room, MOST_GONE)).fetchall())[:MOST_GONE]
    for (member,) in found:
        for one in (db, base):
            one.execute("DELETE FROM members WHERE room = ? AND id = ?", (room, member))
            one.execute("DELETE FROM tokens WHERE room = ? AND member = ?", (room, member))
    return len(found) == MOST_GONE


def load_base(source: sqlite3.Connection, target: sqlite3.Connection, room: int) -> int:
    """Write the base of a room of `source` into `target`; returns the seq of the first event to replay."""
    state = base_of(source, room)
    if state is None:
        return 1
    # Its events are read under the code it has now.
    (state["rooms"][0]["code"],) = source.execute("SELECT code FROM rooms WHERE id = ?", (room,)).fetchone()
    load(target, state)
    tail: int = state["rooms"][0]["tail"]
    return tail


def forget(db: sqlite3.Connection, room: int) -> None:
    """Delete every row of a room: its log, its base and itself included."""
    base = Bases(db)
    for one in (base, db):
        for table in ("log", *tables(db)):
            one.execute(f"DELETE FROM {table} WHERE room = ?", (room,))  # noqa: S608 - our own names
        one.execute("DELETE FROM rooms WHERE id = ?", (room,))


def make_bases(db: sqlite3.Connection) -> None:
    """Make the twins that are missing or differ from the schema of their tables."""
    if not _twinned(db):
        return
    base = Bases(db)
    db.execute("BEGIN IMMEDIATE")
    for table in _twinned(db):
        _make(db, base, table)
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'bases'").fetchone():
        _take_over(db, base)
    db.execute("COMMIT")


def _make(db: sqlite3.Connection, base: Bases, table: str) -> None:
    wanted = [base.renamed(sql).replace(" REFERENCES base_rooms (id)", "") for _, _, sql in db.execute(_MADE, (table,))]
    twin = f"{PREFIX}{table}"
    if wanted == [sql for _, _, sql in db.execute(_MADE, (twin,))]:
        return
    there = db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (twin,)).fetchone()
    kept = _rows(db.execute(f"SELECT * FROM {twin}")) if there else []  # noqa: S608 - our own names
    db.execute(f"DROP TABLE IF EXISTS {twin}")
    for sql in wanted:
        db.execute(sql)
    for row in kept:
        insert(db, twin, row)


def _take_over(db: sqlite3.Connection, base: Bases) -> None:
    """Move bases from the table of older versions, one JSON text each (`bases.state`)."""
    for room, text in db.execute(_BEFORE).fetchall():
        state: State = json.loads(text)
        (row,) = state.pop("rooms")
        insert(base, "rooms", {**row, "id": room, "code": _code(room)})
        for table, rows in state.items():
            for row in rows:
                insert(base, table, {"room": room, **row})
    db.execute("DROP TABLE bases")


def _rows(cursor: sqlite3.Cursor) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _twinned(db: sqlite3.Connection) -> list[str]:
    known = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE name IN ('rooms', 'log')")}
    return [*sorted(known), *tables(db)]


def _code(room: int) -> str:
    """The code of a room in the twins: its id, as two rooms may have had the same code."""
    return str(room)
