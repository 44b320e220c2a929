"""A room as it should be, for test_state_machine.py: a list of events, and who may do what."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

Line = tuple[str, str | None, str | None]
Reactions = dict[str, list[str]]
CHANGES = ("edit", "react", "expire")


@dataclass
class Model:
    """A room as it should be: (kind, name, text) of each event, in order; who has which token; what a key stored; the
    seq at which the log begins.
    """

    code: str
    events: list[Line]
    seats: dict[str, str]
    members: dict[str, str]  # by name, of those with a seat
    owners: set[str]  # names of those with a seat
    muted: set[str] = field(default_factory=set)  # the same
    address_muted: bool = False  # all come from one address: so is everybody who takes a seat after a mute began
    away: set[str] = field(default_factory=set)  # names of those with a seat who have gone, and have no stream
    keys: list[tuple[str, str, str, int]] = field(default_factory=list)  # key, text, name, seq
    tail: int = 1
    authors: dict[int, str | None] = field(default_factory=dict)  # of each message, by seq: the member, if it has one
    edits: dict[int, list[int]] = field(default_factory=dict)  # the seqs of the edits of each message
    texts: dict[int, set[str | None]] = field(default_factory=dict)  # all that a message or an edit ever had
    replies: dict[int, list[int]] = field(default_factory=dict)  # the seqs of the replies to each message
    asked: dict[int, int] = field(default_factory=dict)  # the seq of the answer to each question; 0: none yet
    files: set[int] = field(default_factory=set)  # the seqs of messages whose files live
    expired: dict[int, int] = field(default_factory=dict)  # the seq at which the file of each message expired
    reactions: dict[int, Reactions] = field(default_factory=dict)  # of each message that has or had some
    reacted: dict[int, int] = field(default_factory=dict)  # the seq of the newest reaction to each message

    def add(self, kind: str, name: str | None, text: str | None = None) -> int:
        self.events.append((kind, name, text))
        seq = len(self.events)
        if kind == "message":
            self.authors[seq] = self.members.get(name or "")
            self.texts[seq] = {text}
        return seq

    def edit(self, target: int, name: str, text: str) -> None:
        """Only the newest words are anywhere."""
        for seq in self.edits.get(target, ()):
            self.events[seq - 1] = (*self.events[seq - 1][:2], None)
        self.events[target - 1] = (*self.events[target - 1][:2], text)
        self.texts[target].add(text)
        seq = self.add("edit", name, text)
        self.texts[seq] = {text, None}
        self.edits.setdefault(target, []).append(seq)

    def react(self, target: int, name: str, emoji: str, on: bool | None) -> bool | None:
        """Whether it is the member's after it; None where nothing changes."""
        member, everyone = self.members[name], self.reactions.get(target, {})
        before = member in everyone.get(emoji, [])
        after = not before if on is None else on
        if after == before:
            return None
        by = [one for one in everyone.get(emoji, []) if one != member] + [member] * after
        everyone = {**everyone, emoji: by}
        self.reactions[target] = {one: members for one, members in everyone.items() if members}
        self.reacted[target] = self.add("react", name, shown(self.reactions[target]))
        return after

    def is_or_was(self, seq: int, line: Line) -> bool:
        """Whether an event looks like this, or once did."""
        wanted = self.events[seq - 1]
        return line == wanted or (line[:2] == wanted[:2] and line[2] in self.texts.get(seq, ()))

    def lines(self) -> list[int]:
        """The seqs of what adds a line, from the tail on."""
        return [seq for seq, (kind, *_) in enumerate(self.events, 1) if seq >= self.tail and kind not in CHANGES]

    def oldest_of(self, keep: int) -> int:
        """The seq at which a log of so many events begins; those about removals, and changes, do not count."""
        counted = [seq for seq in self.lines() if self.events[seq - 1][0] != "prune"]
        return counted[-keep] if len(counted) > keep else self.tail

    def silenced(self, name: str) -> bool:
        """Whether that name may only read; an owner who was muted before may speak no more than another."""
        return name in self.muted if name in self.seats else self.address_muted

    def headers(self, name: str) -> dict[str, str]:
        """What the one with that name shows: a token, or only the name."""
        return {"Authorization": f"Bearer {self.seats[name]}"} if name in self.seats else {"Name": name}


def as_they_are(events: list[dict[str, Any]]) -> list[Line]:
    """The events of a reader, each changed by what came after it, as a program does that keeps them."""
    texts = {event["seq"]: shown(event["all"]) if "all" in event else event.get("text") for event in events}
    edits = defaultdict[int, list[int]](list)
    for event in events:
        if event["kind"] == "edit":
            target = event["target"]
            if event["text"] is not None:
                texts |= dict.fromkeys(edits[target]) | ({target: event["text"]} if target in texts else {})
            edits[target].append(event["seq"])
    return [(event["kind"], event["name"], texts[event["seq"]]) for event in events]


def reactions_of(events: list[dict[str, Any]]) -> dict[int, Reactions]:
    """The reactions to each message that a reader has, as a program has them that keeps the events."""
    found = {event["seq"]: event.get("reactions", {}) for event in events if event["kind"] == "message"}
    for event in events:
        if event["kind"] == "react" and event["target"] in found:
            found[event["target"]] = event["all"]
    return found


def shown(reactions: Reactions) -> str:
    """Reactions as the text of a line of the model."""
    return " ".join(f"{emoji} {','.join(members)}" for emoji, members in reactions.items())
