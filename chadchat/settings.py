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
    choices: tuple[str, ...] = ()


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
    Setting("limits", "on", "`off` on a private network or in a benchmark: nothing below is counted.", ("on", "off")),
    Setting("limit_requests", 1000, "Requests of any kind a visitor may make at once."),
    Setting("limit_requests_every", 0.02, "Seconds until a visitor may make one more."),
    Setting("limit_codes", 30, "Wrong room codes and passphrases a visitor may try at once."),
    Setting("limit_codes_every", 30.0, "Seconds until a visitor may try one more."),
    Setting("limit_codes_server", 1000, "Wrong room codes and passphrases all visitors together may try in an hour."),
    Setting("limit_rooms", 10, "Rooms a visitor may open at once."),
    Setting("limit_rooms_every", 60.0, "Seconds until a visitor may open one more."),
    Setting("limit_joins", 200, "Seats a visitor may take at once."),
    Setting("limit_joins_every", 0.5, "Seconds until a visitor may take one more."),
    Setting("limit_posts", 10, "Messages that may be posted at once with one seat, or without one from one address."),
    Setting("limit_posts_every", 1.0, "Seconds until one more may be posted."),
    Setting("limit_room_posts", 20, "Messages a second that a room takes from everyone together."),
    Setting("limit_connections", 50, "Connections a visitor may have open besides their streams; more have to wait."),
    Setting("limit_streams", 30, "Streams a visitor may have open."),
    Setting("limit_seat_streams", 6, "Streams that may be open with one seat."),
    Setting("limit_all_streams", 10_000, "Streams that may be open in all."),
    Setting(
        "metrics",
        "local",
        "Who may read /metrics: this machine (`local`), everyone (`on`) or nobody (`off`).",
        ("local", "on", "off"),
    ),
    Setting(
        "security_contact", "", "Whom to tell about holes, in /.well-known/security.txt: mailto:... or https://..."
    ),
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
    limits: str = "on"
    limit_requests: int = 1000
    limit_requests_every: float = 0.02
    limit_codes: int = 30
    limit_codes_every: float = 30.0
    limit_codes_server: int = 1000
    limit_rooms: int = 10
    limit_rooms_every: float = 60.0
    limit_joins: int = 200
    limit_joins_every: float = 0.5
    limit_posts: int = 10
    limit_posts_every: float = 1.0
    limit_room_posts: int = 20
    limit_connections: int = 50
    limit_streams: int = 30
    limit_seat_streams: int = 6
    limit_all_streams: int = 10_000
    metrics: str = "local"
    security_contact: str = ""

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
    if setting.choices and read not in setting.choices:
        raise StartupError(f"{variable(setting.name)} must be {' or '.join(setting.choices)}, not {value!r}.")
    return read
