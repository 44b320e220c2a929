"""Frames: the bytes of an event in each format of a stream. `sse` alone writes the SSE wire format."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol
from weakref import WeakValueDictionary

from jinja2 import Environment

from ..domain.members import Member
from ..domain.transcript import line as line
from ..domain.transcript import numbered as numbered
from ..events import Event, to_json
from ..kinds import kind_of

RETRY: Final = 2000  # milliseconds that a browser waits before it reconnects
TURN: Final = 50  # frames made before yielding to the event loop: an HTML frame takes about 0.15 ms
TURN_BYTES: Final = 64 * 1024  # or so many bytes: a frame with all reactions of a message takes up to 0.4 ms
HEARTBEAT: Final = b":\n"  # without a blank line, which four client libraries take for the end of an empty message

# The SSE line endings and no others: splitlines() would also cut at U+2028, VT and FS, and split("\n") would let a
# bare CR forge an id for everyone in the room (WHATWG HTML, 9.2.6).
_LINE_END: Final = re.compile(r"\r\n|\n|\r")

_MARKED: Final = re.compile(r"~(\d{1,10})~\d")
_ENDS: Final = {
    "kick": "You have no seat here any more.",
    "ban": "You are banned from this room.",
    "signout": "This device was signed out by another one.",
}


class StreamFormat(Protocol):
    """A format of a stream. All its readers share the frames, so a frame never depends on the reader."""

    media: str
    heartbeat: bytes

    def event(self, event: Event) -> bytes:
        """The frame of a stored event."""

    def control(self, kind: str, data: Mapping[str, Any]) -> bytes:
        """The frame of a control event (open, reset, bye, end, people, cursor); empty if the format leaves it out."""


def sse(data: str, *, id: str | None = None, event: str | None = None, retry: int | None = None) -> bytes:
    """One server-sent event with its blank line. Any `data` is safe: every parser reads it as the data of one event.

    CRLF, LF and CR in `data` all arrive as LF. `id` and `event` must not hold line ends.
    """
    fields = [f"id: {id}"] if id else []
    if event:
        fields.append(f"event: {event}")
    if retry is not None:
        fields.append(f"retry: {retry}")
    fields += [f"data: {line}" for line in _LINE_END.split(data)]
    return ("\n".join(fields) + "\n\n").encode()


class SseJson:
    """`text/event-stream` whose data is the event as JSON: EventSource and any SSE client."""

    media = "text/event-stream; charset=utf-8"
    heartbeat = HEARTBEAT

    def event(self, event: Event) -> bytes:
        """An unnamed event, so that `onmessage` fires, with the cursor as its id."""
        return sse(to_json(event.public()), id=event.cursor)

    def control(self, kind: str, data: Mapping[str, Any]) -> bytes:
        """A named event. Its id is the `cursor` of its data (`open`, `reset`, `cursor`): a reader cut before the
        first message goes on from there.
        """
        retry = RETRY if kind == "open" else data.get("retry")
        return sse(to_json({"kind": kind, **data}), id=data.get("cursor"), event=kind, retry=retry)


class SseHtml(SseJson):
    """`text/event-stream` whose data is the fragment htmx swaps in: the room page."""

    heartbeat = b"event: beat\n\n"  # a script cannot see comments, and the page must notice a dead stream

    def __init__(self, render_event: Callable[[Event], str], render_people: Callable[[Mapping[str, Any]], str]) -> None:
        self._render_event = render_event
        self._render_people = render_people

    def event(self, event: Event) -> bytes:
        """The event with the rendered fragment as its data."""
        return sse(self._render_event(event), id=event.cursor)

    def control(self, kind: str, data: Mapping[str, Any]) -> bytes:
        """As in `SseJson`, but `people` carries the rendered list."""
        if kind == "people":
            return sse(self._render_people(data), event=kind)
        return super().control(kind, data)


class NdJson:
    """`application/x-ndjson`: one event a line, for `curl -N`, jq and scripts."""

    media = "application/x-ndjson; charset=utf-8"
    heartbeat = b'{"kind":"heartbeat"}\n'

    def event(self, event: Event) -> bytes:
        """The event as a line of JSON, as in docs/api.md."""
        return f"{to_json(event.public())}\n".encode()

    def control(self, kind: str, data: Mapping[str, Any]) -> bytes:
        """A line of JSON with a kind and without a seq."""
        return f"{to_json({'kind': kind, **data})}\n".encode()


class Text:
    """`text/plain` for people in a terminal: `12:00 Ada: tea?` a line. The heartbeat is an empty line."""

    media = "text/plain; charset=utf-8"
    heartbeat = b"\n"

    def __init__(self, shown: Callable[[Event], str] = line) -> None:
        self._shown = shown

    def event(self, event: Event) -> bytes:
        """The event as a line of the transcript; nothing for an event that is shown to no reader."""
        kind = kind_of(event)
        return f"{self._shown(event)}\n".encode() if kind.line or (kind.rewrites and not kind.silent) else b""

    def control(self, kind: str, data: Mapping[str, Any]) -> bytes:
        """A line that begins with `--` for reset, end and bye, an empty line for open, nothing for people."""
        if kind == "open":
            return b"\n"
        if kind == "reset":
            return f"-- This log starts over ({data['reason']}). Only what is new follows.\n".encode()
        if kind == "end":
            moved = f"This room is {data['moved']} now." if "moved" in data else None
            return f"-- {moved or _ENDS.get(data['reason'], 'You may not read on here.')}\n".encode()
        if kind == "bye":
            return b"-- The server is restarting. Come back in a moment.\n"
        return b""


class Texts:
    """The formats of text, which name the host in the addresses of files: one for each host, as long as it is used."""

    def __init__(self) -> None:
        self._used: WeakValueDictionary[tuple[str, str], Text] = WeakValueDictionary()

    def at(self, name: str, base: str) -> Text:
        """The format `text` or `numbered` for the readers who know this server by the address `base`."""
        shown = numbered if name == "numbered" else line
        return self._used.setdefault((name, base), Text(lambda event: shown(event, base)))


def formats(templates: Environment) -> dict[str, StreamFormat]:
    """The stream formats by name. Use one instance for all readers, as they share its frames. `templates` must be an
    Environment that renders synchronously.
    """
    event, people = (
        templates.get_template("messages/_frame.html"),
        templates.get_template("rooms/_people.html"),
    )

    def render_people(data: Mapping[str, Any]) -> str:
        shown, away = (
            [Member(person["member"], person["name"], person.get("owner", False)) for person in data.get(which, ())]
            for which in ("people", "away")
        )
        return people.render(people=shown, away=away, people_count=data["count"], code=data.get("room", ""))

    return {
        "html": SseHtml(lambda stored: event.render(event=stored, sent=_mark(stored)), render_people),
        "sse": SseJson(),
        "ndjson": NdJson(),
    }


def _mark(event: Event) -> str | None:
    """The public part of the key of a message from a page: `42` of `~42~7~8`. The page that has sent the message knows
    it by that (static/js/outbox.js), whether the post was answered yet or not. Other keys are not shown.
    """
    key = str(event.detail.get("key", "")) if event.kind == "message" else ""
    return mark[1] if (mark := _MARKED.match(key)) else None


async def render(events: Sequence[Event], format: StreamFormat) -> list[bytes]:
    """The frames of many events; yields to the event loop after TURN frames or TURN_BYTES."""
    frames, turn = [], Turn()
    for event in events:
        frames.append(format.event(event))
        if turn.ends(frames[-1]):
            await asyncio.sleep(0)
    return frames


class Turn:
    """Counts the frames made since the event loop ran."""

    __slots__ = ("_bytes", "_frames")

    def __init__(self) -> None:
        self._frames = self._bytes = 0

    def ends(self, frame: bytes) -> bool:
        """Count a frame; whether the event loop should run now."""
        self._frames += 1
        self._bytes += len(frame)
        if self._frames < TURN and self._bytes < TURN_BYTES:
            return False
        self._frames = self._bytes = 0
        return True
