"""chadchat backup, restore and check."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from ..storage.backup import back_up
from ..storage.carry import Carried
from ..storage.check import check as check_folder
from ..storage.copies import beside
from ..storage.output import is_stdout
from ..storage.restore import restore as restore_folder
from .common import bar, command, folder_of, say

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@command
def backup(file: Path, data: str | None) -> None:
    """Copy everything into FILE while the server runs, and prove that the copy is whole."""
    with bar("Copying") as progress:
        contents = back_up(folder_of(data), file, progress)
    say(f"{file} holds {contents.rooms} rooms with {contents.events} events, and is whole.")
    if contents.files > contents.missing:
        say(f"{beside(file)} holds their {contents.files - contents.missing} files: keep both together.")
    if contents.missing and is_stdout(file):
        say(f"{contents.missing} files are not in it: name a file to have them in a folder beside it.")
    elif contents.missing:
        say(f"{contents.missing} files of messages are missing: chadchat check says which.")


@click.command()
@click.argument("file", type=_FILE)
@command
def restore(file: Path, data: str | None) -> None:
    """Go back to the backup FILE. The server must be stopped; what was there is kept under another name."""
    with bar("Copying") as progress:
        restored = restore_folder(folder_of(data), file, progress)
    contents = restored.contents
    of = f", of {_minute(restored.newest)}" if restored.newest else ""
    say(f"Restored {contents.rooms} rooms with {restored.messages} messages{of}. Readers will start over.")
    if restored.lost:
        say(f"{restored.lost} files of messages are missing or damaged in {beside(file)}: chadchat check says which.")
    if restored.replaced:
        say(_carried(restored.carried))
        say(f"What was there before is in {restored.replaced}.")


def _minute(at: str) -> str:
    days = (datetime.now(UTC) - datetime.fromisoformat(at)).days
    age = f"{days} days ago" if days > 0 else "less than a day ago"
    return f"{at[:16].replace('T', ' ')} UTC ({age})"


# The words for what was carried over, by the kind of event: for one, and for more.
_WORDS: Final = {
    "edit": ("edited message", "edited messages"),
    "remove": ("removed message", "removed messages"),
    "owner": ("ended ownership", "ended ownerships"),
    "mute": ("mute", "mutes"),
    "ban": ("ban", "bans"),
    "kick": ("removed member", "removed members"),
    "leave": ("seat that was given up or had ended", "seats that were given up or had ended"),
    "signout": ("sign-out of devices", "sign-outs of devices"),
    "unlink": ("withdrawn link", "withdrawn links"),
    "room": ("change of a lock or of other rules", "changes of locks or of other rules"),
    "move": ("new code", "new codes"),
}


def _carried(carried: Carried | None) -> str:
    if carried is None:
        return (
            "The replaced database could not be read: bans, removals, edits and revocations that were made since the"
            " backup do not hold."
        )
    sentences = [f"Carried over from the replaced database: {_counted(carried.kinds) or 'nothing'}."]
    if carried.refused:
        sentences.append(f"The rules of the restored rooms refused {_counted(carried.refused)}.")
    if carried.unbound:
        mutes = _counted(Counter(mute=carried.unbound))
        sentences.append(f"Left out: {mutes}, of members who joined after the backup and whose address is not known.")
    return " ".join(sentences)


def _counted(kinds: Counter[str]) -> str:
    counts = [(kinds[kind], words) for kind, words in _WORDS.items() if kinds[kind]]
    return ", ".join(f"{count} {words[count > 1]}" for count, words in counts)


@click.command()
@command
def check(data: str | None) -> None:
    """Check the file, then replay every room's log and compare each row. Changes nothing; the server may run."""
    folder = folder_of(data)
    with bar("Replaying") as progress:
        found = check_folder(folder, progress)
    for fault in found.faults:
        say(fault)
    if found.faults:
        say(f"{len(found.faults)} faults found in {folder}.")
        sys.exit(1)
    say(f"The file is whole. {found.events} events of {found.rooms} rooms give the same tables again.")
    if found.files:
        say(f"The {found.files} files of messages are as they came.")
