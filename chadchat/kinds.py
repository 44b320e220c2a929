"""Kinds: a table with one row per kind of event: its words, and how readers, caches and streams treat it.

A new kind needs a row here, a rule in `storage/apply/`, a function of its noun in `domain/`, and a line in docs/api.md.
tests/test_kinds.py fails if a row, a rule or a line is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from .events import OPERATOR, Event
from .expired import expired
from .words import (
    Notice,
    join_words,
    leave_words,
    link_words,
    owner_words,
    rename_words,
    room_words,
    says,
    until,
)


class Ending(NamedTuple):
    """The streams that an event ends: those for which `leaves(member id, link id, keyed hash of the address)` is True.

    `reason` is sent to their readers; if it is empty, the event's kind is. `seat` is the id and name of the member
    whose seat the event ended, if any. `tells` are further fields for each reader, `members_only` for members.
    """

    leaves: Callable[[str | None, int | None, str], bool]
    seat: tuple[str, str] | None = None
    reason: str = ""
    tells: Mapping[str, str] = {}
    members_only: Mapping[str, str] = {}


Rewrites = Callable[[Event, Event], Event]


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table.

    `words` returns the notice of an event; None for a message. `line`: the event adds a line to the room; another
    alters one, or is shown to no reader. `people`: the event changes the list of people. `room`: the event changes
    the room's row besides its head, so that caches must drop it. `erases`: the event may remove words from the log.
    `frees`: it may let files go. `ends` returns the streams that an event ends. `rewrites` takes an event and its
    target (the message whose seq is `changes["target"]`) and returns the altered target. `spared`: the event frees
    space or protects people, and is stored also where the quota is used up. `silent`: streams of text leave the
    event out, too.
    """

    name: str
    words: Callable[[Event], Notice] | None
    line: bool = True
    people: bool = False
    room: bool = True
    erases: bool = False
    frees: bool = False
    ends: Callable[[Event], Ending | None] | None = None
    rewrites: Rewrites | None = None
    spared: bool = False
    silent: bool = False


def kind_of(event: Event) -> Kind:
    """The row of an event's kind. An unknown kind counts as one that changes the room, with its name as its words."""
    return KINDS.get(event.kind, _UNKNOWN)


def notice(event: Event) -> Notice:
    """The words of an event that is not a message. They follow the event's name; without a name they are a sentence."""
    words = kind_of(event).words
    said = words(event) if words else Notice(event.kind)
    if event.name or event.kind not in _OWNERS:
        return said
    verb = f"The operator {said.verb}"
    return Notice(verb, said.whom, f"{said.rest}.") if said.whom else Notice(f"{verb}.")


def rewritten(event: Event) -> Event | None:
    """The altered target of an event, from the event's own facts; None if there is none, or a later event alters it."""
    rewrites = kind_of(event).rewrites
    outdated = {"edit": event.text is None, "expire": "file" not in event.changes}
    if rewrites is None or outdated.get(event.kind):
        return None
    facts = {**event.detail, **event.changes}
    seq, name, at = (facts[part] for part in ("target", "whom", "posted"))
    kept = facts.get("facts", {})
    target = Event(event.room, "message", at, name, event.member, changes=kept, seq=seq, epoch=event.epoch)
    return rewrites(event, target)


def removed(event: Event, target: Event) -> Event:
    """The target without its text, and with the name of the member who removed it."""
    return replace(target, text=None, html=None, changes={"removed_by": event.name or OPERATOR})


def edited(event: Event, target: Event) -> Event:
    """The target with the words of an edit, the members whom they mention, and its time. An edit that a restore carried
    over has the time of old.
    """
    kept = {key: value for key, value in target.changes.items() if key != "mentions"}
    new = {"mentions": event.mentions} if event.mentions else {}
    changes = {**kept, **new, "edited_at": event.edited_at or event.at}
    return replace(target, text=event.text, html=event.html, changes=changes)


def outdated(change: Event) -> Event:
    """An edit without its words, which a later event has replaced or removed; an expiry without those of the file."""
    kept = {key: value for key, value in change.changes.items() if key not in ("mentions", "file")}
    return replace(change, text=None, html=None, changes=kept)


def reacted(event: Event, target: Event) -> Event:
    """The target with all reactions of an event; without any, as it was before the first."""
    changes = {**target.changes, "reactions": event.changes["all"]}
    return replace(target, changes={name: fact for name, fact in changes.items() if fact != {}})


def answered(event: Event, question: Event) -> Event:
    """The question with its answer. Its text is the choice as the question spells it, if it has choices."""
    return replace(question, changes={**question.changes, "answer": event.answer_given})


def unanswered(_: Event, question: Event) -> Event:
    """The question without the words of its answer, which was removed. It stays answered."""
    if "answer" not in question.changes:
        return question
    return replace(question, changes={**question.changes, "answer": {**question.changes["answer"], "text": None}})


def alters(event: Event) -> list[tuple[int, Rewrites]]:
    """The messages that an event alters, by seq, each with what alters it."""
    changes, rewrites = event.changes, kind_of(event).rewrites
    found = [(changes["target"], rewrites)] if rewrites else []
    if event.kind == "message" and "answers" in changes:
        found.append((changes["reply_to"], answered))
    if "question" in changes:
        found.append((changes["question"], unanswered))
    return found


def _join_ends(event: Event) -> Ending | None:
    """A join ends the streams of the seat that it replaces, with the reason `leave`."""
    replaced = event.detail.get("replaces")
    if not replaced:
        return None
    return Ending(lambda member, link, address: member == replaced, (replaced, event.changes["was"]), "leave")


def _leave_ends(event: Event) -> Ending | None:
    """A leave ends the member's streams only if it gives up the seat."""
    if not event.detail.get("gives_up_seat"):
        return None
    return Ending(lambda member, link, address: member == event.member, (event.member or "", event.name or ""))


def _kick_ends(event: Event) -> Ending:
    target = event.changes["target"]
    return Ending(lambda member, link, address: member == target, (target, event.changes["whom"]))


def _ban_ends(event: Event) -> Ending:
    """A ban ends the streams of its member, and the streams without a seat from its address. `target` is None if the
    banned author had no seat.
    """
    target, banned, tells = event.changes["target"], event.detail.get("address"), {"until": event.changes["until"]}
    seat = (target, event.changes["whom"]) if target else None
    return Ending(lambda member, _, address: member == target if member else address == banned, seat, "", tells)


def _room_ends(event: Event) -> Ending | None:
    """A lock ends the streams of readers without a seat or a link."""
    if not event.changes.get("lock"):
        return None
    return Ending(lambda member, link, address: member is None and link is None)


def _signout_ends(event: Event) -> Ending:  # the device that stays comes back with the new token
    return Ending(lambda member, link, address: member == event.member)


def _unlink_ends(event: Event) -> Ending:
    target = event.changes["target"]
    return Ending(lambda member, link, address: link == target)


def _move_ends(event: Event) -> Ending:
    return Ending(lambda member, link, address: True, members_only={"moved": event.detail.get("to", "")})


# The acts of owners. One without a name is an act of the operator, who restored a backup.
_OWNERS: Final = frozenset({"remove", "move", "owner", "kick", "ban", "mute", "unlink"})
_UNKNOWN: Final = Kind("", None)
_ROWS: Final = (
    Kind("message", None, room=False),
    Kind("join", join_words, people=True, room=False, ends=_join_ends),
    Kind("leave", leave_words, people=True, room=False, ends=_leave_ends, spared=True),
    Kind("rename", rename_words, people=True, room=False),
    Kind("room", room_words, ends=_room_ends, erases=True, frees=True, spared=True),
    Kind(
        "prune", says("Older messages were removed."), frees=True, spared=True
    ),  # rings and pages drop the events below `before`
    Kind(
        "remove",
        says("removed a message of {whom}"),
        line=False,
        rewrites=removed,
        erases=True,
        frees=True,
        spared=True,
    ),
    Kind("edit", says("edited a message"), line=False, room=False, rewrites=edited, erases=True),
    Kind("react", says("reacted to a message"), line=False, room=False, rewrites=reacted, silent=True),
    Kind(
        "expire",
        says("A file has expired."),
        line=False,
        room=False,
        rewrites=expired,
        erases=True,
        frees=True,
        spared=True,
        silent=True,
    ),
    Kind("move", says("gave the room a new code"), ends=_move_ends, spared=True),
    Kind("owner", owner_words, people=True, spared=True),
    Kind("kick", says("kicked {whom} out of the room"), people=True, ends=_kick_ends, spared=True),
    Kind("ban", until("banned"), people=True, ends=_ban_ends, spared=True),
    Kind("unban", says("lifted the ban of {whom}"), spared=True),
    Kind("mute", until("muted"), spared=True),
    Kind("unmute", says("let {whom} speak again"), spared=True),
    Kind("link", link_words),
    Kind("unlink", says("took a link back"), ends=_unlink_ends, spared=True),
    Kind("knock", says("knocks")),
    Kind("admit", says("let {whom} in")),
    Kind("deny", says("left {whom} outside"), spared=True),
    Kind("transfer", says("made a link for another device"), line=False, room=False),
    Kind("device", says("came in on another device"), line=False, room=False),
    Kind("signout", says("signed out the other devices"), line=False, room=False, ends=_signout_ends, spared=True),
)
KINDS: Final = {kind.name: kind for kind in _ROWS}
CHANGES: Final = tuple(kind.name for kind in _ROWS if not kind.line)
NOT_A_LINE: Final = f"({', '.join(map(repr, CHANGES))})"  # for SQL, to follow `kind NOT IN`
