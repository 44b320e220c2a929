"""Colours: each member has one of HUES hues. It follows from the member's id, so that it is the same for every reader,
after a reload and in history; a new id is drawn so that its hue tells the member from the others.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Collection
from typing import Final

from ..storage.db import Database
from .lookalikes import skeleton

HUES: Final = 12  # evenly round the circle of colours, in its order: static/css/tokens.css
ALL: Final = range(HUES)
PEOPLE: Final = 100
EVENTS: Final = 50

# The members who are here, and the authors of the newest events.
_SEEN: Final = """
    SELECT id FROM (SELECT members.id FROM members JOIN rooms ON rooms.id = room
        WHERE code = :code AND here = 1 ORDER BY since DESC LIMIT :people)
    UNION SELECT event ->> 'member' FROM (SELECT event FROM log JOIN rooms ON rooms.id = log.room
        WHERE code = :code ORDER BY seq DESC LIMIT :events) WHERE event ->> 'member' IS NOT NULL
"""


def hue(member: str | None, name: str = "") -> int:
    """A stable hue, 0 to HUES - 1: of a member's id, or of the name of an author without a seat.

    The prefixes `m:` and `n:` keep a name that is spelled like an id from having that member's colour.
    """
    voice = f"m:{member}" if member else f"n:{skeleton(name)}"
    return hashlib.sha256(voice.encode()).digest()[0] % HUES


def new_id(size: int, hues: Collection[int] = ALL) -> str:
    """A random id of `size` bytes for a member, with one of these hues."""
    while True:
        id = secrets.token_hex(size)
        if hue(id) in hues:
            return id


async def free_hues(db: Database, code: str) -> list[int]:
    """The hues that a newcomer of this room may have: those that the fewest have, and of these the ones farthest from
    the hues in use.
    """
    rows = await db.all(_SEEN, {"code": code, "people": PEOPLE, "events": EVENTS})
    taken = Counter(hue(id) for (id,) in rows)
    fewest = min(taken[one] for one in ALL)
    free = [one for one in ALL if taken[one] == fewest]
    far = {one: min((_between(one, other) for other in taken if taken[other] > fewest), default=0) for one in free}
    return [one for one in free if far[one] == max(far.values())]


def _between(one: int, other: int) -> int:
    """How far two hues are from each other on the circle."""
    return min((one - other) % HUES, (other - one) % HUES)
