"""Event: one entry of a room's log, and its public JSON. kinds.py has the kinds.

The domain builds an event with everything in it that the log does not know (time, tokens, rendered HTML), so that
applying it needs no clock and no randomness. The log adds `seq` and `epoch`.
"""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

ANONYMOUS: Final = "anonymous"  # the name of a message that was posted without one
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
# Line breaks to some readers of NDJSON (Python's splitlines, JavaScript before 2019), though not to JSON. Escaped,
# they are the same string to every parser and a line stays a line.
_BREAKS = {0x7F: "\\u007f", 0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


@dataclass(frozen=True, slots=True)
class Event:
    """`at` is RFC 3339 in UTC with milliseconds; `seq` is 0 until the event is in a log. `changes` are the public
    fields of its kind, published as they are; on a message they say how it was altered later. `detail` is for `apply`
    alone (token hash, key, its own time ...) and is never published.
    """

    room: str
    kind: str
    at: str
    name: str | None = None
    member: str | None = None
    text: str | None = None
    html: str | None = None
    title: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    seq: int = 0
    epoch: str = ""

    @property
    def cursor(self) -> str:
        """The place of a reader that has had this event: `<epoch>-<seq>`."""
        return f"{self.epoch}-{self.seq}"

    @property
    def removed_by(self) -> str | None:
        """The name of the member that removed this message's words; None while it has them."""
        name: str | None = self.changes.get("removed_by")
        return name

    def placed(self, seq: int, epoch: str, at: str, detail: Mapping[str, Any] | None = None) -> Event:
        """The same event at its place in the log, with this detail if it is given. Each post comes by here, and
        `replace` takes twice as long.
        """
        return Event(
            self.room,
            self.kind,
            at,
            self.name,
            self.member,
            self.text,
            self.html,
            self.title,
            self.changes,
            self.detail if detail is None else detail,
            seq,
            epoch,
        )

    def public(self) -> dict[str, Any]:
        """The public JSON of the event, its fields in the order of docs/api.md. A message always has `member`; it is
        null when the message was posted without a seat.
        """
        shown: dict[str, Any] = {"room": self.room, "seq": self.seq, "cursor": self.cursor, "kind": self.kind}
        shown["name"] = self.name
        if self.kind != "room" or self.member:
            shown["member"] = self.member
        if self.kind == "message":
            shown["text"] = self.text
        if self.kind == "room" and not self.changes:
            shown["title"] = self.title or ""
        shown |= self.changes
        shown["at"] = self.at
        return shown

    def stored(self) -> str:
        """The row of the log as JSON, without room, seq, epoch, kind and time: these have columns of their own."""
        parts = {
            "name": self.name,
            "member": self.member,
            "text": self.text,
            "html": self.html,
            "title": self.title,
        }
        kept: dict[str, Any] = {key: value for key, value in parts.items() if value is not None}
        if self.changes:
            kept["changes"] = dict(self.changes)
        if self.detail:
            kept["detail"] = dict(self.detail)
        return _ENCODER.encode(kept)

    @classmethod
    def restored(cls, room: str, epoch: str, seq: int, kind: str, at: str, stored: str) -> Event:
        """The event from which `stored()` made the row, at its place."""
        return cls(room=room, epoch=epoch, seq=seq, kind=kind, at=at, **json.loads(stored))


@dataclass(frozen=True, slots=True)
class Note:
    """A value that this node keeps under a name beside its log: no event, in no room, and in no replay."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Trim:
    """Remove a little of what was cut off from a room's log. `clock` is the time that is now."""

    room: str
    clock: str


@dataclass(frozen=True, slots=True)
class Committed:
    """The result of an append: the event at its place, whether it is new (False: its key was stored before), and the
    bytes of events that its room holds with it.
    """

    event: Event
    fresh: bool = True
    size: int = 0


@dataclass(frozen=True, slots=True)
class Trimmed:
    """The result of a trim: whether there is more to remove, and the bytes of events that the room holds without."""

    room: str
    more: bool
    size: int


def draw_epoch() -> str:
    """Four lower-case letters or digits that tell this life of a room from another."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(4))


def to_json(value: object) -> str:
    """One line of JSON, readable (not ASCII-escaped) and free of anything any reader takes for a line break."""
    return _ENCODER.encode(value).translate(_BREAKS)


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and a Z, which sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    """The time that goes into a new event."""
    return timestamp(datetime.now(UTC))
