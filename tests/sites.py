"""A `Site` inside the test's process, for tests that look at its connections, tasks and writes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from chadchat.server.config import ServerConfig, config_for
from chadchat.server.connection_limit import ConnectionLimit
from chadchat.server.private import Private, look_up
from chadchat.server.site import Site
from chadchat.server.sockets import listen


class Served(Site):
    """A site and its `port`."""

    port = 0

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)


@asynccontextmanager
async def serving(
    app: Callable[[Any, Any, Any], Awaitable[None]],
    config: ServerConfig | None = None,
    most: int = sys.maxsize,
    connection_limit: ConnectionLimit | None = None,
    private: Private | None = None,
) -> AsyncIterator[Served]:
    """Serve it, and end as the server does."""
    with listen("127.0.0.1", 0) as listening:
        private = private or await look_up()
        site = Served(app, config or config_for(), [listening], most, connection_limit, private)
        site.port = listening.getsockname()[1]
        site.start()
        try:
            yield site
        finally:
            await site.end()
