"""Buckets: "10 at once, then 1 a second", for any number of keys, by the monotonic clock.

GCRA: one number a key, the moment when its bucket would be full again. None of the strategies of the `limits` package
(fixed, moving and sliding windows) gives that, and a check here costs about a microsecond.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

# So many keys are remembered: then the idle are forgotten, then the oldest. A key is some 150 bytes.
MOST_KEYS: Final = 50_000

Clock = Callable[[], float]


class Buckets:
    """A bucket for each key, that holds `burst` and fills by one every `every` seconds. All waits are in seconds."""

    def __init__(self, burst: float, every: float, clock: Clock, most: int = MOST_KEYS) -> None:
        self._slack = max(burst - 1, 0) * every + 1e-6  # so that rounding never refuses
        self._every = every
        self._most_owed = 2 * max(burst, 1) * every  # seconds until a bucket is full that owes all that it holds
        self._clock = clock
        self._most = most
        self._full: dict[Hashable, float] = {}
        self._sweep_at = min(1024, most)

    def __len__(self) -> int:
        return len(self._full)

    def wait(self, key: Hashable) -> float:
        """How long until the key may take one; 0.0 is now. Takes nothing."""
        full = self._full.get(key)
        return 0.0 if full is None else max(0.0, full - self._clock() - self._slack)

    def take(self, key: Hashable) -> float:
        """Take one if there is one, and say 0.0; else how long until there is."""
        wait = self.wait(key)
        if not wait:
            self.owe(key)
        return wait

    def owe(self, key: Hashable) -> None:
        """Take one even if there is none: what happened is counted. A bucket owes no more than it holds."""
        now = self._clock()
        self._full[key] = min(max(self._full.get(key, now), now) + self._every, now + self._most_owed)
        if len(self._full) > self._sweep_at:
            self._sweep(now)

    def give_back(self, key: Hashable) -> None:
        """What was taken turned out to be free."""
        if key in self._full:
            self._full[key] -= self._every

    def _sweep(self, now: float) -> None:
        self._full = {key: full for key, full in self._full.items() if full > now}
        if len(self._full) > 3 * self._most // 4:
            for key in list(self._full)[: len(self._full) - self._most // 2]:
                del self._full[key]
        self._sweep_at = min(self._most, max(1024, 2 * len(self._full)))
