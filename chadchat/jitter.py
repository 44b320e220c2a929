"""Jitter: spreads waits in time, so that clients that came together do not retry or time out at the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Final

STEPS: Final = 100


def jitter(least: float, most: float) -> Iterator[float]:
    """An endless iterator over STEPS evenly spaced values from `least` to just below `most`, repeated in order."""
    return cycle([least + (most - least) * step / STEPS for step in range(STEPS)])
