"""A parser of server-sent events, written from the standard (WHATWG HTML, 9.2.6), for input in pieces of any size."""

from __future__ import annotations

import codecs
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """What is dispatched."""

    type: str
    data: str
    id: str


class Parser:
    """`last_id` is what a reader would reconnect with."""

    def __init__(self) -> None:
        self.last_id = ""
        self.retry: int | None = None
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._line = ""
        self._started = self._after_cr = False
        self._type = self._id = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that this chunk completes."""
        text = self._decode(chunk)
        if text and not self._started:
            self._started, text = True, text.removeprefix("\ufeff")
        if self._after_cr and text:
            self._after_cr, text = False, text.removeprefix("\n")
        self._after_cr = self._after_cr or text.endswith("\r")
        *lines, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        events = []
        for line in lines:
            whole, self._line = self._line + line, ""
            if event := self._take(whole):
                events.append(event)
        self._line += rest
        return events

    def _take(self, line: str) -> Event | None:
        if not line:
            return self._dispatch()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "event":
                self._type = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry = int(value)
        return None

    def _dispatch(self) -> Event | None:
        self.last_id = self._id
        type, data = self._type or "message", self._data
        self._type, self._data = "", []
        return Event(type, "\n".join(data), self._id) if data else None
