"""Named files: those that the messages of a database have, and whether their bytes are as they came."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = "files"  # in the data folder
ENDS: Final = ("", ".800.webp", ".2560.webp")  # a file as it came, or a picture in two sizes
_NAMED: Final = """
    SELECT rooms.code, files.seq, files.id, files.size, files.kind,
        (SELECT event FROM log WHERE log.room = files.room AND log.seq = files.seq)
    FROM files JOIN rooms ON rooms.id = files.room WHERE files.size > 0 ORDER BY files.room, files.seq
"""

GONE: Final = "SELECT id FROM gone_files WHERE id NOT IN (SELECT id FROM files WHERE kind != 'expired')"
_TABLE: Final = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'files'"


@dataclass(frozen=True, slots=True)
class Named:
    """The file of the message `seq` in a room. `size` is the bytes that it takes, those of a picture in all sizes."""

    room: str
    seq: int
    id: str
    size: int
    kind: str
    sha256: str | None

    def paths(self, folder: Path) -> list[Path]:
        """Its files in a folder, as far as they are there."""
        return [path for name in names_of(self.id) if (path := folder / name).exists()]

    def fault(self, folder: Path, *, hashes: bool = True) -> str | None:
        """The end of a sentence about what is wrong with its bytes in a folder; None: nothing is."""
        try:
            found = self.paths(folder)
            size = sum(path.stat().st_size for path in found)
            if not found:
                return "is missing"
            if size != self.size:
                return f"has {size} bytes instead of {self.size}"
            if hashes and self.sha256 and not any(_hash(path) == self.sha256 for path in found):
                return "has other bytes than it came with"
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        return None


def named(db: sqlite3.Connection) -> Iterator[Named]:
    """The files that live, by the rows of a database; none in one that is older than files."""
    if not db.execute(_TABLE).fetchone():
        return
    for room, seq, id, size, kind, event in db.execute(_NAMED):
        said = json.loads(event or "{}").get("changes", {}).get("file", {})
        yield Named(room, seq, id, size, kind, said.get("sha256"))


def taken(db: sqlite3.Connection) -> dict[int, tuple[int, int]]:
    """By the id of a room the number of its files and the bytes that they take; nothing of rooms without."""
    if not db.execute(_TABLE).fetchone():
        return {}
    found = db.execute("SELECT room, count(*), sum(size) FROM files WHERE kind != 'expired' GROUP BY room")
    return {room: (count, size) for room, count, size in found}


def names_of(id: str) -> list[str]:
    """The names that a file may have in its folder."""
    return [f"{id[:2]}/{id}{end}" for end in ENDS]


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
