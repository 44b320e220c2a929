"""Private files: the names of chadchat's files, and their modes, as they hold all messages."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..refusal import DataError

PRIVATE: Final = 0o600
_LOCK: Final = "chadchat.lock"  # a folder with this file is a data folder

# In upper and lower case, as some file systems ignore case.
_OURS: Final = re.compile(
    r"(chadchat\.(sqlite3(-\w+|\.(replaced|restoring).*)?|lock|key|sock)|search\.sqlite3(-\w+)?|last-backup\.json)(\.part)?",
    re.IGNORECASE,
)


def is_ours(name: str) -> bool:
    """Whether this is the name of a file that chadchat stores in a data folder."""
    return _OURS.fullmatch(name) is not None


def ours(folder: Path) -> Iterator[Path]:
    """The files that chadchat keeps in a data folder. Raises OSError."""
    return (path for path in folder.iterdir() if is_ours(path.name))


def make_private(path: Path) -> None:
    """Make an empty file with mode 0600, whatever the umask is. Raises OSError."""
    made = os.open(path, os.O_WRONLY | os.O_CREAT, PRIVATE)
    try:
        os.fchmod(made, PRIVATE)
    finally:
        os.close(made)


def keep_private(path: Path) -> None:
    """Remove all rights of group and others from an existing file. Only its owner can do that."""
    with contextlib.suppress(OSError):
        found = path.stat()
        if stat.S_ISREG(found.st_mode) and found.st_mode & 0o077:
            path.chmod(stat.S_IMODE(found.st_mode) & 0o700)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, for this user alone. One that is there keeps its mode. Raises OSError."""
    for one in reversed((folder, *folder.parents)):
        if not one.exists():
            with contextlib.suppress(FileExistsError):  # another process was quicker
                one.mkdir(0o700)


def require_replaceable(folder: Path, target: Path) -> None:
    """Raises DataError for a target that must not be replaced: a file of chadchat in this or another data folder, under
    any of its names, and everything that is not a regular file.
    """
    real = Path(os.path.realpath(target))
    try:
        found = real.stat() if os.path.lexists(real) else None
        kept = [path for path in ours(folder) if found and path.exists() and path.samefile(real)]
    except OSError as error:
        raise DataError(f"{target} cannot be written: {error}. Nothing was changed.") from error
    beside = real.parent
    ours_by_name = is_ours(real.name) and (beside == Path(os.path.realpath(folder)) or (beside / _LOCK).exists())
    if kept or ours_by_name:
        raise DataError(f"{target} is a file that chadchat keeps its data in. Nothing was changed; name another.")
    if found and not stat.S_ISREG(found.st_mode):
        raise DataError(f"{target} is no regular file. Nothing was changed; name another.")
