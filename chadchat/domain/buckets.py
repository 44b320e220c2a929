"""Buckets: a rate limit of the kind "10 at once, then 1 a second", for each of many keys, by the monotonic clock.

The algorithm is GCRA: for each key it stores one number, the time at which the key's bucket is full again. The
`limits` package has only windows (fixed, moving, sliding), which cannot express this rate. A check takes about 1 us.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

# The most keys that are remembered. Above it full buckets are dropped first, then the oldest. A key is about 150 bytes.
MOST_KEYS: Final = 50_000

Clock = Callable[[], float]


class Buckets:
    """A bucket for each key. It holds `burst` tokens and gains one every `every` seconds. Waits are in seconds."""

    def __init__(self, burst: float, every: float, clock: Clock, most: int = MOST_KEYS) -> None:
        self._slack = max(burst - 1, 0) * every + 1e-6  # so that rounding never refuses
        self._every = every
        self._most_owed = 2 * max(burst, 1) * every  # the longest time until full: a bucket that owes `burst` tokens
        self._clock = clock
        self._most = most
        self._full: dict[Hashable, float] = {}
        self._sweep_at = min(1024, most)

    def __len__(self) -> int:
        return len(self._full)

    def wait(self, key: Hashable) -> float:
        """Seconds until the key may take a token; 0.0 means now. Takes nothing."""
        full = self._full.get(key)
        return 0.0 if full is None else max(0.0, full - self._clock() - self._slack)

    def take(self, key: Hashable) -> float:
        """Take a token and return 0.0, or take nothing and return the seconds until there is one."""
        wait = self.wait(key)
        if not wait:
            self.owe(key)
        return wait

    def owe(self, key: Hashable) -> None:
        """Take a token even if there is none; the bucket then owes it. It owes at most `burst` tokens."""
        now = self._clock()
        self._full[key] = min(max(self._full.get(key, now), now) + self._every, now + self._most_owed)
        if len(self._full) > self._sweep_at:
            self._sweep(now)

    def give_back(self, key: Hashable) -> None:
        """Return a token that was taken, because the request turned out not to count."""
        if key in self._full:
            self._full[key] -= self._every

    def _sweep(self, now: float) -> None:
        self._full = {key: full for key, full in self._full.items() if full > now}
        if len(self._full) > 3 * self._most // 4:
            for key in list(self._full)[: len(self._full) - self._most // 2]:
                del self._full[key]
        self._sweep_at = min(self._most, max(1024, 2 * len(self._full)))
