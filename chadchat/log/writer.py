"""The writer: one thread, one connection, one transaction for everything that is waiting (group commit).

A post waits for one fsync however many posts wait with it. What waits is handed over once the event loop has nothing
more to add, and never while a commit is under way: a thread that took each post at once would commit each alone, and
would wait for the interpreter's lock, up to 5 ms at a time, whenever the loop is busy with the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeGuard, cast

from ..errors import LogStopped, Stopping, StorageFull
from ..events import Committed, Event, Note, Trim, Trimmed
from .erasing import Erasing
from .faults import FATAL as _FATAL
from .faults import is_the_machines

logger = logging.getLogger(__name__)

# More posts than this at once are split over several commits, so that the first are answered before the last are
# written.
BATCH: Final = 256

# The writer writes events, and work of this node itself, which has no listeners.
Entry = Event | Note | Trim
Result = Committed | Trimmed | Exception | None
Apply = Callable[[sqlite3.Connection, Any], Committed | Trimmed | None]


@dataclass(frozen=True, slots=True)
class _Append:
    entry: Entry
    answer: asyncio.Future[Any]


class Writer:
    """Takes events in order, commits them in groups, tells `on_commit`, then answers. Never in another order."""

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        apply: Apply,
        on_commit: Callable[[Sequence[Committed | Trimmed]], None],
        on_failure: Callable[[], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._connect = connect
        self._apply = apply
        self._on_commit = on_commit
        self._on_failure = on_failure
        self._waiting: list[_Append] = []
        self._handed: queue.SimpleQueue[list[_Append]] = queue.SimpleQueue()
        self._idle = asyncio.Event()
        self._idle.set()
        self._erasing = Erasing()
        self._closed = False
        self._keeps_as_it_is = False
        self._finished = threading.Event()
        self.failed = False
        self._thread = threading.Thread(target=self._run, name="chadchat-writer", daemon=True)
        self._thread.start()

    async def append(self, event: Event) -> Committed:
        """Durable when it returns; see `Log.append` for what it raises."""
        return cast(Committed, await self._write(event))

    async def write(self, entry: Note | Trim) -> object:
        """Write, and return the result. Durable when it returns. Raises the errors of `append` for any event."""
        return await self._write(entry)

    async def finish(self) -> None:
        """Commit what was accepted, and put all of it into the one file as far as readers let it."""
        self._closed = True
        await self._idle.wait()
        self._handed.put([])
        await asyncio.to_thread(self._finished.wait)

    async def close(self, *, as_it_is: bool = False) -> None:
        """Finish, then end the thread. `as_it_is`: nothing that was committed is moved any more."""
        self._keeps_as_it_is = as_it_is
        if not self._finished.is_set():
            await self.finish()
        self._handed.put([])
        await asyncio.to_thread(self._thread.join)

    def stop(self) -> None:
        """Store nothing more: the files are gone."""
        self.failed = True
        self._on_failure()

    def _write(self, entry: Entry) -> asyncio.Future[Any]:
        if self._closed:
            raise Stopping
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append(_Append(entry, answer))
        if self._idle.is_set():
            self._idle.clear()
            self._loop.call_soon(self._gather, 0)
        return answer

    def _gather(self, seen: int) -> None:
        """Hand over what waits, unless a turn of the loop has just added to it."""
        if seen < len(self._waiting) < BATCH:
            self._loop.call_soon(self._gather, len(self._waiting))
            return
        self._handed.put(self._waiting[:BATCH])
        del self._waiting[:BATCH]

    def _run(self) -> None:
        db = self._open()
        try:
            while batch := self._next(db):
                results = self._commit(db, batch)
                self._erasing.committed(results)
                self._loop.call_soon_threadsafe(self._finish, batch, results)
            if not self._keeps_as_it_is:
                self._erase(db, self._erasing.finish)
            self._finished.set()
            self._handed.get()
        finally:
            self._finished.set()
            if db:
                db.close()
                self._erasing.close()

    def _next(self, db: sqlite3.Connection | None) -> list[_Append]:
        """The next batch. Before it, and while there is none, removed text is erased, a step at a time."""
        while True:
            wait = self._erasing.wait()
            if wait == 0:
                self._erase(db, self._erasing.work)
            with contextlib.suppress(queue.Empty):
                return self._handed.get(wait != 0, wait)

    def _erase(self, db: sqlite3.Connection | None, work: Callable[[sqlite3.Connection], None]) -> None:
        if db is None or self.failed:
            self._erasing.give_up()
            return
        try:
            work(db)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _FATAL:
                self._fail(error)

    def _open(self) -> sqlite3.Connection | None:
        """The connection; None when the disk failed already: then every append is refused, and none is left waiting."""
        try:
            return self._connect()
        except sqlite3.Error as error:
            self._fail(error)
            return None

    def _commit(self, db: sqlite3.Connection | None, batch: list[_Append]) -> list[Result]:
        if db is None or self.failed:
            return [LogStopped() for _ in batch]
        try:
            db.execute("BEGIN IMMEDIATE")
            results = self._apply_all(db, batch)
            db.execute("COMMIT")
        except Exception as error:
            # All who wait must get the error, and the thread must go on. Whatever it was, nothing of the batch is
            # stored.
            return [self._refusal(db, error)] * len(batch)
        return results

    def _apply_all(self, db: sqlite3.Connection, batch: list[_Append]) -> list[Result]:
        """Apply all events at once, as hardly any breaks a rule; when one does, all again and each by itself."""
        try:
            return [self._apply(db, waiting.entry) for waiting in batch]
        except Exception as error:
            if is_the_machines(error):
                raise
            db.execute("ROLLBACK")
            db.execute("BEGIN IMMEDIATE")
            return [self._apply_alone(db, waiting.entry) for waiting in batch]

    def _apply_alone(self, db: sqlite3.Connection, entry: Entry) -> Result:
        """Apply each event by itself: one that breaks a rule, or fails in another way, is undone and refused. The
        rest of the batch is stored.
        """
        db.execute("SAVEPOINT entry")
        try:
            result: Result = self._apply(db, entry)
        except Exception as error:
            if is_the_machines(error):
                raise
            db.execute("ROLLBACK TO entry")
            result = error
        db.execute("RELEASE entry")
        return result

    def _refusal(self, db: sqlite3.Connection, error: Exception) -> Exception:
        """The error that the batch gets. A failed disk stops the log for good: after a
        failed fsync nothing can be trusted.
        """
        if db.in_transaction:
            db.execute("ROLLBACK")
        if not isinstance(error, sqlite3.Error):
            return error
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            logger.error("the disk is full: posts are refused")
            return StorageFull()
        if code in _FATAL:
            self._fail(error)
        else:
            logger.error("the database refused a commit: %s", error)
        return LogStopped()

    def _fail(self, error: sqlite3.Error) -> None:
        logger.error("the disk failed, and nothing is stored any more: %s", error)
        self.failed = True
        self._loop.call_soon_threadsafe(self._on_failure)

    def _finish(self, batch: list[_Append], results: list[Result]) -> None:
        """Back on the event loop: first everyone who follows the log, then the posts that waited."""
        fresh = [result for result in results if _is_news(result)]
        try:
            if fresh:
                self._on_commit(fresh)
        finally:  # an error of a listener must not fail the posts
            self._answer(batch, results)

    def _answer(self, batch: list[_Append], results: list[Result]) -> None:
        for waiting, result in zip(batch, results, strict=True):
            if waiting.answer.done():  # the caller was cancelled
                continue
            if isinstance(result, StopIteration):  # a future does not take it, and those after it would wait for ever
                waiting.answer.set_exception(RuntimeError("apply stopped an iteration"))
            elif isinstance(result, Exception):
                waiting.answer.set_exception(result)
            else:
                waiting.answer.set_result(result)
        if self._waiting:
            self._loop.call_soon(self._gather, 0)
        else:
            self._idle.set()


def _is_news(result: Result) -> TypeGuard[Committed | Trimmed]:
    return isinstance(result, Trimmed) or (isinstance(result, Committed) and result.fresh)
