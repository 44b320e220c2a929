"""What abuse costs the others: `python -m bench.abuse [WORD]`, every attack or those with that word in their name.

Each comes from an address (127.0.0.2) and a process of its own, with every limit in force, while other people
(127.0.0.10 and up) post in their rooms and read them.

Their time to answer with the attack is put next to their time without it, in rounds that alternate in one run; the
promise is that the p99 grows by less than a fifth, and that memory does not grow with the attack. A percentile is taken
in each round, and the median of the rounds counts. A round in which the host took the machine away is made again, of
either kind: the p99 follows that (11 ms become 30), whatever anyone attacks. What a difference is worth shows in the
rounds without an attack: every other of them next to the rest.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from statistics import median
from typing import Final

from .process import running, wait_for_line
from .servers import create_room
from .system import cores, cpu_seconds, machine, rss_kib, stolen

ATTACKER: Final = "127.0.0.2"
PEOPLE: Final = 20  # each with a room and an address of their own
PAUSE: Final = 0.2  # seconds between two requests of a person, on average; in step they would wait for each other
POST: Final = 6  # one request in so many is a post: less than one a second, which is the measure of a seat
RATE: Final = 1000  # requests a second of the attacker
CONNECTIONS: Final = 100
ROUNDS: Final = 16
TRIES: Final = 4  # so often a round is made again at most
STOLEN: Final = 0.005  # share of the machine's time that the host may take in a round that counts
SECONDS: Final = 6.0
SETTLING: Final = 1.0  # seconds before a round is counted


@dataclass(slots=True)
class Tally:
    """What happened in a round: seconds to each answer that people got, and the statuses that the attacker got."""

    waits: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    failed: int = 0
    cpu: float = 0.0  # share of a core that the server used
    stolen: float = 0.0  # share of the machine that its host took away


@dataclass(frozen=True, slots=True)
class Target:
    """The server: its port, its process, and the rooms of the people (code, token)."""

    port: int
    pid: int
    rooms: list[tuple[str, str]]


Attack = Callable[[Target, Tally], Awaitable[None]]


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    """One request and the whole of its answer; the status."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    await reader.readexactly(length)
    return int(head[9:12])


async def connect(port: int, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0), limit=2**20)


async def person(target: Target, number: int, tally: Tally) -> None:
    """Posts and pages, one after the other, for ever."""
    code, token = target.rooms[number]
    pauses = Random(number)  # noqa: S311
    reader, writer = await connect(target.port, f"127.0.0.{10 + number}")
    seat = f"Host: localhost\r\nAuthorization: Bearer {token}\r\n"
    post = f"POST /{code} HTTP/1.1\r\n{seat}Content-Length: 4\r\n\r\ntea?".encode()
    page = f"GET /{code}?limit=20 HTTP/1.1\r\n{seat}Accept: application/json\r\n\r\n".encode()
    try:
        for turn in range(10**9):
            start = time.perf_counter()
            status = await exchange(reader, writer, page if turn % POST else post)
            tally.waits.append(time.perf_counter() - start)
            tally.failed += status >= 400
            await asyncio.sleep(PAUSE * pauses.uniform(0.5, 1.5))
    finally:
        writer.close()


async def flood(target: Target, tally: Tally, request: Callable[[int], bytes]) -> None:
    """RATE requests a second over CONNECTIONS connections, whatever is answered."""

    async def one(first: int) -> None:
        pair = None
        due = time.perf_counter() + first / RATE
        try:
            for turn in range(first, 10**9, CONNECTIONS):
                due += CONNECTIONS / RATE
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                with suppress(OSError, asyncio.IncompleteReadError):
                    pair = pair or await connect(target.port, ATTACKER)
                    status = await exchange(*pair, request(turn))
                    tally.statuses[status] = tally.statuses.get(status, 0) + 1
                    continue
                if pair:
                    pair[1].close()
                pair = None
        finally:
            if pair:
                pair[1].close()

    await asyncio.gather(*[one(number) for number in range(CONNECTIONS)])


async def wrong_codes(target: Target, tally: Tally) -> None:
    await flood(target, tally, lambda turn: f"GET /{_code(turn)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())


async def posts(target: Target, tally: Tally) -> None:
    code = target.rooms[-1][0].encode()
    sent = b"POST /%b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nspam" % code
    await flood(target, tally, lambda turn: sent)


async def streams(target: Target, tally: Tally) -> None:
    code = target.rooms[-1][0].encode()
    sent = b"GET /%b/sse HTTP/1.1\r\nHost: localhost\r\n\r\n" % code
    held = [await connect(target.port, ATTACKER) for _ in range(30)]
    try:
        for reader, writer in held:
            writer.write(sent)
            await reader.readuntil(b"open")
        await flood(target, tally, lambda turn: sent)
    finally:
        for _, writer in held:
            writer.close()


async def slow(target: Target, tally: Tally, start: bytes) -> None:
    """200 connections that send a byte a second, and come back a second after they are cut off. Not in step: the time
    that we ourselves take for 200 at once would be in what people wait.
    """

    async def one(number: int) -> None:
        await asyncio.sleep(number / 200)
        while True:
            with suppress(OSError):
                reader, writer = await connect(target.port, ATTACKER)
                with closing(writer):
                    await drip(reader, writer)
            await asyncio.sleep(1)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while not reader.at_eof():
            writer.write(b"a")
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    answer = await reader.read(65_536)
                    if answer[:5] == b"HTTP/":
                        status = int(answer[9:12])
                        tally.statuses[status] = tally.statuses.get(status, 0) + 1

    await asyncio.gather(*[one(number) for number in range(200)])


async def slow_headers(target: Target, tally: Tally) -> None:
    await slow(target, tally, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")


async def slow_bodies(target: Target, tally: Tally) -> None:
    await slow(target, tally, b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\n")


ATTACKS: Final[dict[str, Attack]] = {
    "wrong codes, 1,000/s": wrong_codes,
    "posts over the limit, 1,000/s": posts,
    "new streams, 1,000/s": streams,
    "slow headers, 200 connections": slow_headers,
    "slow bodies, 200 connections": slow_bodies,
}


def _code(turn: int) -> str:
    return "".join(chr(65 + turn // 26**place % 26) for place in range(4))


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
    told.send("ready")
    told.recv()
    told.send(asyncio.run(attack_for(SETTLING + SECONDS, name, target)))


async def round_of(target: Target, attack: str | None) -> Tally:
    """SECONDS of people, with or without the attack. The first moments, in which all connect, are not counted."""
    tally = Tally()
    ours, theirs = Pipe()
    process = get_context("spawn").Process(target=attacker, args=(theirs, attack, target)) if attack else None
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


async def steady_round(target: Target, attack: str | None) -> Tally:
    """As `round_of`, in a moment in which the host leaves us the machine, if there is one."""
    for _ in range(TRIES):
        tally = await round_of(target, attack)
        if tally.stolen < STOLEN:
            break
    return tally


def percentile(rounds: list[Tally], part: float) -> float:
    """The median over the rounds of a percentile of each, in milliseconds."""
    found = [sorted(tally.waits)[int(len(tally.waits) * part)] for tally in rounds]
    return median(found) * 1000


async def measure(target: Target, name: str) -> str:
    """A row of the table: all rounds without against all rounds with the attack, in turns."""
    before = rss_kib([target.pid])
    calm, under = [], []
    for _ in range(ROUNDS):
        calm.append(await steady_round(target, None))
        under.append(await steady_round(target, name))
    grown = (rss_kib([target.pid]) - before) / 1024
    statuses: Counter[int] = sum((Counter(tally.statuses) for tally in under), Counter())
    answered = ", ".join(
        f"{count / ROUNDS / (SETTLING + SECONDS):.0f}/s {status}" for status, count in sorted(statuses.items())
    )
    medians = f"{percentile(calm, 0.5):.1f} -> {percentile(under, 0.5):.1f}"
    quiet, loud = percentile(calm, 0.99), percentile(under, 0.99)
    noise = percentile(calm[1::2], 0.99) / percentile(calm[::2], 0.99) - 1
    load = f"{median(tally.cpu for tally in calm):.2f} -> {median(tally.cpu for tally in under):.2f}"
    unsteady = sum(tally.stolen >= STOLEN for tally in calm + under)
    refused = sum(tally.failed for tally in calm + under)
    return (
        f"| {name} | {answered or 'cut off'} | {medians} | {quiet:.1f} -> {loud:.1f} |"
        f" {loud / quiet - 1:+.0%} | {noise:+.0%} | {load} | {refused} | {grown:+.1f} | {unsteady} |"
    )


def main() -> None:
    """Print the table of docs/security.md."""
    core = cores()[1]
    if core is not None:
        os.sched_setaffinity(0, {core})
    seen = f"{ROUNDS * SECONDS * PEOPLE / PAUSE:,.0f}"
    print(f"{machine()}; {ROUNDS} rounds of {SECONDS:.0f} s each way, some {seen} answers.\n")
    print(
        "| attack | the attacker got | p50 of the others, ms | p99 of the others, ms | growth |"
        " without an attack, turn about | server's CPU, cores | refused to them | MiB | unsteady rounds |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name in ATTACKS:
        if not all(word in name for word in sys.argv[1:]):
            continue
        with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as target:
            print(asyncio.run(measure(target, name)), flush=True)


if __name__ == "__main__":
    main()
