"""What search costs: the time of queries in 1,000,000 messages, and the CPU of a post with the follower and without.

`.venv/bin/python -m bench.search` prints a line a measurement. The aims: 99 of 100 queries without `word*` take less
than 50 ms, and a post at most 1.10 of its CPU without the follower. `--messages 100000` makes it shorter.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

from chadchat.domain.queries import parse
from chadchat.storage.finding import Finder, Wanted
from chadchat.storage.folding import fold
from chadchat.storage.search import Followed, Index
from chadchat.storage.searched import Words

from .one_room import OneRoom, one_room
from .system import cpu_seconds

ROUNDS: Final = 5
POSTS: Final = 1500  # in each half of a round
QUERIES: Final = 300  # of each sort
VOCABULARY: Final = 50_000
STEP: Final = 2000
BIG, SMALL = 1, 2  # two rooms: one has all but some of the messages
HAN: Final = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 2000))


class Corpus:
    """Messages of about 75 bytes, 8 of 100 in Han, with words as often as in a natural text (Zipf)."""

    def __init__(self) -> None:
        self._random = random.Random(7)  # noqa: S311 - the same messages in each run
        letters = "etaoinshrdlucmfwypvbgk"
        self.words = sorted(
            {"".join(self._random.choices(letters, k=self._random.randint(3, 10))) for _ in range(VOCABULARY)}
        )
        self._random.shuffle(self.words)
        self._weights = [1 / (rank + 1) for rank in range(len(self.words))]

    def messages(self, count: int) -> list[str]:
        """So many of them."""
        drawn = iter(self._random.choices(self.words, self._weights, k=11 * count))
        return [
            self._han() if self._random.random() < 0.08 else " ".join(next(drawn) for _ in range(11))
            for _ in range(count)
        ]

    def _han(self) -> str:
        return "".join(self._random.choices(HAN, k=25))

    def queries(self) -> dict[str, list[str]]:
        """QUERIES of each sort."""
        pick = self._random.choice
        common, middling, rare = self.words[:50], self.words[500:5000], self.words[20_000:]
        sorts: dict[str, Callable[[], str]] = {
            "a common word": lambda: pick(common),
            "a middling word": lambda: pick(middling),
            "a rare word": lambda: pick(rare),
            "two words": lambda: f"{pick(common)} {pick(middling)}",
            "two rare words": lambda: f"{pick(middling)} {pick(rare)}",
            "a phrase": lambda: f'"{pick(common)} {pick(common)}"',
            "two Han characters": lambda: pick(HAN) + pick(HAN),
            "a word and not another": lambda: f"{pick(common)} -{pick(common)}",
            "a word of an author": lambda: f"{pick(common)} from:member{self._random.randint(0, 99)}",
            "(a beginning, dep*)": lambda: f"{pick(middling)[:3]}*",
        }
        return {sort: [make() for _ in range(QUERIES)] for sort, make in sorts.items()}


def fill(folder: Path, corpus: Corpus, count: int) -> None:
    """Index so many messages, a thousandth of them in a small room."""
    with closing(Index(folder)) as index:
        for first in range(1, count + 1, STEP):
            texts = corpus.messages(STEP)
            new = {
                first + number: Words(fold(text), f"member{(first + number) % 100} 7f3a", "")
                for number, text in enumerate(texts)
            }
            index.write(BIG, new, {}, Followed("k3f9", first + STEP, 1))
        few = dict(enumerate((Words(fold(text), "ada 7f3a", "") for text in corpus.messages(1000)), 1))
        index.write(SMALL, few, {}, Followed("k3f9", 1000, 1))


async def measure(folder: Path, corpus: Corpus, count: int) -> None:
    """Print the milliseconds of each sort of query, and of all but the last together."""
    finder = Finder(folder, lambda damaged: None)
    everything: list[float] = []
    for sort, queries in corpus.queries().items():
        took = []
        for turn in range(2):  # the first warms what the second reads
            for query in queries:
                began = time.perf_counter()
                await finder.find(Wanted(parse(query).match({}), BIG, "k3f9", 1, count, 51))
                if turn:
                    took.append((time.perf_counter() - began) * 1000)
        print(f"{sort:<25} p50 {statistics.median(took):6.2f} ms   p99 {percentile(took):6.2f} ms", flush=True)
        everything += [] if sort.startswith("(") else took
    print(
        f"{'all without word*':<25} p50 {statistics.median(everything):6.2f} ms   p99 {percentile(everything):6.2f} ms"
    )
    took = []
    for query in corpus.queries()["a common word"]:
        began = time.perf_counter()
        await finder.find(Wanted(parse(query).match({}), SMALL, "k3f9", 1, 1000, 51))
        took.append((time.perf_counter() - began) * 1000)
    print(f"{'in a room of 1,000':<25} p50 {statistics.median(took):6.2f} ms   p99 {percentile(took):6.2f} ms")
    finder.close()


def percentile(took: list[float]) -> float:
    """The time in which 99 of 100 are done."""
    return statistics.quantiles(took, n=100)[98]


def posts(room: OneRoom) -> float:
    """Microseconds of CPU of the server for a post, with what the follower does of them."""
    before = cpu_seconds([room.pid])
    room.posts(POSTS, "a message of the bench with some words in it,")
    time.sleep(1)  # the follower ends
    return (cpu_seconds([room.pid]) - before) / POSTS * 1e6


def compare(folder: Path) -> None:
    """Print the CPU of a post on two servers, one of which follows its log, in turns."""
    with ExitStack() as running_now:
        servers = {
            search: running_now.enter_context(one_room(folder / search, {"CHADCHAT_SEARCH": search}))
            for search in ("off", "on")
        }
        found: dict[str, list[float]] = {"off": [], "on": []}
        for _ in range(ROUNDS):
            for search, room in servers.items():
                found[search].append(posts(room))
            print(f"{found['off'][-1]:.0f} us a post, {found['on'][-1]:.0f} us with the follower", flush=True)
    print(f"ratio {statistics.median(found['on']) / statistics.median(found['off']):.2f}")


def main() -> None:
    """Measure once."""
    parser = argparse.ArgumentParser("python -m bench.search", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    count = parser.parse_args().messages
    with tempfile.TemporaryDirectory(prefix="chadchat-bench-") as name:
        folder, corpus = Path(name), Corpus()
        began = time.perf_counter()
        fill(folder, corpus, count)
        size = sum(path.stat().st_size for path in folder.iterdir())
        print(f"{count:,} messages indexed in {time.perf_counter() - began:.0f} s, {size / count:.0f} bytes each")
        asyncio.run(measure(folder, corpus, count))
        compare(folder)


if __name__ == "__main__":
    main()
