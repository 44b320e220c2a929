"""Waits for a condition that a test can only poll."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

PATIENCE: Final = 60.0  # seconds: long enough for any machine, as a test that waits for nothing has failed anyway


async def until(happened: Callable[[], bool]) -> None:
    """Look again and again."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it has not happened"
        await asyncio.sleep(0.01)


async def until_it_is(wanted: Any, now: Callable[[], Awaitable[Any]]) -> None:
    """Ask again and again, until the answer is `wanted`."""
    end = time.monotonic() + PATIENCE
    while (found := await now()) != wanted:
        assert time.monotonic() < end, f"it is still {found}"
        await asyncio.sleep(0.01)


def wait_until(happened: Callable[[], bool]) -> None:
    """The same outside of a loop, for what another process does."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it has not happened"
        time.sleep(0.02)
