"""Copies of files: the folder `FILE.files` beside a backup FILE, and the files that a restore brings back from it.

A file never changes, so its copy is a hard link where the file system makes one. It is in its folder whole or not at
all.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from ..refusal import DataError
from .named import Named, names_of
from .output import sync
from .private import make_private

_OURS: Final = re.compile(r"[0-9a-z]{2}/[0-9a-z]{20,40}(\.[0-9]{1,5}\.webp)?(\.part)?", re.ASCII)


def beside(database: Path) -> Path:
    """The folder with the files of a backup, or of a replaced database."""
    return database.with_name(f"{database.name}.files")


class Copies:
    """A folder that gets files. `missing` are the ids of those that were not there to copy."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.missing: set[str] = set()
        self._added: list[Path] = []

    def take(self, files: Iterable[Named], source: Path) -> bool:
        """Copy files from a folder, as far as they are not here yet. Returns whether one is missing that was not
        missing the last time. Raises OSError.
        """
        before, self.missing = self.missing, set()
        changed = set[Path]()
        for one in files:
            with contextlib.suppress(FileNotFoundError):  # removed a moment ago
                for path in one.paths(source):
                    if not self._has(path, source):
                        changed.add(self._add(path, source))
            if one.fault(self.target, hashes=False):
                self.missing.add(one.id)
        for folder in changed:
            sync(folder)
        return not self.missing <= before

    def keep_only(self, files: Iterable[Named]) -> None:
        """Take away all files of chadchat's but these."""
        kept = {self.target / name for one in files for name in names_of(one.id)}
        for path in sorted(self.target.glob("*/*")):
            if path not in kept and _OURS.fullmatch(str(path.relative_to(self.target))):
                path.unlink(missing_ok=True)
        self._tidy()

    def undo(self) -> None:
        """Take away what was added."""
        for path in self._added:
            path.unlink(missing_ok=True)
        self._tidy()

    def _has(self, path: Path, source: Path) -> bool:
        here = self.target / path.relative_to(source)
        return here.exists() and here.stat().st_size == path.stat().st_size

    def _add(self, path: Path, source: Path) -> Path:
        """Copy one file; its folder."""
        here = self.target / path.relative_to(source)
        for folder in (self.target, here.parent):
            if not folder.is_dir():
                folder.mkdir(0o700)
                sync(folder.absolute().parent)
        part = here.with_name(f"{here.name}.part")
        part.unlink(missing_ok=True)
        self._added.append(here)
        try:
            _link_or_copy(path, part)
            part.replace(here)
        finally:
            part.unlink(missing_ok=True)
        return here.parent

    def _tidy(self) -> None:
        """Remove the folders that are empty."""
        for folder in (*self.target.glob("*"), self.target):
            with contextlib.suppress(OSError):
                folder.rmdir()


@contextlib.contextmanager
def copying(target: Path) -> Iterator[Copies]:
    """Copies to a folder, which are taken away again after an error. Raises DataError if the target is no folder."""
    if os.path.lexists(target) and not target.is_dir():
        raise DataError(f"{target} is no folder, where the files of {target.stem} belong. Nothing was changed.")
    copies = Copies(target)
    try:
        yield copies
    except BaseException:
        copies.undo()
        raise


def bring_back(files: Iterable[Named], backup: Path, copies: Copies) -> int:
    """Copy what is not in a data folder from the folder of a backup. Returns how many files are whole in neither."""
    lost = 0
    for one in files:
        if one.fault(copies.target):
            if one.fault(backup):
                lost += 1
            else:
                copies.take([one], backup)
    return lost


def _link_or_copy(path: Path, part: Path) -> None:
    """A hard link for a file of this user's, else a copy that is this user's alone."""
    if path.stat().st_uid == os.geteuid():
        with contextlib.suppress(OSError):
            os.link(path, part)
            return
    make_private(part)
    shutil.copyfile(path, part)
    sync(part)
