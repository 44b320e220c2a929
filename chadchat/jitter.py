"""Waits that are spread in time: what came together is not answered, given up or called back in one moment."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Final

STEPS: Final = 100


def jitter(least: float, most: float) -> Iterator[float]:
    """Values over this range, one step after another, over and over. Units are the caller's."""
    return cycle([least + (most - least) * step / STEPS for step in range(STEPS)])
