"""The scenarios: who takes part, under which load, and which figures are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from .growth import log_case
from .run import Result, run
from .servers import Server


@dataclass(frozen=True, slots=True)
class Column:
    """A figure in a table. `compare` columns also show the ratio to chadchat."""

    key: str
    label: str
    digits: int = 0
    compare: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a scenario for each server: `plan` are fields of Plan."""

    label: str = ""
    plan: dict[str, Any] = field(default_factory=dict)


def under_load(server: Server, scenario: Scenario, case: Case) -> Result:
    """The usual way to measure: a server and a generator."""
    return run(server, scenario.load, rooms=scenario.rooms, html=scenario.html, **{**scenario.plan, **case.plan})


@dataclass(frozen=True, slots=True)
class Scenario:
    """`load` names the generator's function, `rounds` bounds how often it is repeated."""

    name: str
    title: str
    says: str
    servers: tuple[str, ...]
    columns: tuple[Column, ...]
    load: str = ""
    cases: tuple[Case, ...] = (Case(),)
    plan: dict[str, Any] = field(default_factory=dict)
    rooms: int = 1
    html: bool = False
    rounds: int = 99
    slope: str = ""  # a figure whose growth over the cases is worth a line
    measure: Callable[[Server, Scenario, Case], Result] = under_load


EVERYONE: Final = (
    "chadchat",
    "nchan",
    "quart_queue",
    "starlette_sse",
    "flask_threading",
    "flask_gevent",
    "socketio_node",
)
MANY: Final = ("chadchat", "nchan", "quart_queue", "starlette_sse", "socketio_node")  # who can hold 10,000 streams
CPU: Final = Column("cpu_per_delivery", "CPU us/delivery", 2, compare=True)
P50, P99 = Column("p50", "p50 ms", 1), Column("p99", "p99 ms", 1)
DELIVERIES: Final = Column("deliveries_per_second", "deliveries/s", 0, compare=True)
GENERATOR: Final = Column("generator_share", "generator", 2)
SECONDS: Final = Column("seconds", "seconds", 2, compare=True)

SCENARIOS: Final = (
    Scenario(
        "ceiling",
        "The generator's own ceiling",
        "A server that only writes prepared frames to 1,000 readers: what the generator can receive and check.",
        ("blaster",),
        (Column("deliveries_per_second", "deliveries/s"), Column("server_share", "server", 2), GENERATOR),
        load="ceiling",
        plan={"seconds": 4.0},
        rounds=2,
    ),
    Scenario(
        "quiet",
        "Quiet room",
        "1,000 readers; one message at a time, the next when everyone has the last.",
        EVERYONE,
        (CPU, P50, P99),
        load="quiet",
        plan={"seconds": 4.0, "posters": 1},
        html=True,
    ),
    Scenario(
        "changes",
        "Edits and reactions",
        "The quiet room with edits of its messages, and with reactions to them, beside messages.",
        ("chadchat",),
        (CPU, Column("cpu_per_post", "CPU us/act")),
        load="quiet",
        cases=tuple(Case(f"{change}s", {"change": change}) for change in ("message", "edit", "reaction")),
        plan={"seconds": 4.0, "posters": 1},
        html=True,
    ),
    Scenario(
        "busy",
        "Busy room",
        "1,000 readers; 16 posters, each as fast as it is answered.",
        EVERYONE,
        (DELIVERIES, P50, P99, CPU, Column("posts_per_second", "posts/s"), GENERATOR),
        load="busy",
        plan={"seconds": 4.0},
        html=True,
    ),
    Scenario(
        "posts",
        "Posts only",
        "16 posters, each as fast as it is answered; nobody reads.",
        ("chadchat", "quart_nothing", "quart_queue", "nchan"),
        (Column("posts_per_second", "posts/s", compare=True), Column("cpu_per_post", "CPU us/post"), GENERATOR),
        load="posts",
        plan={"seconds": 4.0},
    ),
    Scenario(
        "rooms",
        "Many rooms",
        "1,000 rooms of 10 readers; 16 posters, Zipf-distributed over the rooms.",
        MANY,
        (DELIVERIES, P50, P99, CPU, GENERATOR),
        load="rooms",
        plan={"seconds": 4.0, "readers": 10},
        rooms=1000,
        rounds=2,
    ),
    Scenario(
        "idle",
        "Idle",
        "10,000 streams on which nothing happens but heartbeats, for 30 s. Where nobody beats (Quart), that is free.",
        MANY,
        (
            Column("kib_per_stream", "KiB/stream", 1, compare=True),
            Column("server_share", "CPU, share of a core", 3),
            Column("streams_opened_per_second", "streams opened/s"),
        ),
        load="idle",
        plan={"seconds": 30.0, "readers": 10_000},
        rounds=1,
    ),
    Scenario(
        "storm",
        "Reconnect storm",
        "10,000 readers come back at once with a cursor 50 messages old, while posts go on at 20 a second: seconds "
        "until everyone has caught up.",
        ("chadchat", "nchan"),
        (SECONDS, Column("rss_kib", "server KiB")),
        load="storm",
        plan={"readers": 10_000, "posters": 1, "behind": 50, "warm": 1.0, "patience": 120.0},
        rounds=2,
    ),
    Scenario(
        "slow",
        "Slow readers",
        "1,000 readers and 100 more that never read; 25 posts a second of 2,000 bytes, for 25 s.",
        ("chadchat", "nchan"),
        (
            P50,
            P99,
            Column("most_kib", "server grew by KiB"),
            Column("gone", "dropped"),
            Column("gone_after", "last dropped after s", 1),
        ),
        load="stuck",
        cases=(Case("all read"), Case("100 never read", {"stuck": 100})),
        plan={"seconds": 25.0, "posters": 4, "per_second": 25.0, "size": 2000},
    ),
    Scenario(
        "readers",
        "Growth: readers",
        "The quiet room with 10 to 10,000 readers. Slope 1: the cost of a message grows as its readers do.",
        ("chadchat", "nchan"),
        (CPU, P50, P99, Column("cpu_per_post", "CPU us/post")),
        load="quiet",
        cases=tuple(Case(f"{readers:,} readers", {"readers": readers}) for readers in (10, 100, 1000, 10_000)),
        plan={"seconds": 2.0, "posters": 1},
        html=True,
        rounds=1,
        slope="cpu_per_post",
    ),
    Scenario(
        "log",
        "Growth: log",
        "A room with 100 to 1,000,000 messages. Slope 0: its length does not matter.",
        ("chadchat",),
        (Column("page_ms", "room page ms", 2), Column("start_ms", "start ms")),
        cases=tuple(Case(f"{10**power:,} messages", {"messages": 10**power}) for power in range(2, 7)),
        rounds=1,
        slope="page_ms",
        measure=lambda server, scenario, case: log_case(server, case.plan["messages"]),
    ),
)
SHORT: Final = {
    "ceiling": ("blaster",),
    "quiet": ("chadchat", "nchan", "quart_queue"),
    "busy": ("chadchat", "nchan", "quart_queue"),
    "posts": ("chadchat", "quart_nothing", "quart_queue", "nchan"),
}
SHORT_PLAN: Final = {"seconds": 2.0}
