"""Place: where the next event of a room goes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """`room` is the row's id; `at` is the event's time, but never before the room's last. The rest are the room's
    rules, read with it: see the columns of `rooms`.
    """

    room: int
    epoch: str
    seq: int
    at: str
    slow: int = 0
    read_only: bool = False
    lock: str | None = None
    locked_at: int = 0
