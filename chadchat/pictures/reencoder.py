"""Reencoder: writes uploaded pictures anew, one at a time, in a worker process that a bad picture may end."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ..refusal import ChatError
from . import wire
from .formats import HEAD, format_of
from .limits import Limits
from .process import NotStarted, Picture, Process, Refused

logger = logging.getLogger(__name__)

SIZES: Final = (800, 2560)  # pixels of the longer side: in the room, and opened
IDLE: Final = 60.0  # seconds without a picture after which the worker ends
PATIENCE: Final = 60.0  # seconds for a picture; the limit on its CPU is in limits.py

# A PNG of one black pixel.
_TRIAL: Final = base64.b64decode(
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQAAAAA3bvkkAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
_REASONS: Final = {
    wire.BROKEN: "That picture cannot be read, so nothing was sent. As a file it can be sent as it is.",
    wire.LARGE: "A picture may have {most} megapixels, so nothing was sent. As a file it can be sent as it is.",
}


class PictureInvalid(ChatError, status=422, code="picture_invalid", section="files", field="file"):
    sentence, values = "{reason}", ("reason",)


class AnimationTooLong(Exception):
    """An animation that is kept as a file: it has too many frames or pixels, or takes too much CPU."""


def available() -> bool:
    """Whether pictures can be re-encoded: whether Pillow is installed, as by the extra `chadchat[pictures]`."""
    return find_spec("PIL") is not None


async def works(folder: Path) -> bool:
    """Whether a picture can be re-encoded here: it tries with one, in an empty folder."""
    source = folder / "trial"
    await asyncio.to_thread(source.write_bytes, _TRIAL)
    reencoder = Reencoder()
    try:
        return bool((await reencoder.reencode(source, folder / "made")).files)
    except (PictureInvalid, OSError):
        return False
    finally:
        await reencoder.close()


class Reencoder:
    """Has pictures re-encoded. The worker process starts with the first, and ends after IDLE seconds without one."""

    def __init__(self, limits: Limits | None = None, idle: float = IDLE, patience: float = PATIENCE) -> None:
        self._limits = limits or Limits()
        self._idle = idle
        self.patience = patience
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._closed = False
        self._waiting: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def pid(self) -> int | None:
        """The worker's process id, while there is one."""
        return self._process.pid if self._process else None

    async def reencode(self, source: Path, into: Path, sizes: Sequence[int] = SIZES) -> Picture:
        """Write the picture at `source` anew into `<into>.<size>.webp.part` of each size that it fills; they are
        neither synced nor named yet. If it fails, none is left. `source` stays.

        Raises PictureInvalid, AnimationTooLong, or OSError where the disk fails.
        """
        async with self._turn:
            if self._waiting:
                self._waiting.cancel()
            try:
                async with asyncio.timeout(self.patience):
                    return await self._in_thread(source, into, sizes)
            except Refused as refused:
                if refused.reason == wire.LONG:
                    raise AnimationTooLong from None
                raise self._invalid(refused.reason) from None
            except (wire.Ended, ConnectionError, TimeoutError) as error:
                if isinstance(error, NotStarted):
                    logger.error("the worker process that re-encodes pictures does not start: they are refused")
                else:
                    logger.warning("a picture was refused, as re-encoding it ended the worker process")
                await self._end()
                raise self._invalid(wire.BROKEN) from None
            except BaseException:
                await self._end()
                raise
            finally:
                self._waiting = asyncio.get_running_loop().call_later(self._idle, self._rest)

    def end_now(self) -> None:
        """End the worker without the event loop, as before the program is executed again."""
        self._closed = True
        if self._process:
            self._process.end()

    async def close(self) -> None:
        """End the worker; a picture that is being re-encoded is refused."""
        self._closed = True
        if self._waiting:
            self._waiting.cancel()
        await self._end()
        if self._ending:
            await asyncio.wait(self._ending)

    def _invalid(self, reason: str) -> PictureInvalid:
        return PictureInvalid(_REASONS[reason].format(most=self._limits.pixels // 1_000_000))

    async def _in_thread(self, source: Path, into: Path, sizes: Sequence[int]) -> Picture:
        """Have it done in a thread. Where the caller is cancelled, the worker is ended, and nothing is left."""
        if self._closed:
            raise wire.Ended
        if self._process and self._process.is_gone():
            await self._end()
        process = self._process = self._process or Process(self._limits)
        job = asyncio.create_task(asyncio.to_thread(_reencode, process, source, into, sizes))
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.to_thread(process.end)
            await asyncio.wait({job})
            if not job.cancelled() and not job.exception():
                for file in job.result().files:
                    file.path.unlink(missing_ok=True)
            raise

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process:
            await asyncio.to_thread(process.end)

    def _rest(self) -> None:
        """End the worker while no picture is there."""
        if self._process and not self._turn.locked():
            process, self._process = self._process, None  # at once: a picture that comes now gets another one
            ending = asyncio.create_task(asyncio.to_thread(process.end))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)


def _reencode(process: Process, source: Path, into: Path, sizes: Sequence[int]) -> Picture:
    with source.open("rb") as picture:
        kind = format_of(picture.read(HEAD))
    if kind is None:
        raise Refused(wire.BROKEN)
    return process.reencode(source, kind, into, sizes)
