"""The log: durable, ordered events. Nothing outside this package knows where they are stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ..events import Committed, Event

Listener = Callable[[Sequence[Event]], None]


class Log(Protocol):
    """An append-only, durable sequence of events per room."""

    async def append(self, event: Event) -> Committed:
        """Store one event. Durable when it returns.

        Raises the ChatError of the rule it breaks, StorageFull when there is no room on the disk (nothing else
        suffers), LogStopped when the disk failed, LogDamaged when the database is damaged, or any other error of this
        event alone. An event with a time in the future gets the machine's time.
        """

    async def note(self, name: str, value: str) -> None:
        """Keep a value of this node under a name, in place of the last. Durable when it returns; raises as `append`."""

    async def noted(self, name: str) -> str | None:
        """The value that was kept under a name."""

    async def trim(self, room: str, clock: str) -> bool:
        """Remove a little of what a prune cut off; whether there is more. Raises RoomNotFound, and as `append`."""

    async def read(self, room: str, after: int, limit: int) -> list[Event]:
        """The events of a room that follow seq `after`, oldest first, at most `limit`."""

    async def tail(self, room: str, limit: int) -> list[Event]:
        """The newest events of a room, oldest first, at most `limit`."""

    def listen(self, listener: Listener) -> None:
        """Call `listener` with every committed batch, in log order, before the appends that made it return."""

    async def close(self) -> None:
        """Finish what was accepted, then let go of the storage. Safe to call twice."""
