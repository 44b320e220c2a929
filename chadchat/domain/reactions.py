"""Reactions: set and take back emoji on messages, and tell who did."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from ..errors import MessageNotFound
from ..events import Event, now
from ..log import Log
from ..refusal import ChatError
from ..storage.apply.reactions import check_limits, counted_as
from ..storage.db import Database
from .members import Member
from .messages import check_key
from .rooms import Room

AT_HAND: Final = ("👍", "❤️", "😂", "🎉", "👀", "✅")  # in the menu of a message
LONGEST: Final = 16  # code points
_MOST_BYTES: Final = 64

# An emoji: a picture (the emoji of the Basic Multilingual Plane, from emoji-data.txt, or one of the blocks that are
# reserved for them), perhaps with a variation selector and a skin tone; two letters of a flag; a flag with tags; a
# keycap; or several of these with joiners between them (UTS 51, ED-17).
_BASIC: Final = (
    "\xa9\xae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u24c2"
    "\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2604\u260e\u2611\u2614\u2615\u2618\u261d\u2620\u2622\u2623\u2626"
    "\u262a\u262e\u262f\u2638-\u263a\u2640\u2642\u2648-\u2653\u265f\u2660\u2663\u2665\u2666\u2668\u267b\u267e\u267f"
    "\u2692-\u2697\u2699\u269b\u269c\u26a0\u26a1\u26a7\u26aa\u26ab\u26b0\u26b1\u26bd\u26be\u26c4\u26c5\u26c8\u26ce"
    "\u26cf\u26d1\u26d3\u26d4\u26e9\u26ea\u26f0-\u26f5\u26f7-\u26fa\u26fd\u2702\u2705\u2708-\u270d\u270f\u2712\u2714"
    "\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757\u2763\u2764\u2795-\u2797\u27a1"
    "\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299"
)
_PICTURE: Final = f"[{_BASIC}\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
_PART: Final = (
    f"(?:\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{{3,6}}\U000e007f"
    f"|{_PICTURE}[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?|[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3)"
)
_EMOJI: Final = re.compile(f"{_PART}(?:\u200d{_PART})*")
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
    if len(emoji) > LONGEST or not _EMOJI.fullmatch(emoji) or len(emoji.encode()) > _MOST_BYTES:
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
