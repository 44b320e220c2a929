"""The operator's word of a limit that bites: one line of log a minute for each, with the setting that changes it."""

from __future__ import annotations

import logging
from typing import Final

from ..refusal import ChatError
from .buckets import Clock

logger = logging.getLogger(__name__)

SILENCE: Final = 60.0  # seconds between two lines about the same limit


class LimitLog:
    """Tells of refusals that name their `settings`; all others are the client's own affair."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: dict[tuple[str, ...], float] = {}

    def tell(self, refusal: ChatError) -> None:
        """Log that this limit refuses requests, if nothing was said of it for a minute."""
        settings: tuple[str, ...] = getattr(refusal, "settings", ())
        now = self._clock()
        if settings and now - self._told.get(settings, -SILENCE) >= SILENCE:
            self._told[settings] = now
            named = " and ".join(f"CHADCHAT_{name.upper()}" for name in settings)
            logger.warning("requests are refused with %s %s; the limit is %s", refusal.status, refusal.code, named)
