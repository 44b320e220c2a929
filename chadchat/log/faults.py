"""Faults: the errors of the disk and of memory, which have nothing to do with the event that met them."""

from __future__ import annotations

import sqlite3
from typing import Final

FATAL: Final = frozenset(
    {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    }
)
# The machine's own trouble: whatever was to be written, it would fail alike.
_MACHINE: Final = FATAL | {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_INTERRUPT,
}


def is_the_machines(error: Exception) -> bool:
    """Whether an error is the disk's or memory's, and would hit any other event alike."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _MACHINE
    return isinstance(error, (MemoryError, OSError))
