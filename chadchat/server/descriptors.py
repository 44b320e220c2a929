"""Descriptors: how many files and connections this process may have open at once."""

from __future__ import annotations

import resource
import sys
from contextlib import suppress
from typing import Final

KEPT: Final = 64  # for the database, the log, static files on their way, and a new version that is tried


def for_connections() -> int:
    """Raise the limit of this process as far as it may be raised; how many connections fit below it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # a system may allow less than it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    if soft == resource.RLIM_INFINITY:
        return sys.maxsize
    return max(soft - KEPT, soft // 2)
