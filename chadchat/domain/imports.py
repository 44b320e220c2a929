"""Import: makes a new room from the JSON lines of an export. Times, names and texts are kept; seqs are new.

An export holds no seats, so imported authors are names without a seat, and joins and leaves are left out. So are
changes, as the messages hold their result.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ..errors import RoomExists, TextInvalid
from ..events import Event, draw_epoch
from ..log.offline import OfflineLog
from ..refusal import ChatError, DataError
from ..storage.apply.questions import ChoicesInvalid
from . import links, members
from .asking import Asking, choices_of
from .codes import draw_code
from .imported_files import Bringing, without_bytes
from .lookalikes import looks
from .markdown import render
from .messages import check_text
from .names import clean_name, clean_seat_name
from .reactions import imported
from .rooms import clean_title

_FIRST_YEAR: Final = 1970
_AT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Imported:
    """The new room, and the number of lines that became messages or were left out (joins, leaves, settings).

    `token` is of the owner's seat, if the import made one. Otherwise there is no owner: `path` is the path of a link
    that makes its user one, `until` the time the link expires.
    """

    code: str
    messages: int
    left_out: int
    path: str = ""
    until: str = ""
    token: str = ""


def import_lines(
    log: OfflineLog, lines: Iterable[str], owner: str | None = None, files: Bringing = without_bytes
) -> Imported:
    """Make a room from an export, in the transaction of `log`, with a seat for an owner of the name `owner`. `files`
    brings the file of a line.

    Raises DataError with the number of the bad line, NameRequired or NameInvalid.
    """
    name = None if owner is None else clean_seat_name(owner)
    code, messages, others, last = "", 0, 0, ""
    reacted: dict[str, str] = {}
    seqs: dict[int, int] = {}  # the numbers of messages there and here
    for number, kind, line in _read(lines):
        at = line["at"]
        if at < last:
            raise DataError(f"Line {number}: its time is before that of the line above it.")
        last = at
        try:
            title = _title(line) if kind == "room" else None
            if not code:
                code = _open(log, at, title or "")
            elif title is not None:  # empty: it was taken away
                log.append(Event(room=code, kind="room", at=at, changes={"title": title}))
            if kind == "message" and line.get("text") is not None:  # a removed message has no text, and stays away
                seq = log.append(_message(code, line, reacted, seqs, files)).event.seq
                if type(line.get("seq")) is int:
                    seqs[line["seq"]] = seq
                messages += 1
            else:
                others += 1
        except ChatError as refusal:
            raise DataError(f"Line {number}: {refusal.sentence}") from refusal
    if not code:
        raise DataError("There is nothing in that file.")
    if name is not None:
        event, token = members.seating(code, name)
        log.append(event)
        return Imported(code, messages, others, token=token)
    event, path = links.appointing(code)
    log.append(event)
    return Imported(code, messages, others, path, event.detail["until"])


def _read(lines: Iterable[str]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield (line number, kind, parsed line). Blank lines are allowed at the end only. Raises DataError."""
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
    """Whether `at` is a timestamp of an event, in 1970 or later: rules subtract durations from it."""
    try:
        return bool(_AT.fullmatch(at) and datetime.fromisoformat(at).year >= _FIRST_YEAR)
    except ValueError:
        return False


def _message(
    code: str, line: dict[str, Any], reacted: dict[str, str], seqs: Mapping[int, int], files: Bringing
) -> Event:
    """The message event of a line, a reply if its target is in the file before it. Raises ChatError for a text, a name
    or an edit that could not have been.
    """
    if not isinstance(line["text"], str) or not isinstance(line.get("name"), str):
        raise TextInvalid("Its text and its name must be strings.")
    file = files(line) if line.get("file") is not None else None
    text, name = "" if file and not line["text"] else check_text(line["text"]), clean_name(line["name"])
    detail = {**looks(name), "imported": True, **(file.detail() if file else {})}
    attached = {"file": file.changes()} if file else {}
    reactions = {"reactions": imported(line["reactions"], reacted)} if line.get("reactions") else {}
    return Event(
        room=code,
        kind="message",
        at=line["at"],
        name=name,
        text=text,
        html=render(text),
        changes={**_answered(line, seqs), **_asked(line), **_edited(line), **reactions, **attached},
        detail=detail,
    )


def _answered(line: dict[str, Any], seqs: Mapping[int, int]) -> dict[str, Any]:
    """The message here that a line of the file replies to, if it is in the file, and whether it is its answer."""
    target = line.get("reply_to")
    if type(target) is not int or target not in seqs:
        return {}
    return {"reply_to": seqs[target], **({"answers": True} if line.get("answers") is True else {})}


def _asked(line: dict[str, Any]) -> dict[str, Any]:
    """The facts of a question, unless its answer was removed. Its answer comes with a later line. Raises
    ChoicesInvalid.
    """
    choices, answer = line.get("choices"), line.get("answer")
    if isinstance(answer, dict) and answer.get("text") is None:
        return {}
    if choices is None and line.get("asks") is not True:
        return {}
    listed = choices_of(",".join(map(str, choices))) if isinstance(choices, list) else ()
    if list(listed) != (choices or []):
        raise ChoicesInvalid("choices", "Its choices are not those of a question.")
    return Asking(listed, line.get("from") == "owners").changes()


def _edited(line: dict[str, Any]) -> dict[str, str]:
    """The time of the newest edit of a message, if there was any. Raises TextInvalid."""
    at = line.get("edited_at")
    if at is None:
        return {}
    if not isinstance(at, str) or not _is_time(at) or at < line["at"]:
        raise TextInvalid("Its edited_at is no time after its own.")
    return {"edited_at": at}


def _title(line: dict[str, Any]) -> str | None:
    title = line.get("title")
    return clean_title(title) if isinstance(title, str) else None


def _open(log: OfflineLog, at: str, title: str) -> str:
    (rooms,) = log.db.execute("SELECT count(*) FROM rooms").fetchone()
    while True:
        code = draw_code(rooms)
        try:
            log.append(Event(room=code, kind="room", at=at, title=title, detail={"epoch": draw_epoch()}))
        except RoomExists:
            continue
        return code
