"""Notices: what a line says that is not a message, the same on the page, in a terminal and in an export."""

from __future__ import annotations

from typing import Final

from .events import Event

# After a name, and without one: then it was whoever runs the server.
_SAID: Final = {
    "join": ("has entered the room", "Someone has entered the room."),
    "leave": ("has left the room", "Someone has left the room."),
    "prune": ("removed older messages", "Older messages were removed."),
}
_CHANGED: Final = {
    "closed": ("closed the room", "This room was closed."),
    "restored": ("restored the room from a backup", "This room was restored from a backup."),
    "keep_days": ("changed how long messages are kept", "How long messages are kept was changed."),
    "keep_events": ("changed how many messages are kept", "How many messages are kept was changed."),
    "title": ("changed the title", "The title was changed."),
}
_OPENED: Final = ("opened the room", "This room was opened.")


def notice(event: Event) -> str:
    """What follows the event's name on its line; a whole sentence for an event that nobody's name stands for."""
    if event.kind == "room":
        named, alone = next((_CHANGED[change] for change in _CHANGED if change in event.changes), _OPENED)
    else:
        named, alone = _SAID[event.kind]
    return named if event.name else alone
