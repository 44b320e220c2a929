"""Notices: what the log says in words about an event that is not a message."""

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
    "prune": ("removed older messages", ""),
}
# What whoever runs the server did, or the server by itself: nobody's name stands before it.
_ALONE: Final = {
    "closed": "This room was closed.",
    "restored": "This room was restored from a backup.",
    "keep_days": "How long messages are kept was changed.",
    "keep_events": "How many messages are kept was changed.",
    "title": "The title was changed.",
    "grants": "The operator made a link for an owner.",
}
_LOCKS: Final = {
    None: "unlocked the room",
    "passphrase": "locked the room with a passphrase",
    "approval": "locked the room: owners let people in",
}


def notice(event: Event) -> Notice:
    """What happened, after the name of whoever did it; a whole sentence where that is nobody."""
    changes = event.changes
    if not event.name:
        return Notice(next((_ALONE[change] for change in _ALONE if change in changes), "Older messages were removed."))
    whom = str(changes.get("whom", ""))
    match event.kind:
        case "room":
            return Notice(" and ".join(_room(changes)) or "opened the room")
        case "join" if "was" in changes:
            return Notice("has entered the room in place of", str(changes["was"]))
        case "owner":
            return Notice("made", whom, "an owner" if changes["owner"] else "an ordinary member")
        case "ban" | "mute":
            verb = "banned" if event.kind == "ban" else "muted"
            return Notice(verb, whom, f"until {changes['until'][:16].replace('T', ' ')} UTC")
        case "link":
            return Notice(f"made a link that {changes['grants']}s")
    verb, rest = _SAID.get(event.kind, (event.kind, ""))
    return Notice(verb, whom, rest)


def _room(changes: Any) -> list[str]:
    said = []
    if "title" in changes:
        said.append(f"named the room “{changes['title']}”" if changes["title"] else "took the room's name away")
    if "slow" in changes:
        slow = changes["slow"]
        said.append(f"turned slow mode on: one message every {slow} s" if slow else "turned slow mode off")
    if "read_only" in changes:
        said.append("made the room read-only" if changes["read_only"] else "opened the room for posts")
    if "lock" in changes:
        said.append(_LOCKS[changes["lock"]])
    if "keep_days" in changes or "keep_events" in changes:
        said.append("changed how long messages are kept")
    if "closed" in changes:
        said.append("closed the room")
    return said
