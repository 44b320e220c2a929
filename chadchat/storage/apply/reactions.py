"""Reactions: the rule that sets or takes back an emoji of a member on a message. They are in the message's row alone:
every reader of a message needs them with it, and the row answers what the rule asks (is it there, how many are there).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ...errors import MessageNotFound, Muted
from ...events import Committed, Event
from ...kinds import reacted
from ...refusal import ChatError
from .messages import rewrite, stored_by_key
from .place import Place
from .seats import require_seat, use
from .targets import find

MOST_EMOJI: Final = 20  # different ones on a message
MOST: Final = 1_000  # of all members together on a message

_UNCOUNTED: Final = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")  # variation selectors and skin tones


class ReactionsFull(ChatError, status=409, code="reactions_full", section="posting"):
    sentence, values = "This message has {most}, which is the most.", ("most",)


def react(db: sqlite3.Connection, place: Place, event: Event) -> Committed | Event | None:
    """Set or take back an emoji, as `on` says, or the other of the two where it is None. The event that is stored has
    all reactions of the message. Where nothing changes, nothing is stored, and the message is the result.

    Raises SeatRequired, MessageNotFound (also if it was removed), Muted, ReactionsFull or KeyReused.
    """
    standing = require_seat(db, place, event)
    target = event.changes["target"]
    if event.seq:  # a replay: the message, if it is still there, has the reactions of its newest event
        stored_by_key(db, place, event)
        use(db, place, event)
        return None
    if target < place.tail:
        raise MessageNotFound(event.room, target)
    kept = find(db, place, event, target)
    if kept.removed_by is not None:
        raise MessageNotFound(event.room, target)
    if standing.muted_until and standing.muted_until > place.clock:
        raise Muted(event.room, standing.muted_until)
    changes = _decided(event, kept.reactions)
    if changes["all"] == kept.reactions:
        return Committed(kept, fresh=False)
    stored = stored_by_key(db, place, event)
    if isinstance(stored, Committed):
        return stored
    check_limits(changes["all"])
    detail = {**event.detail, **(stored or {}), **use(db, place, event, standing.used_at)}
    event = replace(event, changes=changes, detail=detail)
    rewrite(db, place, reacted(event, kept))
    return event


def counted_as(emoji: str) -> str:
    """The emoji without its variation selectors and skin tones: two that are the same without them count as one."""
    return _UNCOUNTED.sub("", emoji)


def check_limits(everyone: Mapping[str, list[str]]) -> None:
    """Raises ReactionsFull for more reactions than a message may have."""
    if len(everyone) > MOST_EMOJI:
        raise ReactionsFull(f"{MOST_EMOJI} different emoji")
    if sum(map(len, everyone.values())) > MOST:
        raise ReactionsFull(f"{MOST} reactions")


def _decided(event: Event, before: Mapping[str, list[str]]) -> dict[str, Any]:
    """The changes of the event: its emoji as the first member wrote it, `on`, and all reactions after it."""
    wanted, member = event.changes["emoji"], event.member or ""
    emoji = next((one for one in before if counted_as(one) == counted_as(wanted)), wanted)
    by = before.get(emoji, [])
    on = member not in by if event.changes["on"] is None else event.changes["on"]
    others = [one for one in by if one != member]
    after = {**before, emoji: (by if member in by else [*by, member]) if on else others}
    everyone = {one: members for one, members in after.items() if members}
    return {**event.changes, "emoji": emoji, "on": on, "all": everyone}
