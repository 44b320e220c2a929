"""Search: finds the messages of a room, newest first. What it shows is read from the log, never from its own file."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..events import Event
from ..refusal import ChatError
from ..settings import Settings
from ..storage.db import Database
from ..storage.events import EVENTS_OF, event_of
from ..storage.finding import Finder, TookTooLong, Wanted
from ..storage.follower import Follower
from ..storage.search import available
from .buckets import Buckets, Clock
from .cursors import Start, resolve
from .limits import LimitReached
from .lookalikes import skeleton
from .names import LONGEST
from .queries import Query
from .rooms import Room

logger = logging.getLogger(__name__)

LARGEST: Final = 220 * 1024  # bytes of the messages of an answer, as the log stores them
BEHIND: Final = 200  # events that the file may lack of a room before its answers are called incomplete

_MESSAGES: Final = f"""
    {EVENTS_OF} AND kind = 'message' AND seq IN (SELECT value FROM json_each(?)) ORDER BY seq DESC
"""  # noqa: S608 - our own names
_NAMED: Final = "SELECT id FROM members WHERE room = ? AND skeleton = ? AND token IS NOT NULL"


class SearchOff(ChatError, status=404, code="search_off", section="searching"):
    sentence = "This server does not search."


class QueryTooBroad(ChatError, status=422, code="query_too_broad", section="searching", field="q"):
    sentence = "That search took too long. Add a word, or name the time: after:7d."


class TooManySearches(LimitReached, code="too_many_searches"):
    sentence = "You are searching faster than anyone can read. Come back {when}."
    settings = ("limit_search",)


@dataclass(frozen=True, slots=True)
class Found:
    """The messages that were found, newest first. `older` is the seq to go on before, None if there are no more.
    `complete` is False while older messages of the room cannot be searched yet.
    """

    messages: list[Event] = field(default_factory=list)
    older: int | None = None
    complete: bool = True


class Search:
    """Search on this server: the follower of the log, the readers of its file, and the limit of those who ask."""

    def __init__(self, settings: Settings, clock: Clock = time.monotonic) -> None:
        self.on = settings.search == "on"
        if self.on and not available():
            logger.warning("this Python has no full-text search (SQLite's FTS5): nothing can be searched")
            self.on = False
        self._follower = Follower(settings.folder)
        self._finder = Finder(settings.folder, lambda damaged: self._follower.look(damaged=damaged))
        self._asked = Buckets(settings.limit_search.burst, settings.limit_search.every, clock)
        self._limited = settings.limits == "on"

    def start(self) -> None:
        """Begin to follow the log."""
        if self.on:
            self._follower.start()

    def changed(self, events: Sequence[Event]) -> None:
        """Follow committed events, a moment later."""
        if self.on:
            self._follower.changed(events)

    def require(self) -> None:
        """Raises SearchOff where nothing can be searched."""
        if not self.on:
            raise SearchOff

    def count(self, sender: Hashable) -> None:
        """Count a search. `sender` is a visitor, or the hash of a seat's token. Raises TooManySearches."""
        if self._limited and (wait := self._asked.take(sender)):
            raise TooManySearches(wait)

    def close(self) -> None:
        """End the threads, after the queries that run."""
        self._finder.close()
        self._follower.close()  # last, as it alone may move what SQLite keeps beside the file into it

    async def find(self, db: Database, room: Room, query: Query, before: int | None, limit: int) -> Found:
        """The newest messages that the query finds, or those before the seq `before`: at most `limit`, and at most
        LARGEST bytes. Raises QueryTooBroad.
        """
        first, last = await _span(db, room, query)
        last = last if before is None else min(last, before - 1)
        wanted = Wanted(query.match(await _members(db, room, query)), room.id, room.epoch, first, last, limit + 1)
        try:
            seqs, reached = await self._finder.find(wanted)
        except TookTooLong as error:
            raise QueryTooBroad from error
        messages, done = await _read(db, room, seqs[:limit])
        older = done if done > min(seqs, default=0) else None
        return Found([one for one in messages if one.removed_by is None], older, room.head - reached <= BEHIND)


async def _span(db: Database, room: Room, query: Query) -> tuple[int, int]:
    """The first and the last seq of the times that the query names."""
    starts = [Start(moment=at) if at else None for at in (query.after, query.before)]
    seqs = [await resolve(db, room, start) if start else None for start in starts]
    after, before = (seq if isinstance(seq, int) else None for seq in seqs)
    return room.tail if after is None else after + 1, room.head if before is None else before


async def _members(db: Database, room: Room, query: Query) -> dict[str, list[str]]:
    """The ids of the members who have the names of the query now, also where they had another when they wrote."""
    names = {name for name in query.authors if len(name) <= LONGEST}
    return {name: [id for (id,) in await db.all(_NAMED, (room.id, skeleton(name)))] for name in names}


async def _read(db: Database, room: Room, seqs: list[int]) -> tuple[list[Event], int]:
    """The messages of these seqs that the log still has, newest first, as many as LARGEST holds, but at least one; and
    the last seq that was looked at (0: none).
    """
    rows = await db.all(_MESSAGES, (room.code, room.epoch, room.id, json.dumps(seqs))) if seqs else []
    events: list[Event] = []
    size = 0
    for row in rows:
        size += len(row[-1].encode())
        if size > LARGEST and events:
            return events, events[-1].seq
        events.append(event_of(row))
    return events, seqs[-1] if seqs else 0
