"""Export: a room's whole log as one file (JSON lines, Markdown, text or HTML), read from the database in pages."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment

from ..events import Event, to_json
from ..kinds import kind_of, outdated
from ..paths import folder
from ..storage.db import Database
from ..storage.events import EVENTS_OF, event_of
from . import replies
from .replies import Quotes
from .rooms import Room
from .transcript import CONTROLS, escaped, line, markdown

PAGE: Final = 25  # events read at once; then the export yields to the event loop
STEP: Final = 32 * 1024  # characters of stored events after which it yields within a page, too
FORMATS: Final = ("jsonl", "md", "txt", "html")
_UNSEEN: Final = {code: shown for code, shown in CONTROLS.items() if code != ord("\r")}
_STYLES: Final = ("tokens", "base", "message", "file", "reply", "reactions", "asked", "room")
_PAGE: Final = f"{EVENTS_OF} AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """How a file is written: its media type, its beginning, the text for each day and each event, and its end.

    `opening` is called for a room with a title whose first events were pruned: it gets the event that opened the room,
    made anew with the title of now, in a format whose beginning has no title.
    """

    media: str
    begin: Callable[[Room], str]
    day: Callable[[str], str]
    event: Callable[[Event, Quotes], str]
    end: str = ""
    opening: Callable[[Event], str] | None = None
    all: bool = False  # also the events that add no line
    quotes: bool = False  # with the first words of what a message replies to


async def export(db: Database, room: Room, format: ExportFormat) -> AsyncIterator[tuple[int, str]]:
    """Yield the file in parts, as (number of events so far, text). It holds every kept event up to `room.head`."""
    yield 0, format.begin(room)
    seq, day, done = room.tail - 1, "", 0
    while rows := await db.all(_PAGE, (room.code, room.epoch, room.id, seq, room.head, PAGE)):
        part, worked, events = [], 0, [event_of(row) for row in rows]
        quotes = await replies.quotes(db, room, events) if format.quotes else {}
        if format.opening and room.tail > 1 and room.title and not done:
            part.append(format.opening(_opening(room, events[0])))
        for row, event in zip(rows, events, strict=True):
            worked += len(row[-1])
            if worked > STEP:
                worked = 0
                await asyncio.sleep(0)
            if event.at[:10] != day:
                day = event.at[:10]
                part.append(format.day(day))
            if kind_of(event).line or format.all:
                part.append(format.event(event, quotes))
            seq = event.seq
        done += len(rows)
        yield done, "".join(part)
        await asyncio.sleep(0)
    yield done, format.end


def formats(templates: Environment) -> dict[str, ExportFormat]:
    """The export formats by name. `templates` must be an Environment that renders synchronously."""
    return {
        "jsonl": ExportFormat(
            "application/jsonl; charset=utf-8", _nothing, _nothing, _json, opening=_line_of, all=True
        ),
        "md": ExportFormat(
            "text/markdown; charset=utf-8", _md_title, lambda day: f"\n## {day}\n", markdown, quotes=True
        ),
        "txt": ExportFormat(
            "text/plain; charset=utf-8",
            lambda room: f"# {room.code} {room.title}".rstrip() + "\n",
            lambda day: f"# {day} (times are UTC)\n",
            lambda event, _: f"{line(event)}\n",
        ),
        "html": _html(templates),
    }


def _html(templates: Environment) -> ExportFormat:
    page, event = templates.get_template("export.html"), templates.get_template("messages/_event.html")
    # The styles are embedded as a data: URL: a saved file has no server, and the page has no inline styles (CSP).
    styles = "\n".join((folder("static") / "css" / f"{name}.css").read_text(encoding="utf-8") for name in _STYLES)
    address = f"data:text/css;base64,{b64encode(styles.encode()).decode()}"
    return ExportFormat(
        "text/html; charset=utf-8",
        lambda room: page.render(room=room, styles=address),
        lambda day: f'<li class="day"><time datetime="{day}">{day}</time></li>\n',
        lambda stored, quotes: f"{event.render(event=stored, home='#m-', quotes=quotes).translate(_UNSEEN)}\n",
        "</ol>\n</main>\n</body>\n</html>\n",
        quotes=True,
    )


def _opening(room: Room, first: Event) -> Event:
    """The event that opened the room, with the title of now, in the place before the first event that is kept."""
    return Event(room.code, "room", first.at, title=room.title, seq=room.tail - 1, epoch=room.epoch)


def _line_of(event: Event) -> str:
    """A line of JSON. An edit is without its words, as the message has them."""
    return f"{to_json((outdated(event) if event.kind == 'edit' else event).public())}\n"


def _json(event: Event, _: Quotes) -> str:
    return _line_of(event)


def _md_title(room: Room) -> str:
    return f"# {room.code} {escaped(room.title)}".rstrip() + "\n\nTimes are UTC.\n"


def _nothing(_: object) -> str:
    return ""
