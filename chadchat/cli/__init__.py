"""The command line. Each command's module is imported when the command runs, so that a backup loads no web server."""

from __future__ import annotations

from importlib import import_module
from typing import Final, cast

import click

from .. import __version__

# Command -> its module in this folder.
COMMANDS: Final = {
    "backup": "data",
    "check": "data",
    "export": "transfer",
    "import": "transfer",
    "restore": "data",
    "rooms": "rooms",
    "serve": "serve",
}


class _DefaultsToServe(click.Group):
    """A group whose default command is `serve`, also for options alone: `chadchat --port 9000`."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "-h", "--version")):
            args = ["serve", *args]
        return super().parse_args(context, args)

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = import_module(f".{COMMANDS[name]}", __name__)
        return cast(click.Command, getattr(module, "import_" if name == "import" else name))


@click.group(cls=_DefaultsToServe, context_settings={"help_option_names": ["--help", "-h"]})
@click.version_option(__version__, prog_name="chadchat", message="%(prog)s %(version)s")
def main() -> None:
    """A self-hosted chat room: four letters and you are talking."""
