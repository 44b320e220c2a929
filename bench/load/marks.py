"""The mark that each message of a benchmark carries: its number, and when it was sent.

`^000000123-0000001234567890$` passes through JSON, HTML and Markdown as it is, and no frame of a peer has another `^`.
"""

from __future__ import annotations

import re
import time
from typing import Final

NUMBERS: Final = re.compile(rb"\^(\d{9})-")
NUMBERS_AND_TIMES: Final = re.compile(rb"\^(\d{9})-(\d{16})\$")
LENGTH: Final = 28
_FILLER: Final = b" The kettle is on; who wants a cup of tea in the garden at four?" * 64


def now() -> int:
    """Microseconds of the monotonic clock."""
    return time.monotonic_ns() // 1000


def body(number: int, size: int) -> bytes:
    """The text of message `number`, sent now, `size` bytes long."""
    return b"^%09d-%016d$" % (number, now()) + _FILLER[: size - LENGTH]
