"""Snapshots: all rows of a room as one value, which can be compared, and loaded into another database.

Every table with a column `room` takes part, so a new table needs nothing here; the log itself and the bases do not.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final, Protocol, cast

from ...events import Event
from ..events import EVENTS, event_of

State = dict[str, list[dict[str, Any]]]


class Executes(Protocol):
    """The part of a connection that is used here."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """As of a connection."""


_SCHEMA: Final = """
    SELECT sql FROM sqlite_master
    WHERE sql IS NOT NULL AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow') ORDER BY rowid
"""
_TABLES: Final = """
    SELECT name FROM sqlite_master AS found WHERE type = 'table'
    AND name NOT IN ('log', 'bases') AND name NOT LIKE 'base\\_%' ESCAPE '\\'
    AND EXISTS (SELECT 1 FROM pragma_table_info(found.name) WHERE name = 'room') ORDER BY name
"""
SPAN: Final = f"{EVENTS} WHERE rooms.id = ? AND log.seq >= ? AND log.seq < ? ORDER BY log.seq"


def empty_copy(db: sqlite3.Connection) -> sqlite3.Connection:
    """An empty database with the same schema, in memory and, where that gets tight, in a file of SQLite's own."""
    copy = sqlite3.connect("", isolation_level=None)
    for (sql,) in db.execute(_SCHEMA):
        copy.execute(sql)
    return copy


def tables(db: sqlite3.Connection) -> list[str]:
    """The tables with rows of rooms, except `rooms` itself."""
    return [name for (name,) in db.execute(_TABLES)]


def dump(db: sqlite3.Connection, room: int, names: Iterable[str] | None = None) -> State:
    """Every row of a room, by table, in a fixed order; without the room's id, which differs between databases."""
    state = {"rooms": _rows(db, "SELECT * FROM rooms WHERE id = ?", room, "id")}
    for table in tables(db) if names is None else names:
        state[table] = _rows(db, f"SELECT * FROM {table} WHERE room = ?", room, "room")  # noqa: S608 - our own names
    return state


def load(db: sqlite3.Connection, state: State) -> int:
    """Write a room's rows; the id it has in this database."""
    (row,) = state["rooms"]
    room = insert(db, "rooms", row)
    for table in tables(db):
        for row in state.get(table, []):
            insert(db, table, {"room": room, **row})
    return room


def events_for_replay(
    source: sqlite3.Connection, target: sqlite3.Connection, room: int, first: int, before: int
) -> Iterator[Event]:
    """The events of a room from `first` on, each with the code that the room has in `target` at that point."""
    code = None
    for row in source.execute(SPAN, (room, first, before)):
        event = event_of(row)
        if code is None:
            (code,) = target.execute("SELECT code FROM rooms").fetchone() or (event.room,)
        yield replace(event, room=code)
        if event.kind == "move":
            code = None


def _rows(db: sqlite3.Connection, sql: str, room: int, left_out: str) -> list[dict[str, Any]]:
    cursor = db.execute(sql, (room,))
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    for row in rows:
        del row[left_out]
    return sorted(rows, key=lambda row: json.dumps(list(row.values())))


def insert(db: Executes, table: str, row: dict[str, Any]) -> int:
    """Write one row; its id, if it has one."""
    columns, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
    cursor = db.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", list(row.values()))  # noqa: S608
    return cast(int, cursor.lastrowid)
