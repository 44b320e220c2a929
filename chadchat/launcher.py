"""The launcher: opens the sockets, serves the application on them, and ends or restarts the process on a signal.

Before the server stops, every open stream is ended with `bye`. Without that the server would wait for the streams until
its time-out, and then cut them. A post that was accepted is stored before the process ends.
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
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, cast

from . import diagnostics
from .app import Application, create_app
from .node import Node
from .pictures.reencoder import available, works
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

LAST_WORDS: Final = 0.5  # seconds for `bye` to be sent; a reader that misses it reconnects with its cursor anyway
LAST_REQUESTS: Final = 0.5  # seconds for connections made before the signal to send their request
LAST_ANSWERS: Final = 0.2  # seconds to answer the last posts that were stored
LAST_RESORT: Final = 1.5  # seconds after the signal until the process exits in any case; 2 are promised
# The thresholds of the garbage collector, gc.set_threshold (default: 700, 10, 10). A full collection stops the process
# for about 45 us per open stream, which is 0.5 s at 10,000 streams, and runs more often the faster streams open. While
# 10,000 streams opened in 11 s it ran 15 times and took 2.8 s at Python's rate; at a quarter of that rate, as here, it
# ran 6 times and took 1.3 s. Closed connections are freed without it (server/connection.py). The first two thresholds
# are lower than the default, as a collection of 7,000 objects takes up to 8 ms, in which all requests wait.
COLLECTING: Final = (350, 4, 200)
ONE_HOP: Final = (
    "CHADCHAT_TRUSTED_HOPS=auto trusts a proxy on this machine only. Behind one on another machine, or in another"
    " container, set it to the number of proxies: else all visitors count as one."
)
ENCODED: Final = "pictures are encoded anew"
KEPT: Final = "pictures are kept as files, as Pillow is not installed (pip install 'chadchat[pictures]')"
REFUSED: Final = "pictures are refused: the process that encodes them anew does not work here"
NO_FILES: Final = "no files are taken"
DISK_FAILED: Final = 74  # EX_IOERR of sysexits.h


def run(settings: Settings) -> int:
    """Serve until a signal, and return the exit status. Raises StartupError if the server cannot start."""
    return asyncio.run(_run(settings))


def check(settings: Settings) -> list[str]:
    """Start and stop the application in an empty folder, without a socket, and load every template; what the operator
    should know besides. Raises the first error of settings, code, templates or migrations.
    """
    with TemporaryDirectory() as folder:
        asyncio.run(_start_and_end(create_app(replace(settings, data=folder))))
        refused = _pictures(settings) == ENCODED and not asyncio.run(works(Path(folder)))
    said = REFUSED if refused else _pictures(settings)
    words = [] if said in (ENCODED, NO_FILES) else [f"{said[0].upper()}{said[1:]}."]
    return words + ([ONE_HOP] if settings.hops is None and not sockets.is_loopback(settings.host) else [])


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
    settings = replace(settings, limit_all_streams=min(settings.limit_all_streams, most))
    listening = sockets.take(settings.host, settings.port)
    ending = Ending()
    ending.listen()
    app = create_app(settings, ending.fail)
    config = config_for(MOST_HEADERS, lambda code: _node(app).metrics.refused(code))
    limit = connection_limit_of(settings, listening.sockets)
    site = Site(_proxied(app, settings, limit), config, listening.sockets, most, limit, private)

    serving = asyncio.create_task(_serve(app, site, listening, ending))
    stopping = asyncio.create_task(ending.begun.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({serving}, timeout=LAST_RESORT)
    stopping.cancel()
    status = DISK_FAILED if ending.failed else 0
    if not serving.done():
        # The server still waits for a client that does not read. Every accepted post is stored once the log is closed,
        # so the process can exit.
        if "chadchat" in app.extensions:  # otherwise the log was never opened
            await _node(app).log.close()
            if (reencoder := _node(app).reencoder) is not None:
                reencoder.end_now()
        await asyncio.wait({serving}, timeout=LAST_ANSWERS)
        if ending.again:
            begin_again(listening.sockets)
        os._exit(status)
    serving.result()
    if ending.again:
        begin_again(listening.sockets)
    return status


async def _serve(app: Application, site: Site, listening: Listening, ending: Ending) -> None:
    """Start the application, serve until `ending.begun`, and stop it. Raises StartupError if it cannot start."""
    await app.startup()
    try:
        # Exclude the objects made so far, which live as long as the process, from full collections: saves 30 ms each.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECTING)
        site.start()
        print(f"chadchat: listening on http://{listening.address}", flush=True)
        settings = _node(app).settings
        logger.info("data in %s; up to %d connections at once; %s", settings.folder, site.most, _pictures(settings))
        await ending.begun.wait()
        site.config.keep_alive_max_requests = 0  # now every answer has "Connection: close"
        site.leave()
        if ending.again or listening.kept:
            await asyncio.gather(linger(), drain(_node(app), kept=True))
        else:
            for one in listening.sockets:
                one.close()
            await drain(_node(app), kept=False)
        await site.end()
    finally:
        await app.shutdown()


def _pictures(settings: Settings) -> str:
    """The sentence of the log about pictures: encoded anew, kept as files, or not taken. Nothing is tried for it."""
    if settings.files == "off":
        return NO_FILES
    return ENCODED if available() else KEPT


def _node(app: Application) -> Node:
    return cast(Node, app.extensions["chadchat"])


def connection_limit_of(settings: Settings, listening: Sequence[socket.socket]) -> ConnectionLimit | None:
    """The limit on connections of each visitor; None if limits are off, or behind proxies, whose connections are shared
    by all visitors. One that shows itself only by its requests is taken out of the limit then.
    """
    if settings.limits == "off" or settings.hops:
        return None
    return ConnectionLimit(settings.limit_streams, settings.limit_all_streams, listening)


def _proxied(app: Application, settings: Settings, limit: ConnectionLimit | None) -> App:
    served = cast(App, app)
    if settings.hops == 0:
        return served
    return Forwarded(served, settings.hops, limit.exempt) if limit else Forwarded(served, settings.hops)


async def drain(node: Node, *, kept: bool) -> None:
    """End every wait and every stream; until all streams have closed, wait up to LAST_WORDS seconds. `kept`: the
    listening sockets stay.
    """
    node.waits.end()
    node.feeds.end(kept=kept)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(node.feeds.ended.wait(), LAST_WORDS)


async def linger() -> None:
    """Wait LAST_REQUESTS seconds, so that connections made before can still send their request."""
    for _ in range(20):  # polls the network 20 times: on an overloaded machine a single sleep would poll it once
        await asyncio.sleep(LAST_REQUESTS / 20)
