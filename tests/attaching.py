"""Posts messages with files into a log, as an upload does."""

from __future__ import annotations

from pathlib import Path

from chadchat.domain import messages
from chadchat.domain.files import attachment
from chadchat.domain.members import Seat
from chadchat.domain.messages import Draft
from chadchat.events import Event
from chadchat.log.local import LocalLog
from chadchat.storage.files import Files


async def attach(
    log: LocalLog,
    data: Path,
    seat: Seat,
    content: bytes = b"12:00 all is well\n",
    name: str = "log.txt",
    text: str = "",
) -> Event:
    """The message of the seat with a file in the data folder."""
    async with Files(data).begin() as part:
        await part.write(content)
        stored = await part.finish()
    committed = await messages.post(log, seat.room, seat.member, Draft(text, file=attachment(stored, name)))
    return committed.event


def kept(data: Path) -> list[Path]:
    """The bytes of files in a data folder or beside a backup."""
    return sorted(path for path in data.rglob("*") if path.parent.parent.name.endswith("files"))


def holds(data: Path, words: bytes) -> list[Path]:
    """The files in a folder, and below it, that have these words in them."""
    return [path for path in data.rglob("*") if path.is_file() and words in path.read_bytes()]
