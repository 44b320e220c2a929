"""Import: the JSON lines of an export, into a new room. Times, names and texts are kept; numbers are new.

Seats are not in an export, so whoever had one is only a name here, and joins and departures are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ..errors import ChatError, DataError, RoomExists, TextInvalid
from ..events import Event, draw_epoch
from ..log.offline import OfflineLog
from . import links
from .codes import draw_code
from .lookalikes import looks
from .markdown import render
from .messages import check_text
from .names import clean_name
from .rooms import clean_title

_FIRST_YEAR: Final = 1970
_AT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Imported:
    """The new room, and how many lines became messages or were left out (joins, departures, settings). It has no owner:
    `path` is of the link that makes one, `until` when that ends.
    """

    code: str
    messages: int
    left_out: int
    path: str
    until: str


def import_lines(log: OfflineLog, lines: Iterable[str]) -> Imported:
    """Make a room of an export, inside the caller's transaction. Raises DataError with the number of a bad line."""
    code, messages, others, last = "", 0, 0, ""
    for number, kind, line in _read(lines):
        at = line["at"]
        if at < last:
            raise DataError(f"Line {number}: its time is before that of the line above it.")
        last = at
        try:
            title = _title(line) if kind == "room" else ""
            if not code:
                code = _open(log, at, title)
            elif title:
                log.append(Event(room=code, kind="room", at=at, changes={"title": title}))
            if kind == "message" and line.get("text") is not None:  # what was removed is not brought back
                log.append(_message(code, line))
                messages += 1
            else:
                others += 1
        except ChatError as refusal:
            raise DataError(f"Line {number}: {refusal.sentence}") from refusal
    if not code:
        raise DataError("There is nothing in that file.")
    event, path = links.appointing(code)
    log.append(event)
    return Imported(code, messages, others, path, event.detail["until"])


def _read(lines: Iterable[str]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """(number of the line, kind, line) of lines that look like an export's. Those at the end may be blank."""
    blank = 0
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            blank = blank or number
            continue
        if blank:
            raise DataError(f"Line {blank} is not JSON.")
        try:
            line = json.loads(raw.removeprefix("\ufeff") if number == 1 else raw)
        except (ValueError, RecursionError) as error:
            raise DataError(f"Line {number} is not JSON.") from error
        if not isinstance(line, dict) or not isinstance(line.get("kind"), str):
            raise DataError(f"Line {number} is no event.")
        if not isinstance(line.get("at"), str) or not _is_time(line["at"]):
            raise DataError(f"Line {number} has no time like 2026-11-22T12:00:00.123Z.")
        yield number, line["kind"], line


def _is_time(at: str) -> bool:
    """Whether an event can have been at that time: never before Unix time began, so that rules can count back."""
    try:
        return bool(_AT.fullmatch(at) and datetime.fromisoformat(at).year >= _FIRST_YEAR)
    except ValueError:
        return False


def _message(code: str, line: dict[str, Any]) -> Event:
    """Raises ChatError for what nobody could have posted."""
    if not isinstance(line["text"], str) or not isinstance(line.get("name"), str):
        raise TextInvalid("Its text and its name must be strings.")
    text, name = check_text(line["text"]), clean_name(line["name"])
    return Event(room=code, kind="message", at=line["at"], name=name, text=text, html=render(text), detail=looks(name))


def _title(line: dict[str, Any]) -> str:
    title = line.get("title")
    return clean_title(title) if isinstance(title, str) else ""


def _open(log: OfflineLog, at: str, title: str) -> str:
    (rooms,) = log.db.execute("SELECT count(*) FROM rooms").fetchone()
    while True:
        code = draw_code(rooms)
        try:
            log.append(Event(room=code, kind="room", at=at, title=title, detail={"epoch": draw_epoch()}))
        except RoomExists:
            continue
        return code
