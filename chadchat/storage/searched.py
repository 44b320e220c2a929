"""Searched: the words under which a message is found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from ..events import Event
from .folding import fold

_LONGEST_NAME: Final = 64  # characters of a name in the index; names are shorter


class Words(NamedTuple):
    """The folded words of a message: of its text and file, of its author, and what it has (`file`, `picture`,
    `link`).
    """

    text: str
    who: str
    has: str


def words(event: Event) -> Words | None:
    """The words under which a message is found; None for one that was removed, and for any other event."""
    if event.kind != "message" or event.removed_by is not None:
        return None
    who = f"{(event.name or '')[:_LONGEST_NAME]} {event.member or ''}"
    return Words(fold(said(event)), fold(who), " ".join(_has(event)))


def said(event: Event) -> str:
    """The text of a message, with the name, the description and the first lines of its file."""
    file = event.changes.get("file")
    parts = [event.text, *(file.get(part) for part in ("name", "alt", "lines"))] if file else [event.text]
    return "\n".join(part for part in parts if isinstance(part, str) and part)


def _has(event: Event) -> Iterable[str]:
    if file := event.changes.get("file"):
        yield "file"
        if "width" in file:
            yield "picture"
    if event.html and "<a " in event.html:
        yield "link"
