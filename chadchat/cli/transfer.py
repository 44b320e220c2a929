"""chadchat export and import: write one room to a file, and make a new room from such a file."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple

import click

from ..app import create_app, exports
from ..domain import rooms
from ..domain.archive import KINDS, exported
from ..domain.codes import clean_code
from ..domain.imported_files import Bringing, FromZip, without_bytes
from ..domain.imports import import_lines
from ..domain.unpacking import Unpacked, is_zip
from ..log.offline import OfflineLog, writing
from ..log.space import MIB
from ..refusal import DataError
from ..settings import Settings, variable
from ..storage.backup import Progress
from ..storage.db import FILE, Database, connect_reader
from ..storage.files import Files
from ..storage.named import taken
from ..storage.output import is_stdout, replacing
from .common import bar, command, file_limits, folder_of, for_an_owner, say

LONGEST_LINE: Final = 1 << 20  # bytes; a message has at most 4,096 characters, each at most 6 bytes of JSON


@click.command()
@click.argument("code")
@click.argument("file", type=click.Path(path_type=Path), default="-")
@click.option("--format", "kind", type=click.Choice(KINDS), help="How; else as FILE's name ends, else jsonl.")
@command
def export(code: str, file: Path, kind: str | None, data: str | None) -> None:
    """Write everything that room CODE keeps to FILE (or to the standard output), with its files as zip. The server may
    run.
    """
    folder, code = folder_of(data), clean_code(code)
    connect_reader(folder / FILE).close()
    ending = file.suffix.removeprefix(".")
    kind = kind or (ending if ending in KINDS else "jsonl")
    with bar("Exporting") as progress, _opened(folder, file) as out:
        events = asyncio.run(_export(folder, code, kind, out, progress))
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


async def _export(folder: Path, code: str, kind: str, file: IO[bytes], progress: Progress) -> int:
    formats = exports(create_app(Settings()))
    db = await Database.open(folder / FILE)
    try:
        room = await rooms.find(db, code)
        total = room.head - room.tail + 1
        async for done, part in exported(db, room, kind, formats, Files(folder)):
            file.write(part)
            progress(done, total)
        return total
    finally:
        await db.close()


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--owner", metavar="NAME", help="Make the room's owner, and print the token of that seat, once.")
@command
def import_(file: Path, owner: str | None, data: str | None) -> None:
    """Make a new room from FILE, which `export` wrote as zip or jsonl: all of it or nothing. The server must be
    stopped.
    """
    folder = folder_of(data)
    with bar("Importing") as progress, _source(folder, file) as source, writing(folder, new=True) as log:
        _require_room(log, source.files_size)
        lines = _decoded(_counted(source.lines, source.size, progress))
        imported = import_lines(log, lines, owner, source.bring)
    click.echo(imported.code)
    say(f"{imported.messages} messages are in {imported.code} now; {imported.left_out} other lines were left out.")
    if imported.token:
        say(f"{imported.token}\nThis token is of the owner's seat, and is not shown again.")
    else:
        say(f"{imported.path}\n{for_an_owner(imported.code, imported.until)}")


class _Source(NamedTuple):
    lines: Iterator[bytes]
    size: int
    bring: Bringing = without_bytes
    files_size: int = 0


@contextmanager
def _source(folder: Path, file: Path) -> Iterator[_Source]:
    """Open the file to import: its lines, or a zip with the files of the messages, which go after an error."""
    if not is_zip(file):
        with file.open("rb") as raw:
            lines = iter(lambda: raw.readline(LONGEST_LINE + 1), b"")
            yield _Source(lines, file.stat().st_size)
        return
    with (
        closing(Unpacked(file, file_limits())) as unpacked,
        closing(unpacked.lines(LONGEST_LINE + 1)) as lines,
        FromZip(Files(folder), unpacked) as files,
    ):
        yield _Source(lines, unpacked.size, files.bring, unpacked.files_size)


def _require_room(log: OfflineLog, size: int) -> None:
    """Raises DataError if so many bytes of files are more than this server may have."""
    most, held = file_limits().total, sum(bytes for _, bytes in taken(log.db).values())
    if size and held + size > most:
        raise DataError(
            f"The files of all rooms may take {most // MIB} MiB ({variable('quota_files_total')});"
            f" they take {held // MIB} MiB, and those in the zip {size // MIB} MiB."
        )


def _counted(lines: Iterator[bytes], total: int, progress: Progress) -> Iterator[bytes]:
    """Yield the lines, and report the progress. Raises DataError for a line longer than LONGEST_LINE."""
    done = 0
    for number, line in enumerate(lines, start=1):
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
