"""Helpers shared by the commands: find the data folder, print errors as sentences, and show a progress bar."""

from __future__ import annotations

import functools
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec

import click

from ..domain.unpacking import Limits
from ..log.space import MIB, Quota
from ..refusal import ChatError, DataError, StartupError
from ..settings import SETTINGS, Settings, variable
from ..storage.backup import Progress, silent

SENTENCES = {setting.name: setting.sentence for setting in SETTINGS}
P = ParamSpec("P")


def command(run: Callable[P, None]) -> Callable[P, None]:
    """Decorate a command: add the option --data, and turn known errors into one sentence and exit status 1."""

    @click.option("--data", metavar="DIR", help=SENTENCES["data"])
    @functools.wraps(run)
    def guarded(*arguments: P.args, **options: P.kwargs) -> None:
        before = signal.signal(signal.SIGTERM, _interrupt)
        try:
            run(*arguments, **options)
        except KeyboardInterrupt as error:
            raise click.ClickException("Stopped.") from error
        except ChatError as refusal:
            raise click.ClickException(refusal.sentence) from refusal
        except (StartupError, DataError) as refusal:
            raise click.ClickException(str(refusal)) from refusal
        except sqlite3.Error as error:
            raise click.ClickException(f"The database cannot be used: {error}.") from error
        except BrokenPipeError:  # the reader of our output has closed the pipe; click handles it
            raise
        except OSError as error:
            raise click.ClickException(f"The files cannot be used: {error}.") from error
        finally:
            signal.signal(signal.SIGTERM, before)

    return guarded


def _interrupt(*_: object) -> None:
    """Handle SIGTERM as Ctrl-C: what was begun is undone."""
    raise KeyboardInterrupt


def folder_of(data: str | None) -> Path:
    """The data folder: from the option, else from the environment, else the user's data directory.

    No other setting is read, so that a wrong setting of the server does not stop a backup.
    """
    name = variable("data")
    return Settings.load({name: os.environ.get(name, "")}, data=data).folder


def quotas() -> Quota:
    """The quota of a room and of the server, from the environment."""
    names = [variable(name) for name in ("quota_room", "quota_total")]
    settings = Settings.load({name: os.environ.get(name, "") for name in names})
    return Quota.of_mib(settings.quota_room, settings.quota_total)


def file_limits() -> Limits:
    """The most bytes of a file, of the files of a room, and of all files, from the environment."""
    names = [variable(name) for name in ("file_most", "quota_files_room", "quota_files_total")]
    settings = Settings.load({name: os.environ.get(name, "") for name in names})
    return Limits(*(MIB * mib for mib in (settings.file_most, settings.quota_files_room, settings.quota_files_total)))


def say(sentence: str) -> None:
    """Print a sentence about the result to stderr. Stdout is for the requested data only."""
    click.echo(sentence, err=True)


def for_an_owner(code: str, until: str) -> str:
    """The sentence that explains how to use a link that makes its user an owner."""
    return (
        f"Open this path at your server's address and join: that makes an owner of {code}."
        f" It is good once, until {until[:16].replace('T', ' ')} UTC."
    )


class bar:  # noqa: N801 - used like a function
    """A progress bar, if stderr is a terminal: `with bar("Copying") as progress`, then `progress(done, total)`."""

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
