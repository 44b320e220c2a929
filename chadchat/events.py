"""Event: one entry of a room's log, with its public JSON and its stored form. kinds.py has the kinds.

The domain puts everything into an event that needs a clock, randomness or rendering (time, tokens, HTML), so that
`apply` is deterministic. The log adds `seq` and `epoch`.
"""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

ADDRESS_KEY: Final = "address_key"  # the note that has the key of the addresses' hashes
SWEPT: Final = "swept"  # the note that has the time of the last sweep, which every hour has one
ANONYMOUS: Final = "anonymous"  # the name of a message that was posted without one
OPERATOR: Final = "the operator"  # in place of the name that an act of theirs has not
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
# Characters that some readers of NDJSON (Python's splitlines, JavaScript before 2019) treat as line ends, though JSON
# does not. They are escaped, which gives the same string in every parser.
_BREAKS = {0x7F: "\\u007f", 0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a room's log. `at` is RFC 3339 in UTC with milliseconds; `seq` is 0 until the event is in a log.

    `changes` are the public fields of its kind; those of a message say how it was altered later. `detail` holds the
    values that only `apply` needs (token hash, idempotency key, the event's own time ...) and is never published.
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
        """The cursor of a reader that has this event and all before it: `<epoch>-<seq>`."""
        return f"{self.epoch}-{self.seq}"

    @property
    def removed_by(self) -> str | None:
        """The name of the member who removed this message's text; None if it was not removed."""
        name: str | None = self.changes.get("removed_by")
        return name

    @property
    def edited_at(self) -> str | None:
        """The time of the newest edit of this message; None if it has the words it was posted with. An edit has it only
        if a restore carried it over.
        """
        at: str | None = self.changes.get("edited_at")
        return at

    @property
    def mentions(self) -> list[str]:
        """The ids of the members whom this message mentions; `here` for all who are here."""
        ids: list[str] = self.changes.get("mentions", [])
        return ids

    @property
    def reactions(self) -> dict[str, list[str]]:
        """The reactions to this message: by emoji the ids of its members, each in the order in which they came."""
        found: dict[str, list[str]] = self.changes.get("reactions", {})
        return found

    @property
    def file(self) -> dict[str, Any] | None:
        """The facts of this message's file (domain/files.py); None if it has none."""
        file: dict[str, Any] | None = self.changes.get("file")
        return file

    @property
    def file_path(self) -> str:
        """The address of this message's file, without the host."""
        file = self.changes["file"]
        return f"/{self.room}/files/{file['id']}/{quote(file['name'], safe='')}"

    @property
    def asks(self) -> bool:
        """Whether this message is a question."""
        return "asks" in self.changes or "choices" in self.changes

    @property
    def answer_given(self) -> dict[str, Any] | None:
        """The answer that this message is to a question, as the question's field `answer`; None if it is none."""
        if self.kind != "message" or "answers" not in self.changes:
            return None
        said = self.changes.get("choice") or self.text or (self.file["name"] if self.file else self.text)
        return {"seq": self.seq, "name": self.name, "member": self.member, "text": said}

    def placed(self, seq: int, epoch: str, at: str, detail: Mapping[str, Any] | None = None) -> Event:
        """A copy with its place in the log, and with another `detail` if one is given.

        Written out because every post needs it, and `dataclasses.replace` takes twice as long.
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
        """The public JSON of the event, its fields in the order of docs/api.md. `member` of a message is null if it was
        posted without a seat.
        """
        shown: dict[str, Any] = {"room": self.room, "seq": self.seq, "cursor": self.cursor, "kind": self.kind}
        shown["name"] = self.name
        if self.kind != "room" or self.member:
            shown["member"] = self.member
        if self.kind in ("message", "edit"):
            shown["text"] = self.text
        if self.kind == "room" and not self.changes:
            shown["title"] = self.title or ""
        shown |= self.changes
        if "file" in self.changes:
            file = self.changes["file"]
            shown["file"] = file if "expired" in file else {**file, "url": self.file_path}
        shown["at"] = self.at
        return shown

    def stored(self) -> str:
        """The JSON for the log's column `event`. Room, seq, epoch, kind and time are stored in other columns."""
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
        """The event of a row of the log; `stored` is the JSON that `stored()` made."""
        return cls(room=room, epoch=epoch, seq=seq, kind=kind, at=at, **json.loads(stored))


@dataclass(frozen=True, slots=True)
class Note:
    """A named value that this node keeps beside its log. It is not an event and is not replayed."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Trim:
    """Remove a little of what was cut off from a room's log. `clock` is the time that is now."""

    room: str
    clock: str


@dataclass(frozen=True, slots=True)
class Committed:
    """The result of an append: the event with its seq. `fresh` is False if its idempotency key was stored before, and
    `size` is the bytes of events that the room holds with it.
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
    """A random epoch: four lower-case letters or digits."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(4))


def to_json(value: object) -> str:
    """One line of JSON, in UTF-8 instead of ASCII escapes, but with every kind of line end escaped."""
    encoded = _ENCODER.encode(value)
    if encoded.isascii() and "\x7f" not in encoded:  # nothing to escape, which takes a quarter of the time
        return encoded
    return encoded.translate(_BREAKS)


def timestamp(moment: datetime) -> str:
    """The time as RFC 3339 in UTC with milliseconds and a Z. Such strings sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    """The current time as a timestamp, for a new event."""
    return timestamp(datetime.now(UTC))
