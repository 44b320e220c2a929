"""Expired files: what is left of a file in the events that told of it. Its bytes are gone, and the message stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .events import Event


def expired(event: Event, target: Event) -> Event:
    """The target with a file whose bytes have gone."""
    if "file" not in event.changes:  # the message was removed since
        return target
    return replace(target, changes={**target.changes, "file": event.changes["file"]})


def edit_without_file(event: Event, edit: Event) -> Event:
    """The newest edit of a message whose file has expired: what else it knows of the message is as it is now."""
    if "facts" not in edit.detail or "file" not in event.changes:
        return edit
    facts = {**edit.detail["facts"], "file": event.changes["file"]}
    return replace(edit, detail={**edit.detail, "facts": facts})


def facts_of_expired(file: Mapping[str, Any]) -> dict[str, Any]:
    """The public fields of a file whose bytes are gone: without their digest, and without the lines of a text."""
    return {name: fact for name, fact in file.items() if name not in ("sha256", "lines")} | {"expired": True}
