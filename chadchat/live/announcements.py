"""Announcements: the latest state of what a room's readers are told and is not in the log, by kind (who is here)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .frames import StreamFormat
from .subscriber import Subscriber

Framing = Callable[[bytes], bytes]


class Announcements:
    """The announcements of one feed. `version` grows with each; a subscriber's `heard` is the last that it has."""

    def __init__(self) -> None:
        self.version = 0
        self._latest: dict[str, tuple[int, Mapping[str, Any]]] = {}  # by kind: the version that brought it, its fields
        self._framed: dict[tuple[StreamFormat, Framing, tuple[str, ...]], bytes] = {}

    def put(self, kind: str, data: Mapping[str, Any]) -> bool:
        """Keep the latest state. Whether it is another than before."""
        if kind in self._latest and self._latest[kind][1] == data:
            return False
        self.version += 1
        self._latest[kind] = self.version, data
        self._framed.clear()
        return True

    def framed(self, subscriber: Subscriber) -> bytes:
        """The framed chunk of all that a subscriber wants and has not heard; those with the same needs share it."""
        heard, format, framing = subscriber.heard, subscriber.format, subscriber.writer.frame
        kinds = tuple(kind for kind, (since, _) in self._latest.items() if since > heard and subscriber.wants(kind))
        key = format, framing, kinds
        if key not in self._framed:
            self._framed[key] = framing(b"".join(format.control(kind, self._latest[kind][1]) for kind in kinds))
        return self._framed[key]
