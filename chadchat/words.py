"""Words: what each kind of event says of itself in a line of the room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from .events import Event


class Notice(NamedTuple):
    """The words of an event, `<name> <verb> <whom> <rest>`. `whom` is separate, as a page isolates its bidi text."""

    verb: str
    whom: str = ""
    rest: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in self if part)


def says(template: str) -> Callable[[Event], Notice]:
    """A function that returns the words of a template, in which `{whom}` is the member that the event is about."""
    verb, whom, rest = (part.strip() for part in template.partition("{whom}"))
    if not whom:
        return lambda event: Notice(verb)
    return lambda event: Notice(verb, str(event.changes["whom"]), rest)


def until(verb: str) -> Callable[[Event], Notice]:
    """A function that returns the words of an act on a member that ends at a time."""

    def words(event: Event) -> Notice:
        end = event.changes["until"][:16].replace("T", " ")
        return Notice(verb, event.changes["whom"], f"until {end} UTC")

    return words


def join_words(event: Event) -> Notice:
    """The words of a join."""
    if "was" in event.changes:
        return Notice("has entered the room in place of", str(event.changes["was"]))
    return Notice("has entered the room")


def rename_words(event: Event) -> Notice:
    """The words of a change of name."""
    return Notice("is the new name of", str(event.changes["was"]))


def leave_words(event: Event) -> Notice:
    """The words of a leave."""
    days = event.changes.get("unused_days")
    return Notice("has left the room" + (f": not here for {days} days" if days else ""))


def owner_words(event: Event) -> Notice:
    """The words of a change of who owns the room."""
    return Notice("made", event.changes["whom"], "an owner" if event.changes["owner"] else "an ordinary member")


def link_words(event: Event) -> Notice:
    """The words of a new link."""
    if not event.name:
        return Notice("The operator made a link for an owner.")
    return Notice(f"made a link that {event.changes['grants']}s")


# The operator and the server itself have no name: these are whole sentences.
_NAMELESS: Final = {
    "closed": "This room was closed.",
    "restored": "This room was restored from a backup.",
    "keep_days": "How long messages are kept was changed.",
    "keep_events": "How many messages are kept was changed.",
    "edits": "How long messages can be edited was changed.",
    "title": "The title was changed.",
}
_EDITS: Final = {
    None: "let messages be edited for as long as on this server",
    0: "turned off the editing of messages",
    1: "let messages be edited for one hour",
}
_LOCKS: Final = {
    None: "unlocked the room",
    "passphrase": "locked the room with a passphrase",
    "approval": "locked the room: owners let people in",
}


def room_words(event: Event) -> Notice:
    """The words of a `room` event: a sentence for each change, or the opening of the room."""
    if not event.name:
        sentences = (_NAMELESS[change] for change in _NAMELESS if change in event.changes)
        return Notice(next(sentences, "This room was changed." if event.changes else "This room was imported."))
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
    if "typing" in changes:
        yield "had it shown who is typing" if changes["typing"] else "had it no longer shown who is typing"
    if "files" in changes:
        yield "turned files on" if changes["files"] else "turned files off"
    if "lock" in changes:
        yield _LOCKS[changes["lock"]]
    if "keep_days" in changes or "keep_events" in changes:
        yield "changed how long messages are kept"
    if "edits" in changes:
        yield _EDITS.get(changes["edits"], f"let messages be edited for {changes['edits']} hours")
    if "closed" in changes:
        yield "closed the room"


def size_words(size: int) -> str:
    """A number of bytes in words: `812 bytes`, `8 KB`, `1.2 MB`."""
    if size < 1000:
        return f"{size} byte{'' if size == 1 else 's'}"
    value, unit = (size / 1e3, "KB") if size < 999_500 else (size / 1e6, "MB")
    return f"{value:.1f} {unit}" if unit == "MB" and value < 9.95 else f"{value:.0f} {unit}"
