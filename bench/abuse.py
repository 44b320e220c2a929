"""Measures the cost of abuse for other visitors: `python -m bench.abuse [WORD]` runs the attacks with WORD in the name.

Each attack comes from a process and an address (127.0.0.2) of its own, with every limit on, while other people
(127.0.0.10 and up) post and read in their rooms.

Their latency during the attack is compared with their latency without it, in rounds that alternate in one run. The goal
is that the p99 grows by less than a fifth, and that memory does not grow with the attack. A percentile is taken in each
round, and the median over the rounds counts. Answers during a pause of the machine by its host do not count, in any
kind of round, as such pauses alone raise the p99 from 11 to 30 ms.

The attacker shares the machine with the server, unlike in reality, and that alone slows the server down. So the growth
is counted from a control: the same attack on a socket beside the server, which accepts as many connections and does not
answer. The growth is given with a 90 % bootstrap interval.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from statistics import median
from typing import Final

from chadchat.server.fair_share import fair_share
from chadchat.settings import Settings

from .attacks import ATTACKS, PAUSE, PEOPLE, Tally, Target, person
from .process import running, wait_for_line
from .servers import create_room
from .system import cores, cpu_seconds, machine, rss_kib, stolen

ROUNDS: Final = 14  # with the attack, and as many of the control
CALM: Final = 4  # a round without an attack after so many
WATCH: Final = 0.05  # seconds between two looks at what the host took, and so long before and after one nothing counts
SECONDS: Final = 10.0  # a flood's first refusals are answered after 8
LET_IN: Final = fair_share(Settings().limit_streams, Settings().limit_all_streams, 0)  # connections of an attacker
SETTLING: Final = 1.0  # seconds before a round is counted


@contextmanager
def server(folder: Path) -> Iterator[Target]:
    """chadchat as it is installed, with every limit in force; only that all rooms here are opened from one address."""
    command = [sys.executable, "-m", "chadchat", "serve", "--port", "0", "--data", str(folder / "data")]
    wide = {"CHADCHAT_LIMIT_ROOMS": "50, then 1/min"}
    log = folder / "log"
    with running(command, log, cores()[0], wide) as process:
        port = int(wait_for_line(process, log, "chadchat: listening on ").rpartition(":")[2])
        rooms = [create_room(port) for _ in range(PEOPLE + 1)]
        yield Target(port, process.pid, [(room["code"], room["token"]) for room in rooms])


async def attack_for(seconds: float, name: str, target: Target) -> dict[int, int]:
    """Carry one of ATTACKS out for so long; how often which status came."""
    tally = Tally()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await ATTACKS[name](target, tally)
    return tally.statuses


def attacker(told: Connection, name: str, target: Target) -> None:
    """A process's main: the attack, from when it is told on. Says which statuses came."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # people go first
    told.send("ready")
    told.recv()
    told.send(asyncio.run(attack_for(SETTLING + SECONDS, name, target)))


async def round_of(target: Target, attack: str | None, attacked: Target) -> Tally:
    """SECONDS of people, with or without the attack. The first moments, in which all connect, are not counted."""
    tally = Tally()
    ours, theirs = Pipe()
    process = get_context("spawn").Process(target=attacker, args=(theirs, attack, attacked)) if attack else None
    if process:
        process.start()
        await asyncio.to_thread(ours.recv)
        ours.send("go")
    tasks = [asyncio.create_task(person(target, number, tally)) for number in range(PEOPLE)]
    await asyncio.sleep(SETTLING)
    tally.waits.clear()
    cpu, start = cpu_seconds([target.pid]), time.perf_counter()
    await watch(tally, SECONDS)
    tally.cpu = (cpu_seconds([target.pid]) - cpu) / (time.perf_counter() - start)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if process:
        tally.statuses = await asyncio.to_thread(ours.recv)
        process.join()
    return tally


async def watch(tally: Tally, seconds: float) -> None:
    """Note for so long when the host took the machine away."""
    seen, before = time.perf_counter(), stolen()
    end = seen + seconds
    while seen < end:
        await asyncio.sleep(WATCH)
        now, gone = time.perf_counter(), stolen()
        if gone > before:
            tally.disturbed.append((seen - WATCH, now + WATCH))
        seen, before = now, gone


async def control_of(target: Target, attack: str) -> Tally:
    """As `round_of`, but it is nobody whom the attack is on."""
    with socket.create_server(("127.0.0.1", 0), backlog=LET_IN - 1) as nobody:
        return await round_of(target, attack, replace(target, port=nobody.getsockname()[1]))


Waits = list[list[float]]  # of each round, in order


def percentile(rounds: Waits, part: float) -> float:
    """The median over the rounds of a percentile of each, in milliseconds."""
    return median(waits[int(len(waits) * part)] for waits in rounds if waits) * 1000


def growth_of(control: Waits, under: Waits) -> tuple[float, float, float]:
    """How much the p99 grew, and the bounds of nine in ten such figures from rounds drawn with replacement."""
    chance = Random(0)  # noqa: S311
    drawn = sorted(
        percentile(chance.choices(under, k=len(under)), 0.99)
        / percentile(chance.choices(control, k=len(control)), 0.99)
        for _ in range(1000)
    )
    return percentile(under, 0.99) / percentile(control, 0.99) - 1, drawn[50] - 1, drawn[949] - 1


async def measure(target: Target, name: str) -> str:
    """A row of the table: all rounds without an attack, with it, and with one on nobody, in turns."""
    before = rss_kib([target.pid])
    calm, under, control = [], [], []
    for turn in range(ROUNDS):
        if turn % CALM == 0:
            calm.append(await round_of(target, None, target))
        under.append(await round_of(target, name, target))
        control.append(await control_of(target, name))
    grown = (rss_kib([target.pid]) - before) / 1024
    statuses: Counter[int] = sum((Counter(tally.statuses) for tally in under), Counter())
    answered = ", ".join(
        f"{count / ROUNDS / (SETTLING + SECONDS):.0f}/s {status}" for status, count in sorted(statuses.items())
    )
    kinds = [[tally.undisturbed for tally in rounds] for rounds in (calm, control, under)]
    medians, tails = (" / ".join(f"{percentile(rounds, part):.1f}" for rounds in kinds) for part in (0.5, 0.99))
    growth, least, most = growth_of(*kinds[1:])
    load = f"{median(tally.cpu for tally in calm):.2f} -> {median(tally.cpu for tally in under):.2f}"
    everything = calm + control + under
    counted = sum(map(len, itertools.chain(*kinds))) / sum(len(tally.waits) for tally in everything)
    refused = sum(tally.failed for tally in everything)
    return (
        f"| {name} | {answered or 'no answer'} | {medians} | {tails} | {growth:+.0%} ({least:+.0%} to {most:+.0%}) |"
        f" {load} | {refused} | {grown:+.1f} | {counted:.0%} |"
    )


def main() -> None:
    """Print the table of docs/security.md."""
    where, core = machine(), cores()[1]
    if core is not None:
        os.sched_setaffinity(0, {core})
    seen = f"{ROUNDS * SECONDS * PEOPLE / PAUSE:,.0f}"
    print(f"{where}; {ROUNDS} rounds of {SECONDS:.0f} s each way, some {seen} answers.\n")
    print(
        "| attack | the attacker got | p50 of the others, ms: no attack / control / attack | p99 | growth |"
        " server's CPU, cores | refused to them | MiB | answers that count |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name in ATTACKS:
        if not all(word in name for word in sys.argv[1:]):
            continue
        with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as target:
            print(asyncio.run(measure(target, name)), flush=True)


if __name__ == "__main__":
    main()
