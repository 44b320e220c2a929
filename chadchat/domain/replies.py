"""Replies: what a page shows of the messages that are replied to. The log holds no copy of their words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Final

from ..errors import MessageNotFound
from ..events import Event
from ..storage.db import Database
from .messages import one
from .rooms import Room

LONGEST: Final = 80  # characters of a quote
_READ: Final = 8192  # characters of a message's HTML in which its first words are

_TAG: Final = re.compile(r"<[^>]*(?:>|$)")
# Also the characters that would turn the words around a quote (bidi embeddings, overrides and isolates).
_SPACES: Final = re.compile("[ \t\r\n\u202a-\u202e\u2066-\u2069]+")

Quotes = Mapping[int, str | None]


@dataclass(frozen=True, slots=True)
class Replying:
    """The message that a text in the box is to answer: its author's name, and its first words."""

    seq: int
    name: str
    words: str


async def answerable(db: Database, room: Room, seq: int | None) -> Replying | None:
    """The message, if it can be replied to; None if there is none, or it was removed."""
    try:
        target = await one(db, room, seq) if seq is not None else None
    except MessageNotFound:
        return None
    if target is None or target.html is None:
        return None
    return Replying(target.seq, target.name or "", words(target.html) or (target.file or {}).get("name", ""))


async def quotes(db: Database, room: Room, events: Iterable[Event]) -> Quotes:
    """The first words of each message that one of the events replies to, or the name of its file; None for a removed
    one. One that was pruned is not there.
    """
    targets = {event.changes["reply_to"] for event in events if "reply_to" in event.changes}
    if not targets:
        return {}
    marks = ", ".join("?" * len(targets))
    rows = await db.all(
        f"SELECT seq, substr(json_extract(event, '$.html'), 1, {_READ}), json_extract(event, '$.changes.file.name')"  # noqa: S608
        f" FROM log WHERE room = ? AND seq >= ? AND seq IN ({marks})",
        (room.id, room.tail, *sorted(targets)),
    )
    return {seq: None if html is None else words(html) or name or "" for seq, html, name in rows}


async def is_answered(db: Database, room: Room, seq: int | None) -> bool:
    """Whether a message has replies."""
    find = "SELECT 1 FROM replies WHERE room = ? AND target = ? LIMIT 1"
    return seq is not None and await db.one(find, (room.id, seq)) is not None


def words(html: str) -> str:
    """The beginning of a message's HTML as one line of text; static/js/quote.js does the same on the page."""
    said = _SPACES.sub(" ", unescape(_TAG.sub("", html))).strip(" ")
    return said if len(said) <= LONGEST else f"{said[:LONGEST].rstrip(' ')}…"
