"""Reactions: set and take back emoji on messages, and tell who did."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from ..errors import MessageNotFound
from ..events import Event, now
from ..log import Log
from ..refusal import ChatError
from ..storage.apply.reactions import check_limits, counted_as
from ..storage.db import Database
from .emoji import EMOJI
from .members import Member
from .messages import check_key
from .rooms import Room

AT_HAND: Final = ("👍", "❤️", "😂", "🎉", "👀", "✅")  # in the menu of a message
LONGEST: Final = 16  # code points
_MOST_BYTES: Final = 64

_NAMES: Final = "SELECT id, name FROM members WHERE room = ? AND id IN (SELECT value FROM json_each(?))"


class ReactionInvalid(ChatError, status=422, code="reaction_invalid", section="posting", field="emoji"):
    sentence = "A reaction is one emoji, like \N{THUMBS UP SIGN}."


@dataclass(frozen=True, slots=True)
class Wish:
    """A reaction before it is checked. `on` is None for the other of what it is now."""

    emoji: str
    on: bool | None = None
    key: str | None = None


async def react(log: Log, room: str, member: Member, seq: int, wish: Wish) -> dict[str, Any]:
    """Set or take back an emoji of the member on a message. If it is so already, nothing is stored. Returns the public
    fields of the result: the message, the emoji, whether it is the member's now, and all reactions; to a retry with the
    same key those of the first time.

    Raises ReactionInvalid, ReactionsFull, KeyInvalid, KeyReused, MessageNotFound (also if it was removed), SeatRequired
    or Muted.
    """
    emoji = check_emoji(wish.emoji)
    detail: dict[str, str] = {}
    if wish.key is not None:
        digest = hashlib.sha256(f"{seq} {counted_as(emoji)} {wish.on}".encode()).hexdigest()
        detail = {"key": check_key(wish.key), "digest": digest}
    changes = {"target": seq, "emoji": emoji, "on": wish.on}
    event = Event(room, "react", now(), member.name, member.id, changes=changes, detail=detail)
    stored = (await log.append(event)).event
    if stored.kind == "react":
        return {part: stored.changes[part] for part in ("target", "emoji", "on", "all")}
    everyone = stored.reactions  # of the message, as nothing changed
    shown = next((kept for kept in everyone if counted_as(kept) == counted_as(emoji)), emoji)
    return {"target": seq, "emoji": shown, "on": wish.on, "all": everyone}


async def names_of(db: Database, room: Room, message: Event) -> dict[str, str | None]:
    """The present names of the members who reacted to a message, by id; None for those the room does not know.

    Raises MessageNotFound if the message was removed.
    """
    if message.removed_by is not None:
        raise MessageNotFound(room.code, message.seq)
    found = list(dict.fromkeys(id for ids in message.reactions.values() for id in ids))
    names: dict[str, str] = dict(await db.all(_NAMES, (room.id, json.dumps(found)))) if found else {}
    return {id: names.get(id) for id in found}


def check_emoji(given: str) -> str:
    """The emoji without spaces around it. Raises ReactionInvalid for what is not one emoji."""
    emoji = given.strip()
    if len(emoji) > LONGEST or not EMOJI.fullmatch(emoji) or len(emoji.encode()) > _MOST_BYTES:
        raise ReactionInvalid
    return emoji


def imported(given: object, ids: dict[str, str]) -> dict[str, list[str]]:
    """The reactions of a line of an export, for another room. The counts stay; each member's id is replaced by one
    that no member has (`x1`, `x2` ...), the same one throughout the file: `ids` has those that were given.

    Raises ReactionInvalid or ReactionsFull.
    """
    if not isinstance(given, dict):
        raise ReactionInvalid
    everyone: dict[str, list[str]] = {}
    for emoji, members in given.items():
        listed = isinstance(members, list) and all(isinstance(one, str) for one in members)
        if not listed or not members or counted_as(check_emoji(emoji)) in map(counted_as, everyone):
            raise ReactionInvalid
        everyone[emoji] = [ids.setdefault(one, f"x{len(ids) + 1}") for one in dict.fromkeys(members)]
    check_limits(everyone)
    return everyone
