"""Room settings: checks the settings that an owner changes, and stores them as an event of kind `room`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ..errors import SettingInvalid
from ..events import Committed, Event, now
from ..log import Log
from .members import Member
from .passphrases import Passphrases
from .rooms import MOST_HOURS, MOST_KEPT, Room, clean_title

SLOWEST: Final = 3600
_ON: Final = {"1": True, "on": True, "true": True, "yes": True, "0": False, "off": False, "false": False, "": False}
_LOCKED: Final = {
    None: "The room is open: everyone with the code gets in.",
    "passphrase": "The room is locked: people need the passphrase.",
    "approval": "The room is locked: people knock, and an owner lets them in.",
}
_LOCKS: Final = {"": None, "off": None, "none": None, "passphrase": "passphrase", "approval": "approval"}


def shown(room: Room) -> dict[str, object]:
    """The settings as JSON. The passphrase is never shown."""
    rules = room.rules
    return {
        "room": room.code,
        "title": room.title,
        "slow": rules.slow,
        "read_only": rules.read_only,
        "lock": rules.lock,
        "keep_days": rules.keep_days,
        "keep_events": rules.keep_events,
        "edits": rules.edits,
        "typing": rules.typing,
        "files": rules.files,
    }


async def change(log: Log, gate: Passphrases, room: Room, owner: Member, fields: Mapping[str, str]) -> Committed | None:
    """Store the given settings that differ from the room's; None if none does.

    Raises SettingInvalid, TitleInvalid, SeatRequired or OwnerRequired.
    """
    changes, detail = await _read(gate, room, fields)
    if not changes:
        return None
    event = Event(
        room=room.code, kind="room", at=now(), name=owner.name, member=owner.id, changes=changes, detail=detail
    )
    return await log.append(event)


async def _read(gate: Passphrases, room: Room, fields: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    rules, changes, detail = room.rules, dict[str, Any](), dict[str, Any]()
    if "title" in fields and (title := clean_title(fields["title"])) != room.title:
        changes["title"] = title
    if "slow" in fields and (slow := _slow(fields["slow"])) != rules.slow:
        changes["slow"] = slow
    if "read_only" in fields and (read_only := _choice(_ON, "read_only", fields)) != rules.read_only:
        changes["read_only"] = read_only
    if "typing" in fields and (typing := _choice(_ON, "typing", fields)) != rules.typing:
        changes["typing"] = typing
    if "files" in fields and (files := _choice(_ON, "files", fields)) != rules.files:
        changes["files"] = files
    for name, kept in (("keep_days", rules.keep_days), ("keep_events", rules.keep_events)):
        if name in fields and (keep := _keep(name, fields[name])) != kept:
            changes[name] = keep
    if "edits" in fields and (edits := _edits(fields["edits"])) != rules.edits:
        changes["edits"] = edits
    lock = _choice(_LOCKS, "lock", fields) if "lock" in fields else rules.lock
    passphrase = fields.get("passphrase", "")
    if passphrase and (lock is None or "lock" not in fields):
        lock = "passphrase"  # typed without a lock, it is meant as one
    if lock == "passphrase" and (passphrase or rules.lock != lock):
        changes["lock"], detail["passphrase"] = lock, await gate.hashed(passphrase, room.id)
    elif lock != rules.lock:
        changes["lock"] = lock
    return changes, detail


def kept(room: Room, fields: Mapping[str, str]) -> Room:
    """The room as it would be with the retention that these fields give. Raises SettingInvalid."""
    rules = room.rules
    days = _keep("keep_days", fields["keep_days"]) if "keep_days" in fields else rules.keep_days
    events = _keep("keep_events", fields["keep_events"]) if "keep_events" in fields else rules.keep_events
    return replace(room, rules=replace(rules, keep_days=days, keep_events=events))


def in_words(stored: Committed | None) -> str:
    """The changes of an event in words, for the page that comes after the form."""
    if stored is None:
        return "Nothing was changed."
    changes = stored.event.changes
    said = ["Saved."]
    if "lock" in changes:
        said.append(_LOCKED[changes["lock"]])
    if "read_only" in changes:
        said.append("Only owners post now." if changes["read_only"] else "Everyone in the room posts now.")
    return " ".join(said)


def _slow(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 6 and int(value) <= SLOWEST):
        raise SettingInvalid("slow", f"Slow mode is a whole number of seconds from 0 (off) to {SLOWEST}.")
    return int(value)


def _keep(name: str, value: str) -> int | None:
    """Parse a retention setting; None (the server's setting) if it is empty. Raises SettingInvalid."""
    if not value.strip():
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 11 and int(value) <= MOST_KEPT):
        raise SettingInvalid(name, f"{name} is a whole number from 0 (for ever) to {MOST_KEPT}, or empty.")
    return int(value)


def _edits(value: str) -> int | None:
    """Parse the hours in which a message can be edited; None (the server's setting) if it is empty. Raises
    SettingInvalid.
    """
    value = value.strip().lower()
    if not value:
        return None
    if value in ("off", "never"):
        return 0
    if not (value.isascii() and value.isdigit() and len(value) < 7 and int(value) <= MOST_HOURS):
        raise SettingInvalid("edits", f"edits is a whole number of hours from 0 (never) to {MOST_HOURS}, or empty.")
    return int(value)


def _choice(choices: Mapping[str, Any], field: str, fields: Mapping[str, str]) -> Any:
    value = fields[field].strip().lower()
    if value not in choices:
        raise SettingInvalid(field, f"{field} is one of: {', '.join(choice for choice in choices if choice)}.")
    return choices[value]
