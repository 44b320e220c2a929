"""Check: whether the file is whole, and whether the tables match the log."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from ..refusal import ChatError
from .apply import apply
from .apply.bases import load_base
from .apply.snapshots import State, dump, empty_copy, events_for_replay
from .backup import Progress, silent
from .db import FILE, connect_reader
from .events import COLUMNS
from .named import FOLDER, Named, named

_LOG: Final = f"SELECT {COLUMNS} FROM log WHERE room = ? ORDER BY seq"  # noqa: S608 - our own names
_EVERY: Final = 1000  # events between two reports of the progress
_SHOWN: Final = 3  # differences reported for each table


@dataclass(frozen=True, slots=True)
class Found:
    """The number of rooms, events and files, and a sentence for each fault."""

    rooms: int
    events: int
    faults: list[str]
    files: int = 0


def check(folder: Path, progress: Progress = silent) -> Found:
    """Look at one moment of the database in `folder`, whether a server runs or not, and change nothing.

    SQLite's quick_check, then each room's log is replayed into an empty database, and every row compared; then the
    bytes of every file. Raises DataError where there is no database.
    """
    try:
        with closing(connect_reader(folder / FILE)) as db:
            db.execute("BEGIN")
            faults = [f"SQLite: {fault}" for (fault,) in db.execute("PRAGMA quick_check(10)") if fault != "ok"]
            if faults:  # a damaged file cannot be compared
                return Found(0, 0, faults)
            rooms = db.execute("SELECT id, code, head FROM rooms ORDER BY id").fetchall()
            (events,) = db.execute("SELECT count(*) FROM log").fetchone()
            done = _Count(progress, events)
            for room, code, head in rooms:
                faults += [f"Room {code}: {fault}" for fault in _room(db, room, head, done)]
            files = list(named(db))
            db.execute("ROLLBACK")
        faults += _files(folder, files)
    except sqlite3.DatabaseError as error:
        return Found(0, 0, [f"SQLite: {error}"])
    return Found(len(rooms), events, faults, len(files))


def _files(folder: Path, files: list[Named]) -> Iterator[str]:
    """A sentence for each file that is not as its message says, and that was not removed while this looked."""
    suspects = [(one, fault) for one in files if (fault := one.fault(folder / FOLDER))]
    if not suspects:
        return
    with closing(connect_reader(folder / FILE)) as db:
        there = {(one.room, one.id) for one in named(db)}
    for one, fault in suspects:
        if (one.room, one.id) in there:
            yield f"Room {one.room}: the file of message {one.seq} ({FOLDER}/{one.id[:2]}/{one.id}) {fault}."


class _Count:
    """Counts replayed events, and reports the progress."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def one(self) -> None:
        self._done += 1
        if self._done % _EVERY == 0 or self._done == self._total:
            self._progress(self._done, self._total)


def _room(db: sqlite3.Connection, room: int, head: int, done: _Count) -> Iterator[str]:
    with closing(empty_copy(db)) as again:
        try:
            start = load_base(db, again, room)
            for event in events_for_replay(db, again, room, start, head + 1):
                done.one()
                placed = apply(again, event).event
                if placed.seq != event.seq:
                    yield f"event {placed.seq} is missing from the log."
                    return
        except (ChatError, sqlite3.Error, LookupError, ValueError, TypeError) as error:
            yield f"its log cannot be replayed: {error}"
            return
        replayed = again.execute("SELECT id FROM rooms").fetchone()
        if replayed is None:
            yield "its log is empty."
            return
        yield from _logs(db, again, room, replayed[0])
        yield from _tables(dump(db, room), dump(again, replayed[0]))


def _logs(db: sqlite3.Connection, again: sqlite3.Connection, room: int, replayed: int) -> Iterator[str]:
    for stored, made in zip_longest(db.execute(_LOG, (room,)), again.execute(_LOG, (replayed,))):
        if stored != made:
            yield f"event {(stored or made)[0]} of the log is not what its replay gives."
            return


def _tables(stored: State, replayed: State) -> Iterator[str]:
    for table in sorted(stored.keys() | replayed.keys()):
        there, wanted = _lines(stored.get(table, [])), _lines(replayed.get(table, []))
        yield from (f"{table} has a row the log knows nothing of: {row}" for row in sorted(there - wanted)[:_SHOWN])
        yield from (f"{table} lacks a row that the log makes: {row}" for row in sorted(wanted - there)[:_SHOWN])


def _lines(rows: list[dict[str, Any]]) -> set[str]:
    return {json.dumps(row, ensure_ascii=False) for row in rows}
