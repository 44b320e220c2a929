"""P1 and P7 call by call: the first, the second, the third ... call to the disk fails, until a run has no failure.

This is how SQLite tests itself (sqlite.org/testing.html, 3.2). A call fails once or for good, then the power is cut.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from random import Random

import apsw
import pytest

from chadchat.errors import LogStopped, StorageFull

from .conftest import Proved
from .power import Disk
from .writing import Outcome, left, opened, write

# apsw says so when a disk that fails for good keeps it from closing a file.
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. None:pytest.PytestUnraisableExceptionWarning")

ERRORS = {
    "read": apsw.SQLITE_IOERR_READ,
    "write": apsw.SQLITE_IOERR_WRITE,
    "truncate": apsw.SQLITE_IOERR_TRUNCATE,
    "sync": apsw.SQLITE_IOERR_FSYNC,
    "delete": apsw.SQLITE_IOERR_DELETE,
}
FULL = {"write": apsw.SQLITE_FULL}


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Each failure is logged, and there are hundreds."""
    caplog.set_level(logging.CRITICAL)


def failing_at(disk: Disk, call: int, errors: dict[str, int], *, for_good: bool) -> Callable[[], str | None]:
    """Let a call fail, and all after it if it is `for_good`; what it did, once it has failed."""
    failed: list[str] = []

    def fault(number: int, what: str) -> int | None:
        if number < call or (failed and not for_good) or what not in errors:
            return None
        failed.append(what)
        return errors[what]

    disk.fault = fault
    return lambda: failed[0] if failed else None


async def run(call: int, errors: dict[str, int], *, for_good: bool) -> tuple[str | None, Outcome]:
    """Fail at one call, cut the power, and hold what is left against what was said."""
    disk = opened().copy()
    what = failing_at(disk, call, errors, for_good=for_good)
    outcome = await write(disk, posters=2, posts=8, checkpoint=8)
    found = left(disk.cut(Random(call)))  # noqa: S311
    assert outcome.lost(found) == {}, f"call {call}: {what()}"
    assert outcome.ghosts(found) == [], f"call {call}: {what()}"
    return what(), outcome


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
async def test_whatever_call_fails_nothing_acknowledged_is_lost_and_the_log_has_no_hole(
    for_good: bool, proved: Proved
) -> None:
    call = 0
    while True:
        call += 1
        what, outcome = await run(call, ERRORS, for_good=for_good)
        if what is None:
            break
        assert {type(refusal) for refusal in outcome.refused} <= {LogStopped}
        if outcome.refused:
            assert outcome.failures == 1, f"call {call}: {what}"
            assert len(outcome.refused) + len(outcome.acknowledged) == 16
        else:
            assert what in ("truncate", "delete") or not for_good, f"call {call}: {what} did no harm?"

    assert call > 50
    assert len(outcome.acknowledged) == 16
    times = "and every later one" if for_good else "once"
    proved("P1", f"the n-th call of the disk fails, {times}, then a power cut", calls=call - 1, lost=0)


async def test_a_failed_sync_stops_acknowledging_for_good(proved: Proved) -> None:
    syncs = 0
    for call in range(1, 1000):
        what, outcome = await run(call, {"sync": apsw.SQLITE_IOERR_FSYNC}, for_good=False)
        if what is None:
            break
        syncs += 1
        # The posts of a batch are refused with it, and so is each that comes after.
        assert outcome.failures == 1, f"call {call}"
        assert len(outcome.refused) + len(outcome.acknowledged) == 16
        assert max(outcome.acknowledged, default=1) == len(outcome.acknowledged) + 1

    assert syncs > 10
    proved("P1", "a failed fsync, then a power cut: no acknowledgement after it", calls=syncs, lost=0)


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
async def test_whatever_write_finds_the_disk_full_the_process_lives_on(for_good: bool, proved: Proved) -> None:
    call = 0
    while True:
        call += 1
        what, outcome = await run(call, FULL, for_good=for_good)
        if what is None:
            break
        assert {type(refusal) for refusal in outcome.refused} <= {StorageFull}, f"call {call}"
        assert outcome.failures == 0
        if not for_good:
            assert len(outcome.refused) <= 2, f"call {call}: only the batch that met it"

    assert call > 30
    times = "for good" if for_good else "for one write"
    proved("P7", f"the disk is full {times} at the n-th call, then a power cut", calls=call - 1, lost=0)


async def test_a_log_that_goes_on_after_a_failed_sync_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chadchat.log.writer._FATAL", frozenset())

    with pytest.raises(AssertionError):
        await test_a_failed_sync_stops_acknowledging_for_good(lambda *_, **__: None)


async def test_a_disk_that_fails_when_the_log_is_opened_refuses_posts_instead_of_leaving_them_waiting() -> None:
    disk = opened().copy()
    disk.off = True

    async with asyncio.timeout(60):
        outcome = await write(disk, posters=2, posts=2)

    assert [type(refusal) for refusal in outcome.refused] == [LogStopped] * 4
    assert outcome.failures == 1
