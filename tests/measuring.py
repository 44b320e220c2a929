"""What work costs, by the clock of this thread's CPU: other load on the machine is not in it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

MOST: Final = 0.02  # seconds for which one request may hold the event loop at a time
TRIES: Final = 60  # a host that is shared can slow a virtual machine for seconds, and its CPU clock goes on


async def longest_step(work: Callable[[], Awaitable[object]]) -> float:
    """Seconds for which the longest step of some work keeps the event loop: the first try that is short enough, else
    the least of `TRIES`.
    """
    longest: list[float] = []
    while len(longest) < TRIES and min(longest, default=MOST) >= MOST:
        task, steps = asyncio.ensure_future(work()), [0.0]
        while not task.done():
            start = time.thread_time()
            await asyncio.sleep(0)
            steps.append(time.thread_time() - start)
        await task
        longest.append(max(steps))
    return min(longest)
