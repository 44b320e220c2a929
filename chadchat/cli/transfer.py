"""chadchat export and import: write one room to a file, and make a new room from such a file."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import click

from ..app import create_app, exports
from ..domain import rooms
from ..domain.codes import clean_code
from ..domain.export import FORMATS, ExportFormat
from ..domain.export import export as export_room
from ..domain.imports import import_lines
from ..log.offline import writing
from ..refusal import DataError
from ..settings import Settings
from ..storage.backup import Progress
from ..storage.db import FILE, Database, connect_reader
from ..storage.output import is_stdout, replacing
from .common import bar, command, folder_of, for_an_owner, say

LONGEST_LINE: Final = 1 << 20  # bytes; a message has at most 4,096 characters, each at most 6 bytes of JSON


@click.command()
@click.argument("code")
@click.argument("file", type=click.Path(path_type=Path), default="-")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="How; else as FILE's name ends, else jsonl.")
@command
def export(code: str, file: Path, kind: str | None, data: str | None) -> None:
    """Write everything that room CODE keeps to FILE (or to the standard output). The server may run."""
    folder, code = folder_of(data), clean_code(code)
    connect_reader(folder / FILE).close()
    ending = file.suffix.removeprefix(".")
    format: ExportFormat = exports(create_app(Settings()))[kind or (ending if ending in FORMATS else "jsonl")]
    with bar("Exporting") as progress, _opened(folder, file) as out:
        events = asyncio.run(_export(folder, code, format, out, progress))
    say(f"Exported {events} events of {code}.")


@contextmanager
def _opened(folder: Path, file: Path) -> Iterator[IO[bytes]]:
    """The standard output, or a file that takes its name at the end. Raises DataError and OSError."""
    if is_stdout(file):
        out = sys.stdout.buffer
        yield out
        out.flush()
        return
    with replacing(folder, file) as part, part.open("wb") as written:
        yield written
        written.flush()


async def _export(folder: Path, code: str, format: ExportFormat, file: IO[bytes], progress: Progress) -> int:
    db = await Database.open(folder / FILE)
    try:
        room = await rooms.find(db, code)
        total = room.head - room.tail + 1
        async for done, part in export_room(db, room, format):
            file.write(part.encode())
            progress(done, total)
        return total
    finally:
        await db.close()


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--owner", metavar="NAME", help="Make the room's owner, and print the token of that seat, once.")
@command
def import_(file: Path, owner: str | None, data: str | None) -> None:
    """Make a new room from FILE, which `export` wrote as jsonl: all of it or nothing. The server must be stopped."""
    with bar("Importing") as progress, writing(folder_of(data), new=True) as log, file.open("rb") as raw:
        imported = import_lines(log, _decoded(_counted(raw, file.stat().st_size, progress)), owner)
    click.echo(imported.code)
    say(f"{imported.messages} messages are in {imported.code} now; {imported.left_out} other lines were left out.")
    if imported.token:
        say(f"{imported.token}\nThis token is of the owner's seat, and is not shown again.")
    else:
        say(f"{imported.path}\n{for_an_owner(imported.code, imported.until)}")


def _counted(file: IO[bytes], total: int, progress: Progress) -> Iterator[bytes]:
    """Yield the lines of a file, and report the progress. Raises DataError for a line longer than LONGEST_LINE."""
    done = 0
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), start=1):
        if len(line) > LONGEST_LINE:
            raise DataError(f"Line {number} is longer than any line of an export.")
        done += len(line)
        progress(done, total)
        yield line


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    """Decode lines that were split at LF only, as a message may hold other line ends. Raises DataError."""
    for number, line in enumerate(lines, start=1):
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise DataError(f"Line {number} is not UTF-8.") from error
