"""Notices: what a line says that is not a message, the same on the page, in a terminal and in an export."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from .events import Event


class Notice(NamedTuple):
    """`<name> <verb> <whom> <rest>`: names are kept apart, since a page isolates them."""

    verb: str
    whom: str = ""
    rest: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in self if part)


_SAID: Final = {
    "prune": ("removed older messages", ""),
    "join": ("has entered the room", ""),
    "leave": ("has left the room", ""),
    "kick": ("kicked", "out of the room"),
    "unban": ("lifted the ban of", ""),
    "unmute": ("let", "speak again"),
    "unlink": ("took a link back", ""),
    "knock": ("knocks", ""),
    "admit": ("let", "in"),
    "deny": ("left", "outside"),
    "move": ("gave the room a new code", ""),
    "remove": ("removed a message of", ""),
}
_LOCKS: Final = {
    None: "unlocked the room",
    "passphrase": "locked the room with a passphrase",
    "approval": "locked the room: owners let people in",
}


# What whoever runs the server did.
_ALONE: Final = {
    "closed": "This room was closed.",
    "restored": "This room was restored from a backup.",
    "keep_days": "How long messages are kept was changed.",
    "keep_events": "How many messages are kept was changed.",
    "title": "The title was changed.",
}
_NAMED: Final = {
    "closed": "closed the room",
    "restored": "restored the room from a backup",
    "keep_days": "changed how long messages are kept",
    "keep_events": "changed how many messages are kept",
}


def notice(event: Event) -> Notice:
    """What happened, after the name of whoever did it; a whole sentence where nobody's name stands for it."""
    if not event.name:
        return Notice(_alone(event))
    changes = event.changes
    whom = str(changes.get("whom", ""))
    match event.kind:
        case "room":
            return Notice(" and ".join(_room(changes)) or "opened the room")
        case "owner":
            return Notice("made", whom, "an owner" if changes["owner"] else "an ordinary member")
        case "ban" | "mute":
            verb = "banned" if event.kind == "ban" else "muted"
            return Notice(verb, whom, f"until {changes['until'][:16].replace('T', ' ')} UTC")
        case "link":
            return Notice(f"made a link that {changes['grants']}s")
    verb, rest = _SAID.get(event.kind, (event.kind, ""))
    return Notice(verb, whom, rest)


def _alone(event: Event) -> str:
    if event.kind == "prune":
        return "Older messages were removed."
    if event.kind == "room":
        return next((_ALONE[change] for change in _ALONE if change in event.changes), "This room was changed.")
    return f"Someone {_SAID.get(event.kind, (event.kind, ''))[0]}."


def _room(changes: Any) -> list[str]:
    said = [_NAMED[change] for change in _NAMED if change in changes]
    if "title" in changes:
        said.append(f"named the room “{changes['title']}”" if changes["title"] else "took the room's name away")
    if "slow" in changes:
        slow = changes["slow"]
        said.append(f"turned slow mode on: one message every {slow} s" if slow else "turned slow mode off")
    if "read_only" in changes:
        said.append("made the room read-only" if changes["read_only"] else "opened the room for posts")
    if "lock" in changes:
        said.append(_LOCKS[changes["lock"]])
    return said
