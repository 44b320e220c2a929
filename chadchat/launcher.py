"""The launcher: listening sockets, the site on them, and an end that loses nothing, or a restart that refuses nobody.

A server alone waits for open streams until its time-out and then cuts them: here the
streams end themselves, with `bye`, before the site ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import socket
from collections.abc import Sequence
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Final, cast

from . import diagnostics
from .app import Application, create_app
from .node import Node
from .server import descriptors, sockets
from .server.asgi import App
from .server.config import config_for, take_raw_paths
from .server.connection_limit import ConnectionLimit
from .server.forwarded import Forwarded
from .server.private import RAW_PATHS, look_up
from .server.restart import Ending, begin_again
from .server.site import Site
from .server.sockets import Listening
from .settings import Settings
from .web.wellformed import MOST_HEADERS

logger = logging.getLogger(__name__)

LAST_WORDS: Final = 0.5  # seconds; a reader too slow for them comes back with its cursor all the same
LAST_REQUESTS: Final = 0.5  # seconds; a connection made before the end may still be bringing its request
LAST_ANSWERS: Final = 0.2  # seconds; what was stored at the very last is answered
LAST_RESORT: Final = 1.5  # seconds after the signal; an end is promised within 2
# When Python looks for garbage: objects before a look at the young, such looks before one at those that survived them,
# and those before one at all (its own: 700, 10, 10). A look at all stands still for some 45 us an open stream, so for
# half a second at 10,000, and the more of them open in a moment the more often: 15 times in a storm of 10,000, 2.8 of
# its 11 seconds; 6 times and 1.3 s at a quarter of the rate. Closed connections need none (`connections.py`). The looks
# before it are shorter than Python's own and more of them: at 7,000 objects one takes up to 8 ms, and who asks waits.
COLLECTING: Final = (350, 4, 200)
DISK_FAILED: Final = 74  # EX_IOERR of sysexits.h


def run(settings: Settings) -> int:
    """Serve until a signal; the exit status. Raises StartupError for a reason not to start."""
    return asyncio.run(_run(settings))


def check(settings: Settings) -> None:
    """Start and end in an empty folder, without a socket: settings, code, templates and migrations. Raises what they
    raise.
    """
    with TemporaryDirectory() as folder:
        asyncio.run(_start_and_end(create_app(replace(settings, data=folder))))


async def _start_and_end(app: Application) -> None:
    async with app.test_app():
        for name in app.jinja_env.list_templates():
            app.jinja_env.get_template(name)


async def _run(settings: Settings) -> int:
    asyncio.get_running_loop().set_exception_handler(diagnostics.report)
    private = await look_up()
    if RAW_PATHS in private.uses:
        take_raw_paths()
    most = descriptors.for_connections()
    listening = sockets.take(settings.host, settings.port)
    ending = Ending()
    ending.listen()
    app = create_app(settings, ending.fail)
    config = config_for(MOST_HEADERS, lambda code: _node(app).metrics.refused(code))
    limit = connection_limit_of(settings, listening.sockets)
    site = Site(_proxied(app, settings), config, listening.sockets, most, limit, private)

    serving = asyncio.create_task(_serve(app, site, listening, ending))
    stopping = asyncio.create_task(ending.begun.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({serving}, timeout=LAST_RESORT)
    stopping.cancel()
    status = DISK_FAILED if ending.failed else 0
    if not serving.done():
        # A peer that does not read is waited for. Everything accepted is stored once the log is closed, so the process
        # may simply go.
        if "chadchat" in app.extensions:  # else it never got as far as to open the log
            await _node(app).log.close()
        await asyncio.wait({serving}, timeout=LAST_ANSWERS)
        if ending.again:
            begin_again(listening.sockets)
        os._exit(status)
    serving.result()
    if ending.again:
        begin_again(listening.sockets)
    return status


async def _serve(app: Application, site: Site, listening: Listening, ending: Ending) -> None:
    """From the start of the application to its end. Raises StartupError for a reason not to start."""
    await app.startup()
    try:
        # What was made to start is here to stay: a full collection need not look at it again (30 ms, each time).
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECTING)
        site.start()
        print(f"chadchat: listening on http://{listening.address}", flush=True)
        logger.info("data in %s; up to %d connections at once", _node(app).settings.folder, site.most)
        await ending.begun.wait()
        site.config.keep_alive_max_requests = 0  # from here on every answer says "Connection: close"
        site.leave()
        if ending.again or listening.kept:
            await asyncio.gather(linger(), drain(_node(app)))
        else:
            for one in listening.sockets:
                one.close()
            await drain(_node(app))
        await site.end()
    finally:
        await app.shutdown()


def _node(app: Application) -> Node:
    return cast(Node, app.extensions["chadchat"])


def connection_limit_of(settings: Settings, listening: Sequence[socket.socket]) -> ConnectionLimit | None:
    """None where connections say nothing of visitors, as they are all a proxy's, and where nothing is to be counted."""
    if settings.limits == "off" or settings.trusted_hops:
        return None
    return ConnectionLimit(settings.limit_connections + settings.limit_streams, listening)


def _proxied(app: Application, settings: Settings) -> App:
    served = cast(App, app)
    return Forwarded(served, settings.trusted_hops) if settings.trusted_hops else served


async def drain(node: Node) -> None:
    """End every stream, and give the last words a moment to reach the network."""
    node.feeds.end()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(node.feeds.ended.wait(), LAST_WORDS)


async def linger() -> None:
    """Connections made before get time to bring their request."""
    for _ in range(20):  # looks at the network each time: on a machine that is out of breath, one sleep would not
        await asyncio.sleep(LAST_REQUESTS / 20)
