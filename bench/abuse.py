"""What abuse costs the others: `python -m bench.abuse [WORD]`, every attack or those with that word in their name.

Each comes from an address (127.0.0.2) and a process of its own, with every limit in force, while other people
(127.0.0.10 and up) post in their rooms and read them.

Their time to answer with the attack is put next to their time without it, in rounds that take turns in one run; the
promise is that the p99 grows by less than a fifth, and that memory does not grow with the attack. A percentile is taken
in each round, and the median of the rounds counts. A round in which the host took the machine away is made again, of
whatever kind: the p99 follows that (11 ms become 30), whatever anyone attacks.

The attacker shares the machine with what is attacked, as it would not in earnest. What that makes of the figures shows
in a third kind of rounds, the control: the same attack on a socket beside the server, which lets in as many and which
nobody serves.
"""

from __future__ import annotations

import asyncio
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
from statistics import median
from typing import Final

from .attacks import ATTACKS, PAUSE, PEOPLE, Tally, Target, person
from .process import running, wait_for_line
from .servers import create_room
from .system import cores, cpu_seconds, machine, rss_kib, stolen

ROUNDS: Final = 10  # of each kind
TRIES: Final = 3  # so often a round is made at most
STOLEN: Final = 0.005  # share of the machine's time that the host may take in a round that counts
SECONDS: Final = 12.0  # a flood's first refusals are answered after 8
LET_IN: Final = 130  # connections of an attacker: `limit_connections` and `limit_streams`
SETTLING: Final = 1.0  # seconds before a round is counted


@contextmanager
def server(folder: Path) -> Iterator[Target]:
    """chadchat as it is installed, with every limit in force; only that all rooms here are opened from one address."""
    command = [sys.executable, "-m", "chadchat", "serve", "--port", "0", "--data", str(folder / "data")]
    wide = {"CHADCHAT_LIMIT_ROOMS": "50"}
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
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # people are elsewhere: they never wait for the attacker
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
    cpu, gone, start = cpu_seconds([target.pid]), stolen(), time.perf_counter()
    await asyncio.sleep(SECONDS)
    took = time.perf_counter() - start
    tally.cpu = (cpu_seconds([target.pid]) - cpu) / took
    tally.stolen = (stolen() - gone) / took / (os.cpu_count() or 1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if process:
        tally.statuses = await asyncio.to_thread(ours.recv)
        process.join()
    return tally


async def steady_round(target: Target, attack: str | None, on_nobody: bool = False) -> Tally:
    """As `round_of`, in a moment in which the host leaves us the machine, if there is one."""
    for _ in range(TRIES):
        with socket.create_server(("127.0.0.1", 0), backlog=LET_IN - 1) as nobody:
            beside = replace(target, port=nobody.getsockname()[1])
            tally = await round_of(target, attack, beside if on_nobody else target)
        if tally.stolen < STOLEN:
            break
    return tally


def percentile(rounds: list[Tally], part: float) -> float:
    """The median over the rounds of a percentile of each, in milliseconds."""
    found = [sorted(tally.waits)[int(len(tally.waits) * part)] for tally in rounds]
    return median(found) * 1000


async def measure(target: Target, name: str) -> str:
    """A row of the table: all rounds without an attack, with it, and with one on nobody, in turns."""
    before = rss_kib([target.pid])
    calm, under, control = [], [], []
    for _ in range(ROUNDS):
        calm.append(await steady_round(target, None))
        under.append(await steady_round(target, name))
        control.append(await steady_round(target, name, on_nobody=True))
    grown = (rss_kib([target.pid]) - before) / 1024
    statuses: Counter[int] = sum((Counter(tally.statuses) for tally in under), Counter())
    answered = ", ".join(
        f"{count / ROUNDS / (SETTLING + SECONDS):.0f}/s {status}" for status, count in sorted(statuses.items())
    )
    (calm_50, under_50, _), (calm_99, under_99, control_99) = (
        [percentile(rounds, part) for rounds in (calm, under, control)] for part in (0.5, 0.99)
    )
    load = f"{median(tally.cpu for tally in calm):.2f} -> {median(tally.cpu for tally in under):.2f}"
    unsteady = sum(tally.stolen >= STOLEN for tally in calm + under + control)
    refused = sum(tally.failed for tally in calm + under)
    return (
        f"| {name} | {answered or 'no answer'} | {calm_50:.1f} -> {under_50:.1f} | {calm_99:.1f} -> {under_99:.1f} |"
        f" {under_99 / calm_99 - 1:+.0%} | {control_99 / calm_99 - 1:+.0%} | {load} | {refused} | {grown:+.1f} |"
        f" {unsteady} |"
    )


def main() -> None:
    """Print the table of docs/security.md."""
    where, core = machine(), cores()[1]
    if core is not None:
        os.sched_setaffinity(0, {core})
    seen = f"{ROUNDS * SECONDS * PEOPLE / PAUSE:,.0f}"
    print(f"{where}; {ROUNDS} rounds of {SECONDS:.0f} s each way, some {seen} answers.\n")
    print(
        "| attack | the attacker got | p50 of the others, ms | p99 of the others, ms | growth |"
        " control | server's CPU, cores | refused to them | MiB | unsteady rounds |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name in ATTACKS:
        if not all(word in name for word in sys.argv[1:]):
            continue
        with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as target:
            print(asyncio.run(measure(target, name)), flush=True)


if __name__ == "__main__":
    main()
