"""Selection: which events of a room a reader asked for, by their kinds and by their author."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..errors import FilterInvalid
from ..events import Event
from ..kinds import KINDS
from ..refusal import ChatError
from ..storage.db import Database
from .lookalikes import folded, skeleton
from .names import clean_name
from .rooms import Room

ANNOUNCED: Final = ("people", "typing")  # no kinds of event, but a reader may ask for them beside the kinds


@dataclass(frozen=True, slots=True)
class Author:
    """An author by id (`member`), else by the skeletons of a name. `unwanted`: all others are asked for instead."""

    member: str | None
    looks: frozenset[str]
    unwanted: bool

    def wrote(self, event: Event) -> bool:
        """Whether the event is of this author."""
        if self.member is not None:
            return event.member == self.member
        name = event.name
        return name is not None and not self.looks.isdisjoint((skeleton(name), folded(name)))


@dataclass(frozen=True, slots=True)
class Selection:
    """The events of these kinds (None: of all) and of, or not of, this author (None: of all)."""

    kinds: frozenset[str] | None
    author: Author | None

    def wants(self, announcement: str) -> bool:
        """Whether the reader asked for what is announced beside the events: `people` (who is here) or `typing`."""
        return self.kinds is None or announcement in self.kinds

    def has(self, event: Event) -> bool:
        """Whether the reader asked for this event."""
        if self.kinds is not None and event.kind not in self.kinds:
            return False
        return self.author is None or self.author.wrote(event) != self.author.unwanted


async def select(db: Database, room: Room, kinds: str | None, author: str | None) -> Selection | None:
    """The selection of `kinds=message,remove` and `from=Ada` (`from=!Ada`: not from Ada); None if neither is given.

    The author is a member's id or, where no member of the room has such an id, a name, with a seat or without one.
    Raises FilterInvalid.
    """
    if kinds is None and author is None:
        return None
    wanted = None if kinds is None else _kinds(kinds)
    return Selection(wanted, None if author is None else await _author(db, room, author))


def _kinds(given: str) -> frozenset[str]:
    kinds = frozenset(kind.strip() for kind in given.split(","))
    if unknown := kinds - KINDS.keys() - set(ANNOUNCED):
        known = ", ".join((*KINDS, *ANNOUNCED))
        raise FilterInvalid("kinds", f"There is no kind {min(unknown)[:32]!a}. There are {known}.")
    return kinds


async def _author(db: Database, room: Room, given: str) -> Author:
    who = given.removeprefix("!")
    if await db.one("SELECT 1 FROM members WHERE room = ? AND id = ?", (room.id, who)):
        return Author(who, frozenset(), who != given)
    try:
        name = clean_name(who)
    except ChatError as refused:
        raise FilterInvalid("from", f"from= takes a name or a member's id. {refused.sentence}") from refused
    return Author(None, frozenset((skeleton(name), folded(name))), who != given)
