"""Chat: the one object that holds what a running node has. `create_app` makes it; views reach it through
`web.respond.chat()`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from .domain import links
from .domain.addresses import Addresses
from .domain.limits import Limits
from .domain.passphrases import Gate
from .domain.retention import Keep, Sweeper
from .domain.room_cache import Known
from .live.eviction import Door
from .live.feeds import Feeds
from .live.frames import Format
from .live.presence import Presence
from .log.local import LocalLog
from .metrics import Metrics
from .server.control import Control
from .settings import Settings
from .storage.db import Database


@dataclass(frozen=True, slots=True)
class Chat:
    """Settings, the log, readers of the tables, known rooms, the live feeds, who is here, who may not read on, locks,
    keyed hashes of addresses, formats, limits, figures, what removes what is too old, and what operators' commands ask.
    """

    settings: Settings
    log: LocalLog
    db: Database
    known: Known
    feeds: Feeds
    presence: Presence
    door: Door
    gate: Gate
    addresses: Addresses
    formats: Mapping[str, Format]
    limits: Limits
    metrics: Metrics
    sweeper: Sweeper
    control: Control

    @classmethod
    async def open(cls, settings: Settings, formats: Mapping[str, Format], on_failure: Callable[[], None]) -> Chat:
        """Open the data folder and start everything that lives beside requests. Raises StartupError.

        What was opened is closed again when a later step fails: threads of the log's would keep the process alive.
        """
        async with AsyncExitStack() as opened:
            log = await LocalLog.open(settings.folder, on_failure)
            opened.push_async_callback(log.close)
            addresses = Addresses.load(settings.folder)
            known = Known(log.db)
            log.listen(known.changed)
            feeds = Feeds(log, settings.heartbeat)
            opened.callback(feeds.end)
            presence = Presence(log, log.db, feeds, settings.leave_after, settings.idle_after)
            opened.push_async_callback(presence.close)
            log.listen(feeds.publish)
            log.listen(presence.changed)
            limits = Limits(settings)
            metrics = Metrics(lambda: limits.streams.open)
            log.listen(metrics.committed)
            door = Door(feeds, presence)
            log.listen(door.changed)
            await presence.start()
            sweeper = Sweeper(log, log.db, Keep(settings.keep_days, settings.keep_events))
            log.listen(sweeper.changed)
            control = Control(settings.folder, {"owner": partial(links.appoint, log)})
            await control.open()
            opened.pop_all()
        return cls(
            settings,
            log,
            log.db,
            known,
            feeds,
            presence,
            door,
            Gate(),
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
