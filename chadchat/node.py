"""Node: the one object that holds what a running node has. `create_app` makes it; views reach it through
`web.respond.node()`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from .domain import links
from .domain.addresses import Addresses
from .domain.limits import Limits
from .domain.passphrases import Passphrases
from .domain.retention import Keep, Sweeper
from .domain.room_cache import RoomCache
from .live.eviction import Evictions
from .live.feeds import Feeds
from .live.frames import StreamFormat
from .live.presence import Presence
from .log.local import LocalLog
from .metrics import Metrics
from .server.control import Control
from .settings import Settings
from .storage.db import Database


@dataclass(frozen=True, slots=True)
class Node:
    """Settings, the log, the readers of its tables, and everything that follows the log or counts requests."""

    settings: Settings
    log: LocalLog
    db: Database
    room_cache: RoomCache
    feeds: Feeds
    presence: Presence
    evictions: Evictions
    passphrases: Passphrases
    addresses: Addresses
    formats: Mapping[str, StreamFormat]
    limits: Limits
    metrics: Metrics
    sweeper: Sweeper
    control: Control

    @classmethod
    async def open(
        cls, settings: Settings, formats: Mapping[str, StreamFormat], on_failure: Callable[[], None]
    ) -> Node:
        """Open the data folder and start everything that lives beside requests. Raises StartupError.

        What was opened is closed again when a later step fails: threads of the log's would keep the process alive.
        """
        async with AsyncExitStack() as opened:
            log = await LocalLog.open(settings.folder, on_failure)
            opened.push_async_callback(log.close)
            addresses = await Addresses.load(log, settings.folder)
            room_cache = RoomCache(log.db)
            feeds = Feeds(log, settings.heartbeat)
            opened.callback(feeds.end)
            presence = Presence(log, log.db, feeds, settings.leave_after, settings.idle_after)
            opened.push_async_callback(presence.close)
            limits = Limits(settings)
            metrics = Metrics(lambda: limits.streams.open)
            evictions = Evictions(feeds, presence)
            sweeper = Sweeper(log, log.db, Keep(settings.keep_days, settings.keep_events))
            opened.push_async_callback(sweeper.close)
            for follow in (
                room_cache.changed,  # before all others: they must not act on a room as it was
                feeds.publish,  # a reader gets the event itself before anything that follows from it
                presence.changed,
                metrics.committed,
                evictions.changed,  # after the feeds: a banned reader gets the ban, and then the end of the stream
                sweeper.changed,
            ):
                log.listen(follow)
            await presence.start()
            control = Control(settings.folder, {"owner": partial(links.appoint, log)})
            await control.open()
            opened.pop_all()
        return cls(
            settings,
            log,
            log.db,
            room_cache,
            feeds,
            presence,
            evictions,
            Passphrases(),
            addresses,
            formats,
            limits,
            metrics,
            sweeper,
            control,
        )

    async def close(self) -> None:
        """End the streams, then the log, which finishes what it accepted."""
        self.feeds.end()
        await self.control.close()
        await self.sweeper.close()
        await self.presence.close()
        await self.log.close()
