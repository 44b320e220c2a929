"""Search: the file with the words of all messages, beside the log, and the only code that writes it.

The file is derived from the log. It is in no backup and may be deleted at any time: storage/follower.py makes it anew.
Words that left the log leave it, too: rows are deleted at once, and the bytes that SQLite's full-text search keeps
of them go when its parts are merged into one (`erase`).
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from .folding import TOKENIZER
from .private import make_private
from .scrubbing import scrub
from .searched import Words

FILE: Final = "search.sqlite3"  # in the data folder
_FORM: Final = f"1, Unicode {unicodedata.unidata_version}"  # a file of another form is made anew
_FORGOTTEN: Final = 500  # rows deleted in one transaction, which takes 20 ms
_MERGED: Final = 1000  # pages merged in one transaction

_SETTINGS: Final = ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 5000", "secure_delete = ON")
_TABLES: Final = (
    f'CREATE VIRTUAL TABLE words USING fts5 (text, who, has, columnsize = 0, tokenize = "{TOKENIZER}")',
    "CREATE TABLE followed"
    " (room INTEGER PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL, tail INTEGER NOT NULL) STRICT",
    "CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
)
_ROOM_BITS: Final = 32
_SEQ: Final = (1 << _ROOM_BITS) - 1


class Followed(NamedTuple):
    """How far the log of a room is in the file: up to the event `seq`, and from `tail` on."""

    epoch: str
    seq: int
    tail: int


class Index:
    """The connection that writes the file. For one thread."""

    def __init__(self, folder: Path) -> None:
        """Open the file, or make it where there is none of this form. Raises sqlite3.Error or OSError."""
        self.path = folder / FILE
        if not self.path.exists():
            drop(folder)  # also what SQLite had beside it, which it would take for a part of the new one
            make_private(self.path)
        self._file = _identity(self.path)
        # Open for as long as the connections are: closing it takes the locks away that they have on the file.
        self._raw = self.path.open("r+b", buffering=0)
        with ExitStack() as opened:
            opened.callback(self._raw.close)
            self._db = _connect(self.path)
            opened.callback(self._db.close)
            self._prepare()
            opened.pop_all()

    def _prepare(self) -> None:
        made = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not made:
            with self._transaction():
                for table in _TABLES:
                    self._db.execute(table)
                self._db.execute("INSERT INTO state (name, value) VALUES ('form', ?)", (_FORM,))
        elif not is_current(self._db):
            raise sqlite3.DatabaseError("it has another form")
        rows = self._db.execute("SELECT room, epoch, seq, tail FROM followed")
        self.followed = {room: Followed(*rest) for room, *rest in rows}
        self.erasing = bool(self._db.execute("SELECT 1 FROM state WHERE name = 'erasing'").fetchone())

    @property
    def here(self) -> bool:
        """Whether the open file is still the one of its name."""
        return _identity(self.path) == self._file

    def write(self, room: int, new: Mapping[int, Words], altered: Mapping[int, Words | None], to: Followed) -> None:
        """Store the words of new messages, and those that altered messages have now (None: none any more), all at
        once with how far the room's log is followed now.
        """
        with self._transaction():
            for seq, words in new.items():
                self._put(_rowid(room, seq), words)
            for seq, words_now in altered.items():
                self._alter(_rowid(room, seq), words_now)
            self._db.execute(
                "INSERT INTO followed (room, epoch, seq, tail) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET epoch = excluded.epoch, seq = excluded.seq, tail = excluded.tail",
                (room, *to),
            )
        self.followed[room] = to

    def forget(self, room: int, before: int = _SEQ) -> bool:
        """Delete some of the words of a room's messages before a seq, or of all, and with the last ones of all the
        room itself; whether there are more.
        """
        first, last = _rowid(room, 0), _rowid(room, before) - (before != _SEQ)
        step = "SELECT rowid FROM words WHERE rowid BETWEEN ? AND ? ORDER BY rowid LIMIT ?"
        found = self._db.execute(step, (first, last, _FORGOTTEN)).fetchall()
        more = len(found) == _FORGOTTEN
        with self._transaction():
            if found:
                self._delete(row for (row,) in found)
            if before == _SEQ and not more:
                self._db.execute("DELETE FROM followed WHERE room = ?", (room,))
                self.followed.pop(room, None)
        return more

    def erase(self, goes_on: Callable[[], bool]) -> bool:
        """Take what was deleted out of every byte of the file; whether that is done. It is not if a reader needs the
        write-ahead log yet, or `goes_on` becomes False: then it is due again.

        The parts of the index are merged into one, which leaves out what was deleted, the log is moved into the file,
        and what SQLite has left between its rows is overwritten.
        """
        merged = -1
        while merged < 0 or merged > 1:
            if not goes_on():
                return False
            before = self._db.total_changes
            self._db.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (-_MERGED,))
            merged = self._db.total_changes - before
        [(busy, _, _)] = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if busy or not self._scrub(goes_on):
            return False
        self._db.execute("DELETE FROM state WHERE name = 'erasing'")
        self.erasing = False
        return True

    def _scrub(self, goes_on: Callable[[], bool]) -> bool:
        """As `scrubbing.scrub`, with a fresh connection afterwards."""
        self._db.close()
        done = scrub(self._raw.fileno(), goes_on)
        self._db = _connect(self.path)
        return done

    def close(self) -> None:
        """Let go of the file."""
        with closing(self._raw):
            self._db.close()

    def _alter(self, row: int, words: Words | None) -> None:
        stored = self._db.execute("SELECT text, who, has FROM words WHERE rowid = ?", (row,)).fetchone()
        if stored == words:
            return
        if stored is not None:
            self._delete((row,))
        if words is not None:
            self._put(row, words)

    def _put(self, row: int, words: Words) -> None:
        self._db.execute("INSERT INTO words (rowid, text, who, has) VALUES (?, ?, ?, ?)", (row, *words))

    def _delete(self, rows: Iterable[int]) -> None:
        self._db.executemany("DELETE FROM words WHERE rowid = ?", ((row,) for row in rows))
        self._db.execute("INSERT OR IGNORE INTO state (name, value) VALUES ('erasing', '')")
        self.erasing = True

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class _Transaction:
    """A block whose writes are stored together, or not at all."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        if kind is None:
            self._db.execute("COMMIT")
        else:
            with suppress(sqlite3.Error):  # the error goes on; some of them end the transaction by themselves
                self._db.execute("ROLLBACK")


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    try:
        for setting in _SETTINGS:
            db.execute(f"PRAGMA {setting}")
    except BaseException:
        db.close()
        raise
    return db


def drop(folder: Path) -> None:
    """Delete the file, and what SQLite keeps beside it. Raises OSError."""
    for end in ("", "-wal", "-shm", "-journal"):
        (folder / f"{FILE}{end}").unlink(missing_ok=True)


def is_current(db: sqlite3.Connection) -> bool:
    """Whether a connection is to a file of the present form. Raises sqlite3.Error where it is no such file at all."""
    return bool(db.execute("SELECT 1 FROM state WHERE name = 'form' AND value = ?", (_FORM,)).fetchone())


def bounds(room: int, first: int, last: int) -> tuple[int, int]:
    """The rows of a room's messages from one seq to another."""
    return _rowid(room, first), _rowid(room, last)


def seq_of(row: int) -> int:
    """The seq of the message in a row."""
    return row & _SEQ


def available() -> bool:
    """Whether this Python's SQLite has full-text search."""
    with suppress(sqlite3.Error):
        db = sqlite3.connect(":memory:")
        try:
            db.execute(_TABLES[0])
        finally:
            db.close()
        return True
    return False


def _rowid(room: int, seq: int) -> int:
    return room << _ROOM_BITS | min(seq, _SEQ)


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another of the same name; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
