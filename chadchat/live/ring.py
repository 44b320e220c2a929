"""The ring: the recent events of a room, limited in number and bytes, each rendered once per format in use."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from ..events import Event
from ..expired import edit_without_file
from ..kinds import Rewrites, alters, kind_of, outdated
from .frames import StreamFormat, Turn

EVENTS: Final = 1024
BYTES: Final = 1 << 20


class _Entry:
    """An event with its frames, by format."""

    __slots__ = ("_frames", "event", "size")

    def __init__(self, event: Event) -> None:
        self.event = event
        self.size = 256 + len(event.text or "") + len(event.html or "")
        for members in (event.changes.get("all") or event.reactions).values() if event.changes else ():
            self.size += 64 + 16 * len(members)
        self._frames: dict[StreamFormat, bytes] = {}

    def prepare(self, format: StreamFormat) -> bool:
        """Make the frame if it is missing; returns whether it was."""
        if format in self._frames:
            return False
        self.frame(format)
        return True

    def frame(self, format: StreamFormat) -> bytes:
        frame = self._frames.get(format)
        if frame is None:
            frame = self._frames[format] = format.event(self.event)
        return frame


class Ring:
    """At most EVENTS events of about BYTES bytes. `head` is the seq of the newest event, `tail` the lowest cursor that
    can be served from the ring; `closed` is True if the newest event closed the room.
    """

    def __init__(self) -> None:
        self.head = 0
        self.tail = 0
        self.epoch = ""
        self.closed = False
        self.bytes = 0
        self._entries: deque[_Entry] = deque()
        # The newest edit of a message, which alone of its edits has words, and the expiry of its file, by their seqs.
        self._worded: dict[tuple[str, int], int] = {}

    def append(self, event: Event) -> None:
        """Append an event, unless it is here already. Drops the oldest events above the limits, and pruned events."""
        if event.seq <= self.head:  # both read from the log and published
            return
        for target, rewrites in alters(event):
            self._rewrite(target, event, rewrites)
        if event.text is not None if event.kind == "edit" else event.kind == "expire":
            self._worded[event.kind, event.changes["target"]] = event.seq
        entry = _Entry(event)
        self._entries.append(entry)
        self.bytes += entry.size
        self.head, self.epoch = event.seq, event.epoch
        self.closed = bool(event.changes.get("closed"))
        cut = event.changes.get("before", 0)  # see `prune` in kinds.py
        while len(self._entries) > EVENTS or self.bytes > BYTES or self._entries[0].event.seq < cut:
            self._drop(self._entries.popleft())
        self.tail = self.head - len(self._entries)

    def events(self, cursor: int) -> list[Event]:
        """All events after a cursor, which must be at least `tail`."""
        return [self._entries[index].event for index in range(cursor - self.tail, len(self._entries))]

    def frame(self, seq: int, format: StreamFormat) -> bytes:
        """The frame of an event that the ring holds."""
        return self._entries[seq - 1 - self.tail].frame(format)

    def frames(self, cursor: int, format: StreamFormat) -> list[bytes]:
        """The frames of all events after a cursor, which must be at least `tail`."""
        return [self._entries[index].frame(format) for index in range(cursor - self.tail, len(self._entries))]

    async def prepare(self, format: StreamFormat, cursor: int) -> None:
        """Make the frames of all events after a cursor in advance; lets the event loop run between turns."""
        if cursor >= self.head:
            return
        turn = Turn()
        for entry in list(self._entries)[max(0, cursor - self.tail) :]:
            if entry.prepare(format) and turn.ends(entry.frame(format)):
                await asyncio.sleep(0)

    def _rewrite(self, target: int, event: Event, rewrites: Rewrites) -> None:
        """Rewrite the target of an event, as far as the ring has it, as it is in the log now; where words were erased,
        the target's newest edit, and its expiry, too.
        """
        self._put(target, partial(rewrites, event))
        if event.kind == "expire":
            self._put(self._worded.get(("edit", target), 0), partial(edit_without_file, event))
        elif kind_of(event).erases:
            for kind in ("edit", "expire") if event.kind == "remove" else ("edit",):
                self._put(self._worded.pop((kind, target), 0), outdated)

    def _put(self, seq: int, altered: Callable[[Event], Event]) -> None:
        place = seq - 1 - self.tail
        if not 0 <= place < len(self._entries):
            return
        self.bytes -= self._entries[place].size
        self._entries[place] = _Entry(altered(self._entries[place].event))
        self.bytes += self._entries[place].size

    def _drop(self, entry: _Entry) -> None:
        self.bytes -= entry.size
        known = entry.event.kind, entry.event.changes.get("target", 0)
        if known[0] in ("edit", "expire") and self._worded.get(known) == entry.event.seq:
            del self._worded[known]
