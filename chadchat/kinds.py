"""Kinds: one row per kind of event, with everything that the rest of the program asks about a kind.

A new kind is a row here, its rule in `storage/apply/`, a function of its noun in `domain/`, and its line in
docs/api.md. tests/test_kinds.py fails where a row, a rule or a line is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from .events import Event


class Notice(NamedTuple):
    """`<name> <verb> <whom> <rest>`. The names stand apart because a page isolates the direction of their text."""

    verb: str
    whom: str = ""
    rest: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in self if part)


class Ending(NamedTuple):
    """The streams that an event ends: those for which `leaves(member id, link id, keyed hash of the address)` is true.
    `reason` is told to their readers; empty, it is the event's kind. `seat` is the id and the name of the member whose
    seat the event ended, if it ended one.
    """

    leaves: Callable[[str | None, int | None, str], bool]
    seat: tuple[str, str] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """`words` are those of its notice, None for a message. `line`: it adds a line to the room; otherwise it is a change
    that only alters a line that is there. `people`: somebody came or went. `room`: it changes more of the room than
    where its log ends. `erases`: it may take words out of the log. `ends` gives the streams that an event ends.
    `rewrites` makes of an event and its target (the message whose seq is `changes["target"]`) the target as it is from
    then on.
    """

    name: str
    words: Callable[[Event], Notice] | None
    line: bool = True
    people: bool = False
    room: bool = True
    erases: bool = False
    ends: Callable[[Event], Ending | None] | None = None
    rewrites: Callable[[Event, Event], Event] | None = None


def kind_of(event: Event) -> Kind:
    """The row of an event's kind. A kind without a row changes the room and has its own name for words."""
    return KINDS.get(event.kind, _UNKNOWN)


def notice(event: Event) -> Notice:
    """The words about an event that is not a message. They follow its name; without a name they are a sentence."""
    words = kind_of(event).words
    return words(event) if words else Notice(event.kind)


def rewritten(event: Event) -> Event | None:
    """The line that an event rewrites, as far as the event itself tells of it; None when it rewrites none."""
    rewrites = kind_of(event).rewrites
    if rewrites is None:
        return None
    seq, name, at = (event.changes[part] for part in ("target", "whom", "posted"))
    return rewrites(event, Event(room=event.room, kind="message", at=at, name=name, seq=seq, epoch=event.epoch))


def removed(event: Event, target: Event) -> Event:
    """A message whose words are gone: its author and its time are left, and the name of the member that removed it."""
    return replace(target, text=None, html=None, changes={"removed_by": event.name})


def _says(template: str) -> Callable[[Event], Notice]:
    """The words of a template, in which `{whom}` stands for the member that the event is about."""
    verb, whom, rest = (part.strip() for part in template.partition("{whom}"))
    if not whom:
        return lambda event: Notice(verb)
    return lambda event: Notice(verb, str(event.changes["whom"]), rest)


def _until(verb: str) -> Callable[[Event], Notice]:
    def words(event: Event) -> Notice:
        until = event.changes["until"][:16].replace("T", " ")
        return Notice(verb, event.changes["whom"], f"until {until} UTC")

    return words


def _join_words(event: Event) -> Notice:
    if "was" in event.changes:
        return Notice("has entered the room in place of", str(event.changes["was"]))
    return Notice("has entered the room")


def _owner_words(event: Event) -> Notice:
    return Notice("made", event.changes["whom"], "an owner" if event.changes["owner"] else "an ordinary member")


def _link_words(event: Event) -> Notice:
    if not event.name:
        return Notice("The operator made a link for an owner.")
    return Notice(f"made a link that {event.changes['grants']}s")


# The operator and the server itself have no name: these are whole sentences.
_NAMELESS: Final = {
    "closed": "This room was closed.",
    "restored": "This room was restored from a backup.",
    "keep_days": "How long messages are kept was changed.",
    "keep_events": "How many messages are kept was changed.",
    "title": "The title was changed.",
}
_LOCKS: Final = {
    None: "unlocked the room",
    "passphrase": "locked the room with a passphrase",
    "approval": "locked the room: owners let people in",
}


def _room_words(event: Event) -> Notice:
    if not event.name:
        sentences = (_NAMELESS[change] for change in _NAMELESS if change in event.changes)
        return Notice(next(sentences, "Older messages were removed."))
    return Notice(" and ".join(_room_changes(event)) or "opened the room")


def _room_changes(event: Event) -> Iterator[str]:
    changes = event.changes
    if "title" in changes:
        yield f"named the room “{changes['title']}”" if changes["title"] else "took the room's name away"
    if "slow" in changes:
        slow = changes["slow"]
        yield f"turned slow mode on: one message every {slow} s" if slow else "turned slow mode off"
    if "read_only" in changes:
        yield "made the room read-only" if changes["read_only"] else "opened the room for posts"
    if "lock" in changes:
        yield _LOCKS[changes["lock"]]
    if "keep_days" in changes or "keep_events" in changes:
        yield "changed how long messages are kept"
    if "closed" in changes:
        yield "closed the room"


def _join_ends(event: Event) -> Ending | None:
    """A seat that the new one replaces ends as if its member had given it up."""
    replaced = event.detail.get("replaces")
    if not replaced:
        return None
    return Ending(lambda member, link, address: member == replaced, (replaced, event.changes["was"]), "leave")


def _leave_ends(event: Event) -> Ending | None:
    """A leave ends streams only if it gives the seat up."""
    if not event.detail.get("gives_up_seat"):
        return None
    return Ending(lambda member, link, address: member == event.member, (event.member or "", event.name or ""))


def _kick_ends(event: Event) -> Ending:
    target = event.changes["target"]
    return Ending(lambda member, link, address: member == target, (target, event.changes["whom"]))


def _ban_ends(event: Event) -> Ending:
    """A ban ends the streams of its member, and at its address those without a seat. The author of a message without a
    seat is no member: `target` is None.
    """
    target, banned = event.changes["target"], event.detail.get("address")
    return Ending(
        lambda member, link, address: member == target if member else banned is not None and address == banned,
        (target, event.changes["whom"]) if target else None,
    )


def _room_ends(event: Event) -> Ending | None:
    """A lock ends the streams of those that hold neither a seat nor a link."""
    if not event.changes.get("lock"):
        return None
    return Ending(lambda member, link, address: member is None and link is None)


def _unlink_ends(event: Event) -> Ending:
    target = event.changes["target"]
    return Ending(lambda member, link, address: link == target)


def _move_ends(event: Event) -> Ending:
    return Ending(lambda member, link, address: True)


_UNKNOWN: Final = Kind("", None)
_ROWS: Final = (
    Kind("message", None, room=False),
    Kind("join", _join_words, people=True, room=False, ends=_join_ends),
    Kind("leave", _says("has left the room"), people=True, room=False, ends=_leave_ends),
    Kind("room", _room_words, erases=True, ends=_room_ends),  # the first takes the place of a room that was closed
    Kind("prune", _says("Older messages were removed."), erases=True),
    Kind("remove", _says("removed a message of {whom}"), erases=True, rewrites=removed),
    Kind("move", _says("gave the room a new code"), ends=_move_ends),
    Kind("owner", _owner_words),
    Kind("kick", _says("kicked {whom} out of the room"), people=True, ends=_kick_ends),
    Kind("ban", _until("banned"), people=True, ends=_ban_ends),
    Kind("unban", _says("lifted the ban of {whom}")),
    Kind("mute", _until("muted")),
    Kind("unmute", _says("let {whom} speak again")),
    Kind("link", _link_words),
    Kind("unlink", _says("took a link back"), ends=_unlink_ends),
    Kind("knock", _says("knocks")),
    Kind("admit", _says("let {whom} in")),
    Kind("deny", _says("left {whom} outside")),
)
KINDS: Final = {kind.name: kind for kind in _ROWS}
