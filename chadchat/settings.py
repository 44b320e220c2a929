"""Settings: one table (name, default, sentence) that feeds the environment, the command line and the README.

Each is read from CHADCHAT_<NAME>; an option of `chadchat serve` wins over it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from platformdirs import user_data_path

from .errors import StartupError


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table. The default's type is the setting's type."""

    name: str
    default: str | int | float
    sentence: str


SETTINGS: Final = (
    Setting("host", "127.0.0.1", "The address to listen on; 0.0.0.0 or :: for every network of this machine."),
    Setting("port", 8000, "The port to listen on; 0 picks a free one."),
    Setting("data", "", "The folder with the database; the user's data directory when empty."),
    Setting(
        "trusted_hops",
        0,
        "How many proxies in front may say who the visitor is (X-Forwarded-For, -Proto, -Host).",
    ),
    Setting("heartbeat", 15.0, "Seconds of silence after which a stream gets a heartbeat."),
    Setting("leave_after", 10.0, "Seconds after a member's last stream closed until others see that they left."),
    Setting("idle_after", 300.0, "Seconds after which a member who has no stream counts as gone."),
    Setting("keep_days", 0, "Days after which messages are removed; 0 keeps them. A room may say otherwise."),
    Setting("keep_events", 0, "How many of its newest events a room keeps; 0 keeps all. A room may say otherwise."),
    Setting("body_timeout", 10.0, "Seconds a request's body may take to arrive."),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the table says, for this run."""

    host: str = "127.0.0.1"
    port: int = 8000
    data: str = ""
    trusted_hops: int = 0
    heartbeat: float = 15.0
    leave_after: float = 10.0
    idle_after: float = 300.0
    keep_days: int = 0
    keep_events: int = 0
    body_timeout: float = 10.0

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ, **options: Any) -> Settings:
        """Defaults, then the environment, then `options` that are not None. Raises StartupError for a value of the
        wrong type.
        """
        values: dict[str, Any] = {}
        for setting in SETTINGS:
            given = environment.get(variable(setting.name))
            if given is not None:
                values[setting.name] = _read(setting, given)
            if options.get(setting.name) is not None:
                values[setting.name] = options[setting.name]
        return cls(**values)

    @property
    def folder(self) -> Path:
        """Where the database lives."""
        return Path(self.data) if self.data else user_data_path("chadchat", appauthor=False)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"CHADCHAT_{name.upper()}"


def _read(setting: Setting, value: str) -> str | int | float:
    kind = type(setting.default)
    try:
        read = kind(value)
    except ValueError as error:
        wanted = "a whole number" if kind is int else "a number"
        raise StartupError(f"{variable(setting.name)} must be {wanted}, not {value!r}.") from error
    if kind is not str and not 0 <= float(read) < float("inf"):
        raise StartupError(f"{variable(setting.name)} must not be negative, not {value!r}.")
    return read
