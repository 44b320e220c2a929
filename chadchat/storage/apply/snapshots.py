"""Bases: what a room's tables hold, as one value that can be kept, compared and loaded again.

A log that was pruned is replayed from its base. Every table with a column `room` takes part, so a new table needs
nothing here; the log itself and the bases do not.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, cast

from ...events import Event
from ..events import EVENTS, event_of

State = dict[str, list[dict[str, Any]]]

_APART: Final = ("log", "bases")
_SCHEMA: Final = """
    SELECT sql FROM sqlite_master
    WHERE sql IS NOT NULL AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow') ORDER BY rowid
"""
_TABLES: Final = """
    SELECT name FROM sqlite_master AS found WHERE type = 'table'
    AND EXISTS (SELECT 1 FROM pragma_table_info(found.name) WHERE name = 'room') ORDER BY name
"""
_SPAN: Final = f"{EVENTS} WHERE rooms.id = ? AND log.seq >= ? AND log.seq < ? ORDER BY log.seq"


def empty_copy(db: sqlite3.Connection) -> sqlite3.Connection:
    """An empty database with the same schema, in memory and, where that gets tight, in a file of SQLite's own."""
    copy = sqlite3.connect("", isolation_level=None)
    for (sql,) in db.execute(_SCHEMA):
        copy.execute(sql)
    return copy


def dump(db: sqlite3.Connection, room: int) -> State:
    """Every row of the room with this id, by table, in a fixed order. The id itself is left out: it says nothing."""
    state = {"rooms": _rows(db, "SELECT * FROM rooms WHERE id = ?", room, "id")}
    for table in _tables(db):
        state[table] = _rows(db, f"SELECT * FROM {table} WHERE room = ?", room, "room")  # noqa: S608 - our own names
    return state


def load(db: sqlite3.Connection, state: State) -> int:
    """Write a room's rows; the id it has in this database."""
    (row,) = state["rooms"]
    room = _insert(db, "rooms", row)
    for table in _tables(db):
        for row in state.get(table, []):
            _insert(db, table, {"room": room, **row})
    return room


def load_snapshot(source: sqlite3.Connection, target: sqlite3.Connection, room: int) -> int:
    """Put into `target` what a room of `source` was at the start of its kept log; the seq to go on from."""
    state = base_of(source, room)
    if state is None:
        return 1
    # Its events are read under the code it has now.
    (state["rooms"][0]["code"],) = source.execute("SELECT code FROM rooms WHERE id = ?", (room,)).fetchone()
    load(target, state)
    tail: int = state["rooms"][0]["tail"]
    return tail


def events_for_replay(
    source: sqlite3.Connection, target: sqlite3.Connection, room: int, first: int, before: int
) -> Iterator[Event]:
    """The events of a room from `first` on, for its twin: under the code that the twin has by then."""
    code = None
    for row in source.execute(_SPAN, (room, first, before)):
        event = event_of(row)
        if code is None:
            (code,) = target.execute("SELECT code FROM rooms").fetchone() or (event.room,)
        yield replace(event, room=code)
        if event.kind == "move":
            code = None


def forget(db: sqlite3.Connection, room: int) -> None:
    """Delete every row of a room, its log and itself included."""
    for table in (*_APART, *_tables(db)):
        db.execute(f"DELETE FROM {table} WHERE room = ?", (room,))  # noqa: S608 - our own names
    db.execute("DELETE FROM rooms WHERE id = ?", (room,))


def base_of(db: sqlite3.Connection, room: int) -> State | None:
    """The base of a room; None where nothing was pruned."""
    row = db.execute("SELECT state FROM bases WHERE room = ?", (room,)).fetchone()
    return cast(State, json.loads(row[0])) if row else None


def keep_base(db: sqlite3.Connection, room: int, seq: int, state: State) -> None:
    """Replace the base of a room by its state after event `seq`."""
    db.execute("DELETE FROM bases WHERE room = ?", (room,))
    kept = json.dumps(state, ensure_ascii=False, separators=(",", ":"))
    db.execute("INSERT INTO bases (room, seq, state) VALUES (?, ?, ?)", (room, seq, kept))


def _tables(db: sqlite3.Connection) -> list[str]:
    return [name for (name,) in db.execute(_TABLES) if name not in _APART]


def _rows(db: sqlite3.Connection, sql: str, room: int, left_out: str) -> list[dict[str, Any]]:
    cursor = db.execute(sql, (room,))
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    for row in rows:
        del row[left_out]
    return sorted(rows, key=lambda row: json.dumps(list(row.values())))


def _insert(db: sqlite3.Connection, table: str, row: dict[str, Any]) -> int:
    columns, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
    cursor = db.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", list(row.values()))  # noqa: S608
    return cast(int, cursor.lastrowid)
