"""What work costs, by the clock of this thread's CPU: other load on the machine is not in it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

MOST: Final = 0.02  # seconds for which one request may hold the event loop at a time
TRIES: Final = 6  # another machine on the same host can slow several in a row
QUIET: Final = 0.0056  # seconds of `slowness` on the quiet machine of docs/performance.md


def slowness() -> float:
    """How many times slower the machine is now than when it is quiet, by a piece of work that is always the same."""
    start = time.thread_time()
    sum(number * number for number in range(50_000))
    return max(1.0, (time.thread_time() - start) / QUIET)


async def longest_step(work: Callable[[], Awaitable[object]]) -> float:
    """Seconds of a quiet machine for which the longest step of some work keeps the event loop: the first try that is
    short enough, else the least of `TRIES`.
    """
    longest: list[float] = []
    while len(longest) < TRIES and min(longest, default=MOST) >= MOST:
        slow = slowness()
        task, steps = asyncio.ensure_future(work()), [0.0]
        while not task.done():
            start = time.thread_time()
            await asyncio.sleep(0)
            steps.append(time.thread_time() - start)
        await task
        longest.append(max(steps) / slow)
    return min(longest)
