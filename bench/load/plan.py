"""The plan of a generator: the JSON that it reads from standard input."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field


class Void(Exception):
    """A run that proves nothing: a message lost, repeated or out of order, a refusal, a time-out. It says which."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. `reads` and `posts` are the request targets of each room, `readers` is per room, times are in seconds,
    `size` is the length of a message in bytes, `change` what is posted in a run that counts cursors: message, edit or
    reaction, `pids` are the processes whose CPU time and memory count; after
    `patience` a run that does not come to its end is void.
    """

    scenario: str
    host: str
    port: int
    pids: list[int]
    reads: list[str]
    posts: list[str]
    socketio: bool = False
    readers: int = 1000
    posters: int = 16
    seconds: float = 5.0
    warm: float = 0.5
    size: int = 100
    change: str = ""
    stuck: int = 0
    behind: int = 50
    per_second: float = 0.0
    patience: float = 60.0
    core: int | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def dumps(self) -> str:
        """The plan as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, text: str) -> Plan:
        """The plan from JSON."""
        return cls(**json.loads(text))
