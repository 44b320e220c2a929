"""Node: the object that holds the state of a running server. `create_app` opens it; views get it from
`web.respond.node()`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from .domain import links
from .domain.addresses import Addresses
from .domain.appointing import appoint_member
from .domain.limits import Limits
from .domain.passphrases import Passphrases
from .domain.removed_files import RemovedFiles
from .domain.retention import Keep, Sweeper
from .domain.room_cache import RoomCache
from .domain.search import Search
from .domain.uploads import Uploads
from .live.eviction import Evictions
from .live.feeds import Feeds
from .live.frames import StreamFormat, Texts
from .live.presence import Presence
from .live.typing import Typing
from .live.waits import Waits
from .log.local import LocalLog
from .log.space import MIB, Quota
from .metrics import Metrics
from .pictures.reencoder import Reencoder, available
from .server.control import Control
from .settings import Settings
from .storage.db import Database
from .storage.files import Files


@dataclass(frozen=True, slots=True)
class Node:
    """The state of a running server: its settings, its log and database, and the parts that follow the log."""

    settings: Settings
    log: LocalLog
    db: Database
    room_cache: RoomCache
    feeds: Feeds
    presence: Presence
    typing: Typing
    evictions: Evictions
    waits: Waits
    passphrases: Passphrases
    addresses: Addresses
    formats: Mapping[str, StreamFormat]
    texts: Texts
    limits: Limits
    metrics: Metrics
    sweeper: Sweeper
    search: Search
    control: Control
    files: Files
    uploads: Uploads
    removed_files: RemovedFiles
    reencoder: Reencoder | None  # None: pictures are kept as files

    @classmethod
    async def open(
        cls, settings: Settings, formats: Mapping[str, StreamFormat], on_failure: Callable[[], None]
    ) -> Node:
        """Open the data folder and start all parts. Raises StartupError.

        If a step fails, the parts opened before it are closed, as the log's threads would keep the process alive.
        """
        async with AsyncExitStack() as opened:
            log = await LocalLog.open(
                settings.folder, on_failure, Quota.of_mib(settings.quota_room, settings.quota_total)
            )
            opened.push_async_callback(log.close)
            addresses = await Addresses.load(log, settings.folder)
            room_cache = RoomCache(log.db)
            feeds = Feeds(log, settings.heartbeat)
            opened.callback(feeds.end)
            presence = Presence(log, log.db, feeds, settings.leave_after, settings.idle_after)
            opened.push_async_callback(presence.close)
            typing = Typing(feeds, limited=settings.limits == "on")
            opened.callback(typing.close)
            limits = Limits(settings)
            files_most = settings.quota_files_total * MIB
            metrics = Metrics(lambda: limits.streams.open, lambda: log.space.total, lambda: log.space.limit, files_most)
            evictions = Evictions(feeds, presence)
            waits = Waits(settings)
            keeps = Keep(settings.keep_days, settings.keep_events, settings.seat_days, settings.file_days)
            sweeper = Sweeper(log, log.db, keeps)
            opened.push_async_callback(sweeper.close)
            files = Files(settings.folder)
            files.require_usable()
            removed_files = RemovedFiles(files, log, log.db)
            opened.push_async_callback(removed_files.close)
            search = Search(settings)
            opened.push_async_callback(asyncio.to_thread, search.close)
            for follow in (
                room_cache.changed,  # first, so that the others do not see a stale room
                feeds.publish,  # before its consequences: readers get the event itself first
                presence.changed,
                typing.changed,
                metrics.committed,
                evictions.changed,  # after the feeds: a banned reader gets the `ban`, then the `end`
                waits.changed,
                sweeper.changed,
                removed_files.changed,
                search.changed,
            ):
                log.listen(follow)
            await presence.start()
            await removed_files.start()
            control = Control(
                settings.folder,
                {"owner": partial(links.appoint, log), "appoint": partial(appoint_member, log, log.db)},
            )
            await control.open()
            search.start()
            opened.pop_all()
        return cls(
            settings,
            log,
            log.db,
            room_cache,
            feeds,
            presence,
            typing,
            evictions,
            waits,
            Passphrases(),
            addresses,
            formats,
            Texts(),
            limits,
            metrics,
            sweeper,
            search,
            control,
            files,
            Uploads(settings, log.db, log.space.fits),
            removed_files,
            Reencoder() if settings.files == "on" and available() else None,
        )

    async def close(self) -> None:
        """End the streams and the waits, then close the log, which first stores every accepted event."""
        self.feeds.end()
        self.waits.end()
        await self.control.close()
        if self.reencoder:
            await self.reencoder.close()
        self.typing.close()
        await self.sweeper.close()
        await self.removed_files.close()
        await self.presence.close()
        await asyncio.to_thread(self.search.close)
        await self.log.close()
