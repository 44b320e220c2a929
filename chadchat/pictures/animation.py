"""Animation: a GIF, WebP, PNG or AVIF that moves, as a WebP that moves, in the smallest size only.

One that is too long is not cut: it is kept as a file.
"""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from typing import Final

from PIL import Image

from .limits import Limits
from .still import Finish, Made, finishing, scaled

_SHORTEST: Final = 20  # ms of a frame; browsers slow down what is shorter
# The flag of a WebP that has transparent places. The encoder leaves it out where it could cut them off from each frame.
_ALPHA: Final = 0x10
_MOVING: Final = ("GIF", "WEBP", "PNG", "AVIF")  # not MPO, which is a JPEG with a second one behind it


class TooLong(Exception):
    """The animation has too many frames, or takes too long."""


def moves(picture: Image.Image) -> bool:
    """Whether the picture has several frames."""
    return picture.format in _MOVING and bool(getattr(picture, "is_animated", False))


def reencode(picture: Image.Image, sizes: Sequence[int], limits: Limits) -> list[Made]:
    """The animation as one WebP. Raises TooLong, or whatever Pillow raises."""
    count = int(getattr(picture, "n_frames", 1))
    if count > limits.frames or count * picture.width * picture.height > limits.frame_pixels:
        raise TooLong
    frames = _Frames(picture, count, min(sizes), limits.frame_cpu)
    file = io.BytesIO()
    frames.save(
        file,
        "WEBP",
        save_all=True,
        duration=frames.durations,
        loop=_plays(picture),
        background=(0, 0, 0, 0),
        quality=75,
        method=0,
        kmin=0,
        kmax=0,  # no frames to jump to, which take a third of the time
    )
    data = bytearray(file.getvalue())
    if frames.transparent and data[12:16] == b"VP8X":
        data[20] |= _ALPHA
    return [Made(min(sizes), frames.width, frames.height, bytes(data))]


def _plays(picture: Image.Image) -> int:
    """How often it plays; 0 is for ever. A GIF says how often it repeats, and nothing if it plays once."""
    if picture.format != "GIF":
        return int(picture.info.get("loop", 0))
    repeats = picture.info.get("loop")
    return 1 if repeats is None else int(repeats) + 1 if repeats else 0


class _Frames(Image.Image):
    """What Pillow's encoder takes for a picture with frames. Each is decoded when the encoder asks for it, so that one
    is in memory at a time; `durations` grows along, and `transparent` says whether one had transparent places.
    """

    def __init__(self, picture: Image.Image, count: int, most: int, cpu: float) -> None:
        super().__init__()
        self.n_frames = count
        self.durations: list[int] = []
        self.transparent = False
        self._picture = picture
        self._canvas = picture.size
        self._most = most
        self._cpu = cpu
        self._finish: Finish | None = None
        self.seek(0)

    def tell(self) -> int:
        """The number of the frame that is there; -1 before the first."""
        return len(self.durations) - 1

    def seek(self, frame: int) -> None:
        """Decode the next frame. The encoder also asks for the one that is there, and at its end for the first."""
        if frame <= self.tell():
            return
        if time.process_time() > self._cpu:  # of this process, which has this one picture to do
            raise TooLong
        self._picture.seek(frame)
        self._picture.load()
        self._finish = self._finish or finishing(self._picture)
        whole = self._picture.convert("RGBA")
        if whole.size != self._canvas:  # a frame of a GIF may stand out over the edge
            whole = whole.crop((0, 0, *self._canvas))
        shown = self._finish(scaled(whole, self._most))
        self.im, self._mode, self._size = shown.im, shown.mode, shown.size
        self.transparent = self.transparent or whole.getchannel("A").getextrema() != (255, 255)
        self.durations.append(max(_SHORTEST, int(self._picture.info.get("duration", 0))))
