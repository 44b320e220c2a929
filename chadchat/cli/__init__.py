"""The command line."""

from __future__ import annotations

import sys

import click

from .. import __version__, logs, server
from ..errors import StartupError
from ..settings import SETTINGS, Settings, variable
from .common import SENTENCES
from .data import backup, check, restore
from .rooms import rooms
from .transfer import export, import_


class _DefaultsToServe(click.Group):
    """`chadchat` and `chadchat --port 9000` mean `chadchat serve`."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "--version")):
            args = ["serve", *args]
        return super().parse_args(context, args)


@click.group(cls=_DefaultsToServe, context_settings={"help_option_names": ["--help", "-h"]})
@click.version_option(__version__, prog_name="chadchat", message="%(prog)s %(version)s")
def main() -> None:
    """A self-hosted chat room: four letters and you are talking."""


for operators in (backup, restore, check, export, import_, rooms):
    main.add_command(operators)


@main.command(epilog=f"Every setting is also an environment variable: {', '.join(variable(s.name) for s in SETTINGS)}.")
@click.option("--host", help=SENTENCES["host"])
@click.option("--port", type=click.IntRange(0, 65_535), help=SENTENCES["port"])
@click.option("--data", metavar="DIR", help=SENTENCES["data"])
@click.option("--check", is_flag=True, help="Only try whether it would start: settings, code, templates, migrations.")
def serve(host: str | None, port: int | None, data: str | None, check: bool) -> None:
    """Serve rooms at http://127.0.0.1:8000 until stopped (SIGTERM), or become a new version of itself (SIGHUP)."""
    logs.configure()
    try:
        settings = Settings.load(host=host, port=port, data=data)
        if check:
            server.check(settings)
        status = 0 if check else server.run(settings)
    except StartupError as refusal:
        raise click.ClickException(str(refusal)) from refusal
    sys.exit(status)
