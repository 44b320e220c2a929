"""Place: where the next event of a room goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ...events import Event, timestamp


@dataclass(frozen=True, slots=True)
class Place:
    """`room` is the row's id. `at` is the event's time, but never before the room's last: it orders and is shown.
    `clock` is the event's own time, which is all that rules compare with, or a clock that was ahead once would bind or
    free people until it is right again. The rest are the room's rules, and where it begins, read with it: see the
    columns of `rooms`.
    """

    room: int
    epoch: str
    seq: int
    at: str
    clock: str
    slow: int = 0
    read_only: bool = False
    lock: str | None = None
    locked_at: int = 0
    tail: int = 1
    size: int = 0

    def before(self, days: int, event: Event, *, once: int) -> str:
        """What ended before this time is forgotten with `event`: so many days before its own. An event of a log says
        which time it was, and one that is older than this rule forgot what was `once` days old.
        """
        if event.seq and "forgets" in event.detail:
            return str(event.detail["forgets"])
        return timestamp(datetime.fromisoformat(self.clock) - timedelta(days=once if event.seq else days))
