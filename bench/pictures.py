"""Measures what it costs to encode a picture anew: `python -m bench.pictures`.

Each picture is re-encoded ROUNDS times, each time in a process of its own with the limits of the worker. CPU is the
median, user and system time together; memory is the largest that the process had in use, with Python and Pillow.
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from PIL import Image

from chadchat.pictures import still, worker
from chadchat.pictures.formats import HEAD, format_of
from chadchat.pictures.limits import Limits, confine
from chadchat.pictures.reencoder import SIZES

from .report import aligned

ROUNDS: Final = 5


def main() -> int:
    """Print the table; the exit status."""
    still.get_ready()
    rows = [("picture", "bytes", "CPU ms", "MiB", "becomes")]
    for name, make in PICTURES.items():
        data = _made(make)
        costs = [_cost(data) for _ in range(ROUNDS)]
        cpu = statistics.median(cost[0] for cost in costs)
        rows.append((name, f"{len(data):,}", f"{cpu:.0f}", f"{max(cost[1] for cost in costs):.0f}", costs[0][2]))
    print(aligned(rows))
    return 0


def photograph(width: int, height: int) -> Image.Image:
    """A picture with the edges and the grain of a photograph."""
    coarse = Image.effect_mandelbrot((width // 4, height // 4), (-2, -1.5, 1, 1.5), 100).resize((width, height))
    grain = Image.effect_noise((width, height), 20)
    return Image.merge("RGB", [Image.blend(coarse, grain, part) for part in (0.2, 0.3, 0.4)])


def encoded(picture: Image.Image, format: str, **more: Any) -> bytes:
    """The bytes of a picture."""
    file = io.BytesIO()
    picture.save(file, format, **more)
    return file.getvalue()


def _animation() -> bytes:
    whole = photograph(420, 340).quantize(128)
    shown = [whole.crop((step, step, step + 320, step + 240)) for step in range(100)]
    return encoded(shown[0], "GIF", save_all=True, append_images=shown[1:], duration=40, loop=0)


def _bomb() -> bytes:
    head = (20_000).to_bytes(4, "big") * 2 + b"\1\0\0\0\0"
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(bytes(2501)) for _ in range(20_000)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, (b"IHDR", b"IDAT", b"IEND"), (head, data, b"")))


def _text_bomb() -> bytes:
    packer = zlib.compressobj(9)
    text = b"Comment\0\0" + b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    names = (b"IHDR", b"zTXt", b"IDAT", b"IEND")
    parts = (bytes((0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0)), text, zlib.compress(b"\0\0"), b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, names, parts))


PICTURES: Final[Mapping[str, Callable[[], bytes]]] = {
    "JPEG of 12 megapixels": lambda: encoded(photograph(4000, 3000), "JPEG", quality=88),
    "JPEG of 48 megapixels": lambda: encoded(photograph(8000, 6000), "JPEG", quality=88),
    "PNG of 12 megapixels": lambda: encoded(photograph(4000, 3000), "PNG", compress_level=1),
    "PNG of 1920 x 1080": lambda: encoded(photograph(1920, 1080), "PNG", compress_level=1),
    "AVIF of 12 megapixels": lambda: encoded(photograph(4000, 3000), "AVIF", speed=9),
    "GIF of 100 frames, 320 x 240": _animation,
    "PNG of 400 megapixels": _bomb,
    "PNG with 200 MiB of text": _text_bomb,
}


def _chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def _made(make: Callable[[], bytes]) -> bytes:
    """A picture that another process makes, so that this one stays as small as the worker is."""
    said, saying = os.pipe()
    if not (forked := os.fork()):
        with os.fdopen(saying, "wb") as sink:
            sink.write(make())
        os._exit(0)
    os.close(saying)
    with os.fdopen(said, "rb") as source:
        data = source.read()
    os.waitpid(forked, 0)
    return data


def _cost(data: bytes) -> tuple[float, float, str]:
    """Milliseconds of CPU, MiB, and what became of it."""
    said, saying = os.pipe()
    if not (forked := os.fork()):
        confine(Limits())
        answer, files = worker.answer(data, format_of(data[:HEAD]) or "", list(SIZES), Limits())
        os.write(saying, (answer.get("refused") or " and ".join(f"{len(file):,}" for file in files)).encode())
        os._exit(0)
    os.close(saying)
    with os.fdopen(said) as became:
        text = became.read()
    _, _, used = os.wait4(forked, 0)
    return (used.ru_utime + used.ru_stime) * 1000, used.ru_maxrss / 1024, text


if __name__ == "__main__":
    sys.exit(main())
