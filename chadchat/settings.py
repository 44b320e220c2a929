"""Settings: each is declared once, with its bounds and a sentence. Environment variables, command line, checks and
docs/settings.md are all made from the declarations.

A setting is read from CHADCHAT_<NAME>; an option of `chadchat serve` overrides it, and both pass the same checks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, cast

from platformdirs import user_data_path

from .refusal import StartupError
from .setting import LONGEST_SHOWN, MOST, Rate, Setting, Value, declared

PREFIX: Final = "CHADCHAT_"
DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a running server. `load` checks the values; the constructor does not."""

    host: str = declared(
        "127.0.0.1",
        "The address to listen on; 0.0.0.0 or :: for every network of this machine.",
        most=253,  # RFC 1035, 2.3.4
        pattern=r"\S+",
        form="an address or a name without spaces,",
    )
    port: int = declared(8000, "The port to listen on; 0 picks a free one.", most=65_535)
    data: str = declared(
        "",
        "The folder with the database; the user's data directory when empty.",
        most=400,  # SQLite takes paths of 512 bytes, and the longest name in the folder has 60
        form="a path",
    )
    trusted_hops: str = declared(
        "auto",
        "How many proxies in front may say who the visitor is (X-Forwarded-For, -Proto, -Host); `auto`: one, where it"
        " is on this machine.",
        pattern=r"auto|[0-9]|1[0-6]",
        form="auto or a whole number from 0 to 16",
    )
    # The page reopens its stream after 2.5 heartbeats without data, with a browser timer, which holds at most 2^31 ms.
    heartbeat: float = declared(15.0, "Seconds of silence after which a stream gets a heartbeat.", least=0.1, most=300)
    leave_after: float = declared(
        120.0,
        "Seconds after a member's last stream closed until their leave is logged. The list of people changes after 10.",
        least=0.1,
        most=3600,
    )
    idle_after: float = declared(
        300.0, "Seconds after which a member who has no stream counts as gone.", least=1, most=DAY
    )
    keep_days: int = declared(
        0, "Days after which messages are removed; 0 keeps them. A room may say otherwise.", most=36_500
    )
    keep_events: int = declared(
        0, "How many of its newest events a room keeps; 0 keeps all. A room may say otherwise.", most=10**9
    )
    seat_days: int = declared(
        180, "Days after which a seat that nobody uses ends; an owner's never does. 0 keeps all.", most=36_500
    )
    edit_hours: int = declared(
        24, "Hours in which a message can be edited; 0: never. A room may say otherwise.", most=876_000
    )
    quota_room: int = declared(1024, "MiB of events that a room may hold; 0: no limit of its own.", most=10**9)
    quota_total: int = declared(
        0, "MiB of events that all rooms together may hold; 0, and never more: what the disk has room for.", most=10**9
    )
    files: str = declared("on", "Whether members may send files and pictures (`on`, `off`).", choices=("on", "off"))
    file_most: int = declared(10, "MiB that one file may have.", least=1, most=1024)
    quota_files_room: int = declared(100, "MiB of files that a room may hold.", least=1, most=10**9)
    quota_files_total: int = declared(5120, "MiB of files that all rooms together may hold.", least=1, most=10**9)
    file_days: int = declared(
        30,
        "Days after which a file is removed; its message stays. 0 keeps files as long as their messages.",
        most=36_500,
    )
    body_timeout: float = declared(
        10.0, "Seconds a request's body may take to arrive; a file may take longer.", least=0.1, most=300
    )
    upload_silence: float = declared(
        60.0, "Seconds without a byte after which a file that is on its way is refused.", least=0.1, most=3600
    )
    search: str = declared("on", "`off`: messages are not indexed, and nothing can be searched.", choices=("on", "off"))
    limits: str = declared(
        "on",
        "`off` on a private network or in a benchmark: no limit by address or seat is counted.",
        choices=("on", "off"),
    )
    # A limit may not be 0, as that would lock out everyone.
    limit_requests: Rate = declared(Rate(1000, 0.02), "Requests of any kind a visitor may make.")
    limit_codes: Rate = declared(Rate(30, 30.0), "Wrong room codes and passphrases a visitor may try.")
    limit_codes_server: int = declared(
        1000, "Wrong room codes and passphrases all visitors together may try in an hour.", least=1, most=MOST
    )
    limit_rooms: Rate = declared(Rate(10, 60.0), "Rooms a visitor may open.")
    limit_joins: Rate = declared(Rate(200, 0.5), "Seats a visitor may take.")
    limit_posts: Rate = declared(
        Rate(10, 1.0), "Messages that may be posted with one seat, or without one from one address."
    )
    limit_reactions: Rate = declared(
        Rate(20, 0.5), "Reactions to messages that may be set or taken back with one seat."
    )
    limit_files: Rate = declared(Rate(20, 180.0), "Files that may be sent with one seat or one link.")
    limit_search: Rate = declared(
        Rate(5, 1.0), "Searches that may be made with one seat, or without one from one address."
    )
    limit_room_posts: int = declared(
        20, "Messages a second that a room takes from everyone together.", least=1, most=MOST
    )
    limit_streams: int = declared(
        30,
        "Streams one address may always have open, and as many connections besides; while fewer than four fifths of all"
        " are in use, it may have a quarter of the free ones.",
        least=1,
        most=MOST,
    )
    limit_seat_streams: int = declared(6, "Streams that may be open with one seat.", least=1, most=MOST)
    limit_seat_waits: int = declared(3, "Answers that one seat may wait for at once.", least=1, most=MOST)
    limit_waits: int = declared(10, "Answers that a visitor may wait for at once.", least=1, most=MOST)
    limit_all_waits: int = declared(
        500, "Answers that all callers together may wait for at once, at 30 KiB each.", least=1, most=MOST
    )
    limit_all_streams: int = declared(
        10_000, "Streams that may be open in all; fewer where the system allows fewer open files.", least=1, most=MOST
    )
    metrics: str = declared(
        "local",
        "Who may read /metrics: this machine (`local`), everyone (`on`) or nobody (`off`).",
        choices=("local", "on", "off"),
    )
    security_contact: str = declared(
        "",
        "Whom to tell about holes, in /.well-known/security.txt: mailto:... or https://...",
        most=200,
        pattern=r"mailto:[!-~]+@[!-~]+|https://[!-~]+",
        form="mailto:... or https://... in visible ASCII",
    )

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ, **options: Value | None) -> Settings:
        """Read the settings: `options` override `environment`, which overrides the defaults. Spaces around a value are
        dropped; an empty value or None counts as not given.

        Raises StartupError for a value that is not allowed, and for a variable CHADCHAT_* that is not a setting.
        """
        _refuse_unknown(environment)
        values: dict[str, Any] = {}
        for setting in SETTINGS:
            name = setting.name
            option = options.get(name)
            for called, given in ((variable(name), environment.get(variable(name))), (f"--{name}", option)):
                if text := str("" if given is None else given).strip():
                    values[name] = setting.read(text, called)
        return cls(**values)

    @property
    def hops(self) -> int | None:
        """How many proxies are trusted; None: one, of those on this machine."""
        return None if self.trusted_hops == "auto" else int(self.trusted_hops)

    @property
    def folder(self) -> Path:
        """The data folder, which holds the database."""
        return Path(self.data) if self.data else user_data_path("chadchat", appauthor=False)


SETTINGS: Final = tuple(Setting(one.name, cast(Value, one.default), **one.metadata) for one in fields(Settings))
OLD: Final = {"LIMIT_CONNECTIONS": "CHADCHAT_LIMIT_STREAMS counts for connections, too"}
RATES: Final = {setting.name: setting.default for setting in SETTINGS if isinstance(setting.default, Rate)}


def variable(name: str) -> str:
    """The name of a setting's environment variable."""
    return f"{PREFIX}{name.upper()}"


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    """Raise StartupError for a variable CHADCHAT_* that is not a setting: a misspelt one would silently do nothing."""
    known = [setting.name.upper() for setting in SETTINGS]
    for name in sorted(environment):
        if name.startswith(PREFIX) and (rest := name.removeprefix(PREFIX)) not in known:
            if rest in OLD:
                raise StartupError(f"{name} is no setting any more: {OLD[rest]}.")
            if (rate := rest.removesuffix("_EVERY").lower()) in RATES and rest.endswith("_EVERY"):
                raise StartupError(f'{name} is no setting any more: write {variable(rate)}="{RATES[rate]}".')
            [nearest] = get_close_matches(rest.upper(), known, n=1, cutoff=0)
            raise StartupError(
                f"{name[:LONGEST_SHOWN]} is no setting; did you mean {PREFIX}{nearest}?"
                " `chadchat serve --help` lists them all."
            )
