"""chadchat rooms: list all rooms, close one, set how much one keeps, and make a link for an owner."""

from __future__ import annotations

from contextlib import closing
from typing import Final

import click

from ..domain import links
from ..domain import rooms as domain
from ..domain.appointing import appoint_offline
from ..domain.codes import clean_code
from ..events import Event
from ..log.offline import writing
from ..log.space import MIB
from ..refusal import DataError
from ..server.control import ask
from ..storage.db import FILE, connect_reader
from ..storage.named import taken
from .common import command, file_limits, folder_of, for_an_owner, quotas, say

_ROOMS: Final = """
    SELECT id, code, title, closed, head, tail, last_at,
        (SELECT count(*) FROM members WHERE room = rooms.id AND token IS NOT NULL AND closed IS NULL),
        size
    FROM rooms ORDER BY last_at DESC
"""


@click.group(invoke_without_command=True)
@click.pass_context
@command
def rooms(context: click.Context, data: str | None) -> None:
    """List every room: code, members, events, their size, files, their size, last activity, title. The server may
    run.
    """
    if context.invoked_subcommand:
        context.obj = data
        return
    with closing(connect_reader(folder_of(data) / FILE)) as db:
        found, files = db.execute(_ROOMS).fetchall(), taken(db)
    heads = f"{'members':>7} {'events':>9} {'KiB':>8} {'files':>6} {'KiB':>8}"
    click.echo(f"{'code':<6} {heads}  {'last activity':<16}  title")
    quota, limits = quotas(), file_limits()
    for id, code, title, closed, head, tail, last_at, members, size in found:
        seen = last_at[:16].replace("T", " ")
        name = f"{title} (closed)".strip() if closed else title
        count, bytes = files.get(id, (0, 0))
        sizes = f"{members:>7} {head - tail + 1:>9} {size // 1024:>8} {count:>6} {bytes // 1024:>8}"
        click.echo(f"{code:<6} {sizes}  {seen:<16}  {name}".rstrip())
    held, all = sum(row[-1] for row in found), sum(bytes for _, bytes in files.values())
    say(f"All rooms hold {held // 1024} KiB of {_mib(quota.total)}; a room may hold {_mib(quota.room)}.")
    if files:
        say(
            f"Their files take {all // 1024} KiB of {_mib(limits.total)}; those of a room may take {_mib(limits.room)}."
        )


def _mib(size: int) -> str:
    return f"{size // MIB} MiB" if size else "what the disk has room for"


@rooms.command()
@click.argument("code")
@click.pass_context
@command
def close(context: click.Context, code: str, data: str | None) -> None:
    """Close room CODE for good: nobody reads or posts in it any more. The server must be stopped."""
    code = clean_code(code)
    _append(data or context.obj, domain.closing(code))
    say(f"{code} is closed. Its code rests for 30 days; then what was said in it is removed.")


@rooms.command()
@click.argument("code")
@click.option("--days", type=click.IntRange(0), help="Remove what is older than so many days; 0 keeps it.")
@click.option("--events", type=click.IntRange(0), help="Keep so many of the newest events; 0 keeps all.")
@click.pass_context
@command
def keep(context: click.Context, code: str, days: int | None, events: int | None, data: str | None) -> None:
    """Set how much room CODE keeps, instead of the server's setting. The server must be stopped."""
    if days is None and events is None:
        raise DataError("Say what to keep: --days, --events or both.")
    code = clean_code(code)
    _append(data or context.obj, domain.keeping(code, days, events))
    words = [
        f"{value} {word}" if value else f"all {word}"
        for value, word in ((days, "days"), (events, "events"))
        if value is not None
    ]
    say(f"{code} keeps {' and '.join(words)} from the next start on.")


@rooms.command()
@click.argument("code")
@click.argument("name", required=False)
@click.pass_context
@command
def owner(context: click.Context, code: str, name: str | None, data: str | None) -> None:
    """Make the member NAME an owner of room CODE. Without NAME: make a link whose first user becomes one; it is good
    once and for a day. The server may run.
    """
    folder, code = folder_of(data or context.obj), clean_code(code)
    connect_reader(folder / FILE).close()
    if name is not None:
        appointed = ask(folder, "appoint", code, name=name)
        if appointed is None:
            with writing(folder) as log:
                appointed = appoint_offline(log, code, name)
        say(f"{appointed['name']} is an owner of {code} now.")
        return
    answer = ask(folder, "owner", code)
    if answer is None:
        event, path = links.appointing(code)
        _append(data or context.obj, event)
        answer = {"path": path, "until": event.detail["until"]}
    click.echo(answer["path"])
    say(for_an_owner(code, str(answer["until"])))


def _append(data: str | None, event: Event) -> None:
    with writing(folder_of(data)) as log:
        log.append(event)
