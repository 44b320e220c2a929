"""My rooms: the rooms of a caller's seats, with how many messages in each were not read yet.

Read marks are kept by the caller, which sends them along. At most SCANNED events of a room are looked at, so that the
number of rooms bounds the cost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from ..errors import FilterInvalid
from ..kinds import NOT_A_LINE
from ..storage.db import Database
from .codes import Code, as_code
from .cursors import CURSOR
from .members import hashed

MOST: Final = 50  # rooms
MORE: Final = 100  # unread messages are counted up to here, which means "more than 99"
SCANNED: Final = 500  # events of one room in which unread messages are counted
_READ: Final = "read= is a list of rooms with cursors, such as read=KQZF:k3f9-128,TEAS:x1y2-7."
_NEAR: Final = 20  # events from the end in which the newest line is looked for

_SEATS: Final = f"""
    WITH given AS (SELECT key AS nth, value ->> 0 AS code, value ->> 1 AS token FROM json_each(:given)),
        named AS (
            SELECT nth, token, rooms.id FROM given JOIN rooms USING (code) WHERE closed IS NULL
            UNION SELECT nth, token, room FROM given JOIN old_codes USING (code) JOIN rooms ON rooms.id = room
            WHERE closed IS NULL
        ),
        seats AS (
            SELECT nth, named.id AS room, members.id AS member, name, owner FROM named
            JOIN members ON members.room = named.id AND members.token = named.token
            UNION SELECT nth, named.id, members.id, name, owner FROM named
            JOIN tokens ON tokens.room = named.id AND tokens.token = named.token AND until IS NULL AND ended IS NULL
            JOIN members ON members.room = named.id AND members.id = tokens.member
            UNION SELECT -1, room, id, name, owner FROM members INDEXED BY members_by_seat WHERE token = :bearer
            UNION SELECT -1, tokens.room, members.id, name, owner FROM tokens INDEXED BY tokens_by_token
            JOIN members ON members.room = tokens.room AND members.id = tokens.member
            WHERE tokens.token = :bearer AND until IS NULL AND ended IS NULL
        )
    SELECT rooms.id, code, title, epoch, head, tail, coalesce((
        SELECT at FROM log WHERE room = rooms.id AND seq > head - {_NEAR} AND kind NOT IN {NOT_A_LINE}
        ORDER BY seq DESC LIMIT 1
    ), last_at), seats.name, member, owner
    FROM seats JOIN rooms ON rooms.id = seats.room WHERE closed IS NULL GROUP BY rooms.id ORDER BY min(nth) LIMIT {MOST}
"""  # noqa: S608 - our own names
_FOR_ME: Final = """
    EXISTS (SELECT 1 FROM json_each(event, '$.changes.mentions') WHERE value IN (me, 'here'))
    OR event ->> '$.changes.reply_member' = me
"""
_COUNTS: Final = f"""
    WITH given AS (
            SELECT value ->> 0 AS room, value ->> 1 AS seq, value ->> 2 AS me, value ->> 3 AS owner FROM json_each(?)
        ),
        later AS (
            SELECT log.room, me, kind, event FROM given JOIN log ON log.room = given.room
            AND log.seq > given.seq AND log.seq <= given.seq + {SCANNED}
            WHERE kind = 'message' AND event ->> '$.member' IS NOT me AND event ->> '$.text' IS NOT NULL
            OR kind = 'knock' AND owner
        )
    SELECT room, count(*), sum(kind = 'knock' OR {_FOR_ME}) FROM later GROUP BY room
"""  # noqa: S608 - our own names


Mark = tuple[str, int]  # epoch and seq of a cursor


@dataclass(frozen=True, slots=True)
class Mine:
    """A room in which the caller has a seat. `at` is the time of its newest line. `unread` (MORE means more than 99)
    and `for_you` (mentions, replies to the caller, and knocks for an owner) are None without a read mark.
    """

    code: str
    title: str
    name: str
    member: str
    cursor: str
    at: str
    unread: int | None = None
    for_you: int | None = None

    def public(self) -> dict[str, object]:
        """The room as JSON."""
        shown: dict[str, object] = {"room": self.code, "title": self.title, "name": self.name, "member": self.member}
        shown |= {"cursor": self.cursor, "at": self.at}
        return shown if self.unread is None else shown | {"unread": self.unread, "for_you": self.for_you}


def read_marks(given: str) -> dict[str, Mark]:
    """The cursors of `KQZF:k3f9-128,TEAS:x1y2-7`, by room; of the first MOST rooms. Raises FilterInvalid."""
    marks: dict[str, Mark] = {}
    for one in given.split(",", MOST)[:MOST] if given else ():
        room, _, cursor = one.partition(":")
        code, found = as_code(room), CURSOR.fullmatch(cursor)
        if code is None or found is None:
            raise FilterInvalid("read", _READ)
        marks[code] = found[1], int(found[2])
    return marks


async def mine(db: Database, tokens: Mapping[Code, str], bearer: str | None, marks: Mapping[str, Mark]) -> list[Mine]:
    """The rooms of the seats with these tokens, by the code of their cookie, and of the bearer token's; at most MOST.
    `marks` are the last cursors that were read, by room (`read_marks`); one of another epoch is ignored.
    """
    given = json.dumps([[code, hashed(token)] for code, token in tokens.items()])
    rows = await db.all(_SEATS, {"given": given, "bearer": bearer and hashed(bearer)})
    found: dict[int, Mine] = {}
    asked, beyond = [], set()
    for id, code, title, epoch, head, tail, at, name, member, owner in rows:
        found[id] = Mine(code, title, name, member, f"{epoch}-{head}", at)
        mark = marks.get(code)
        if mark and mark[0] == epoch:
            found[id] = replace(found[id], unread=0, for_you=0)
            seq = max(mark[1], tail - 1)
            if seq < head:
                asked.append([id, seq, member, owner])
                beyond |= {id} if head - seq > SCANNED else set()
    for id, unread, for_you in await db.all(_COUNTS, (json.dumps(asked),)) if asked else ():
        found[id] = replace(found[id], unread=min(unread, MORE), for_you=min(for_you or 0, MORE))
    return [replace(one, unread=MORE) if id in beyond else one for id, one in found.items()]
