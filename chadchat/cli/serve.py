"""chadchat serve: run the server, or only check that it would start."""

from __future__ import annotations

import sys
from typing import Final

import click

from .. import diagnostics, launcher
from ..refusal import StartupError
from ..settings import SETTINGS, Settings, variable
from .common import SENTENCES, say

_VARIABLES: Final = ", ".join(variable(setting.name) for setting in SETTINGS)


@click.command(epilog=f"Every setting is also an environment variable: {_VARIABLES}.")
@click.option("--host", help=SENTENCES["host"])
@click.option("--port", metavar="NUMBER", help=SENTENCES["port"])
@click.option("--data", metavar="DIR", help=SENTENCES["data"])
@click.option("--check", is_flag=True, help="Only check that it would start: settings, code, templates, migrations.")
def serve(host: str | None, port: str | None, data: str | None, check: bool) -> None:
    """Serve rooms at http://127.0.0.1:8000. SIGTERM stops the server, SIGHUP restarts it with the code on the disk."""
    diagnostics.configure()
    try:
        settings = Settings.load(host=host, port=port, data=data)
        for word in launcher.check(settings) if check else ():
            say(word)
        status = 0 if check else launcher.run(settings)
    except StartupError as refusal:
        raise click.ClickException(str(refusal)) from refusal
    sys.exit(status)
