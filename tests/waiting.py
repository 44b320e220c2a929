"""Waits for a condition that a test can only poll."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


async def until(happened: Callable[[], bool]) -> None:
    """Look again and again, at most for 5 seconds."""
    for _ in range(500):
        if happened():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it has not happened")


def wait_until(happened: Callable[[], bool]) -> None:
    """The same outside of a loop, for what another process does: at most 10 seconds."""
    end = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < end, "it has not happened"
        time.sleep(0.02)
