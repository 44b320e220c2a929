"""What the commands share: the data folder, refusals as sentences, and a progress bar on a terminal."""

from __future__ import annotations

import functools
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec

import click

from ..errors import ChatError, DataError, StartupError
from ..log.space import Quota
from ..settings import SETTINGS, Settings, variable
from ..storage.backup import Progress, silent

SENTENCES = {setting.name: setting.sentence for setting in SETTINGS}
P = ParamSpec("P")


def command(run: Callable[P, None]) -> Callable[P, None]:
    """An operator's command: it takes --data, and a refusal is its sentence and exit status 1."""

    @click.option("--data", metavar="DIR", help=SENTENCES["data"])
    @functools.wraps(run)
    def guarded(*arguments: P.args, **options: P.kwargs) -> None:
        try:
            run(*arguments, **options)
        except ChatError as refusal:
            raise click.ClickException(refusal.sentence) from refusal
        except (StartupError, DataError) as refusal:
            raise click.ClickException(str(refusal)) from refusal
        except sqlite3.Error as error:
            raise click.ClickException(f"The database cannot be used: {error}.") from error
        except BrokenPipeError:  # the reader of our output has had enough, which click knows
            raise
        except OSError as error:
            raise click.ClickException(f"The files cannot be used: {error}.") from error

    return guarded


def folder_of(data: str | None) -> Path:
    """The data folder: the option, else the environment, else the user's data directory.

    No other setting is looked at: a backup is made though one is wrong that only a server needs.
    """
    name = variable("data")
    return Settings.load({name: os.environ.get(name, "")}, data=data).folder


def quotas() -> Quota:
    """What rooms may hold by the environment."""
    names = [variable(name) for name in ("quota_room", "quota_total")]
    settings = Settings.load({name: os.environ.get(name, "") for name in names})
    return Quota.of_mib(settings.quota_room, settings.quota_total)


def say(sentence: str) -> None:
    """What was done. On stderr, so that stdout is only ever what was asked for."""
    click.echo(sentence, err=True)


def for_an_owner(code: str, until: str) -> str:
    """What to do with the path of a link that makes an owner."""
    return (
        f"Open this path at your server's address and join: that makes an owner of {code}."
        f" It is good once, until {until[:16].replace('T', ' ')} UTC."
    )


class bar:  # noqa: N801 - used like a function
    """`with bar("Copying") as progress`: a progress bar on a terminal, and nothing anywhere else."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._bar: Any = None

    def __enter__(self) -> Progress:
        return self._show if sys.stderr.isatty() else silent

    def __exit__(self, *error: object) -> None:
        if self._bar:
            self._bar.render_finish()

    def _show(self, done: int, total: int) -> None:
        if self._bar is None:
            self._bar = click.progressbar(length=total, label=self._label, file=sys.stderr)
        self._bar.length = total
        self._bar.update(done - self._bar.pos)
