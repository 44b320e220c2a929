"""Place: where the next event of a room goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ...events import Event, timestamp


@dataclass(frozen=True, slots=True)
class Place:
    """`room` is the id of the row. `at` is the event's time, but never before the room's last: it is shown. `clock` is
    the event's own time. Rules compare with `clock` only: otherwise a clock that was ahead once would bind or free
    people until the time is reached. The rest are columns of `rooms`, read in the same query.
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
    edits: int | None = None

    def before(self, days: int, event: Event, *, once: int) -> str:
        """The time so many `days` before the event: records that ended before it are deleted with the event. A replayed
        event has the time stored, or used `once` days if it is older than this rule.
        """
        if event.seq and "forgets" in event.detail:
            return str(event.detail["forgets"])
        return timestamp(datetime.fromisoformat(self.clock) - timedelta(days=once if event.seq else days))
