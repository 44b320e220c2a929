"""Output: the file that a command writes. It takes its name when it is complete; until then the old file stays."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..refusal import DataError
from .private import require_replaceable

STDOUT: Final = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def is_stdout(target: Path) -> bool:
    """Whether the target means the standard output."""
    return str(target) in STDOUT


@contextlib.contextmanager
def replacing(folder: Path, target: Path) -> Iterator[Path]:
    """The path of an empty file, for its owner only, which becomes `target` when the block ends without an error.

    After an error, also a signal or a full disk, `target` is as it was, and nothing is left beside it. `folder` is the
    data folder. Raises DataError for a target that must not be replaced (`require_replaceable`), and OSError.
    """
    require_replaceable(folder, target)
    real = Path(os.path.realpath(target))  # a symlink stays one
    handle, name = tempfile.mkstemp(prefix=".chadchat-", suffix=".part", dir=real.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        with uninterrupted():
            publish_file(part, real)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignore SIGINT and SIGTERM inside, so that the block is carried out as a whole."""
    if threading.current_thread() is not threading.main_thread():  # only there can a handler be set
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def publish_file(part: Path, target: Path) -> None:
    """Rename a finished file to `target`, so that after a power cut it is there whole or not at all. Raises OSError."""
    sync(part)
    part.replace(target)
    sync(target.absolute().parent)


def write_out(file: Path) -> None:
    """Copy a file to the standard output. Raises DataError for a terminal, and OSError."""
    if os.isatty(1):
        raise DataError("That is no text for a terminal. Name a file, or send it on: chadchat backup - > FILE")
    with file.open("rb") as source:
        while chunk := source.read(1 << 20):
            written = 0
            while written < len(chunk):
                written += os.write(1, chunk[written:])


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
