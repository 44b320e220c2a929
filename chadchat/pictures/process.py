"""Process: the worker process, as the server sees it. Its answers are checked, as a picture may have taken it over.

Everything here waits, so it runs in a thread; `end` may come from another one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess  # nosec B404
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Final

from . import wire
from .limits import Limits

PART: Final = ".part"
_START: Final = "import sys; sys.path[:0] = sys.argv[2:]; from chadchat.pictures.worker import main; main()"
_WIDEST: Final = 16_383  # pixels, of a WebP
_PRIVATE: Final = 0o600
_BEGINNING: Final = 12  # bytes of a WebP that are the same in each


class Refused(Exception):
    """The worker did not re-encode the picture: `reason` is one of wire.py's."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotStarted(wire.Ended):
    """The worker process ended before it was ready."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file of a picture, which is not named or synced yet: for which size, where, its bytes and their SHA-256."""

    size: int
    path: Path
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was encoded anew: the width and height of its largest file, and its files, the smallest first."""

    width: int
    height: int
    files: tuple[Written, ...]


class Process:
    """One worker process, from its start at the first request to its end. Raises Ended once it has ended."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = Lock()
        self._busy = Lock()
        self._ended = False
        self._process: subprocess.Popen[bytes] | None = None
        self._link: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """The process id, once it runs."""
        return self._process.pid if self._process else None

    def is_gone(self) -> bool:
        """Whether it has ended by itself, as one does that the kernel ended while it was idle."""
        return self._process is not None and self._process.poll() is not None

    def reencode(self, source: Path, kind: str, into: Path, sizes: Sequence[int]) -> Picture:
        """Have the picture at `source` written into `<into>.<size>.webp.part`. Of what fails, nothing is left. Raises
        Refused, Ended or OSError; after the last two the process is to be ended.
        """
        with self._busy:
            return self._reencode(self._link or self._start(), source, kind, into, sizes)

    def end(self) -> None:
        """End the process, whatever it does, and wait until it is gone."""
        with self._lock:
            self._ended = True
            process = self._process
        if process and process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # with what it has forked
            process.wait()
        with self._busy:  # the thread that waits for an answer hears at once that none comes
            if self._link:
                self._link.close()

    def _reencode(self, link: socket.socket, source: Path, kind: str, into: Path, sizes: Sequence[int]) -> Picture:
        with source.open("rb") as picture:
            length = os.fstat(picture.fileno()).st_size
            if length > self._limits.uploaded:
                raise Refused(wire.LARGE)
            wire.send(link, {"format": kind, "bytes": length, "sizes": list(sizes)})
            with contextlib.suppress(ConnectionError):  # what it says, or that it has ended, is seen next
                link.sendfile(picture)
        answer = wire.receive(link)
        if "refused" in answer:
            reason = answer["refused"]
            raise Refused(reason if reason in (wire.LARGE, wire.LONG) else wire.BROKEN)
        width, height, files = _checked(answer, sizes, self._limits.written)
        written: list[Written] = []
        try:
            for size, length in files:
                written.append(_write(link, size, length, Path(f"{into}.{size}.webp{PART}")))
        except BaseException:
            for size, _ in files:
                Path(f"{into}.{size}.webp{PART}").unlink(missing_ok=True)
            raise
        return Picture(width, height, tuple(written))

    def _start(self) -> socket.socket:
        found = find_spec("PIL")
        if found is None or found.origin is None:
            raise NotStarted
        places = dict.fromkeys(str(Path(file).parents[up]) for file, up in ((__file__, 2), (found.origin, 1)))
        command = [sys.executable, "-I", "-S", "-c", _START, json.dumps(asdict(self._limits)), *places]
        with self._lock:
            if self._ended:
                raise wire.Ended
            ours, theirs = socket.socketpair()
            self._link = ours
            try:
                # No word of it comes from outside.
                self._process = subprocess.Popen(  # noqa: S603  # nosec B603
                    command,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    env={},
                    start_new_session=True,
                )
            except OSError as error:
                raise NotStarted from error
            finally:
                theirs.close()
        try:
            wire.receive(ours)
        except (wire.Ended, ConnectionError) as error:
            raise wire.Ended if self._ended else NotStarted from error
        return ours


def _checked(answer: dict[str, Any], sizes: Sequence[int], most: int) -> tuple[int, int, list[tuple[int, int]]]:
    """The width, the height, and the size and length of each file. Raises Ended for what cannot be."""
    try:
        width, height = answer["width"], answer["height"]
        files = [(file["size"], file["bytes"]) for file in answer["files"]]
        numbers = [width, height, *(number for file in files for number in file)]
    except (LookupError, TypeError) as error:
        raise wire.Ended from error
    if not files or not all(type(number) is int and number > 0 for number in numbers):
        raise wire.Ended
    named = [size for size, _ in files]
    if named != sorted(set(named) & set(sizes)) or max(width, height) > min(max(named), _WIDEST):
        raise wire.Ended
    if sum(length for _, length in files) > most:
        raise wire.Ended
    return width, height, files


def _write(link: socket.socket, size: int, length: int, path: Path) -> Written:
    digest = hashlib.sha256()
    beginning = b""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE), "wb") as file:
        for part in wire.parts(link, length):
            beginning = beginning if len(beginning) >= _BEGINNING else beginning + part
            digest.update(part)
            file.write(part)
    if beginning[:4] != b"RIFF" or beginning[8:_BEGINNING] != b"WEBP":
        raise wire.Ended
    return Written(size, path, length, digest.hexdigest())
