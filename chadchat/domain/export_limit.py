"""The limit on exports that run at once for one visitor: each reads a whole room and keeps the server busy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ..refusal import ChatError

AT_ONCE: Final = 2  # for each visitor
COME_BACK: Final = 10  # seconds to wait, a guess: the end of a running export cannot be predicted


class TooManyExports(ChatError, status=429, code="too_many_exports", section="limits", retry_after=COME_BACK):
    sentence = f"{AT_ONCE} exports are on their way to your address already. Try again when one has arrived."


class Exports:
    """Counts the running exports of each visitor."""

    def __init__(self, on: bool) -> None:
        self._on = on
        self._running: Counter[str] = Counter()

    @contextmanager
    def one(self, visitor: str) -> Iterator[None]:
        """Count one export while the block runs. Raises TooManyExports if the visitor has AT_ONCE running."""
        if self._on and self._running[visitor] >= AT_ONCE:
            raise TooManyExports
        self._running[visitor] += 1
        try:
            yield
        finally:
            self._running[visitor] -= 1
            if not self._running[visitor]:
                del self._running[visitor]
