"""The launcher: our own listening socket, Hypercorn on it, signals, and an end that loses nothing.

Hypercorn alone waits for open streams until its time-out and then cuts them (research/performance.md 3.6): here the
streams end themselves, with `bye`, before Hypercorn is told to stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
from typing import Final, cast

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config
from hypercorn.middleware import ProxyFixMiddleware
from hypercorn.typing import ASGIFramework, Framework
from hypercorn.utils import LifespanFailureError
from quart import Quart

from .app import create_app
from .chat import Chat
from .errors import StartupError
from .h2c import ignore_upgrades
from .settings import Settings

logger = logging.getLogger(__name__)

BACKLOG: Final = 4096  # a room that reconnects at once after a restart
SEND_BUFFER: Final = 65_536  # without it the kernel holds megabytes for a reader that never reads
STUCK: Final = 15_000  # milliseconds a peer may leave sent bytes unacknowledged
LAST_WORDS: Final = 0.5  # seconds; a reader too slow for them comes back with its cursor all the same
LAST_RESORT: Final = 1.7  # seconds after the signal; an end is promised within 2
# Seconds a thread may keep the interpreter from another; Python's own is 0.005. The log's thread needs it back after
# every statement. Single runs of `make bench ARGS="--only posts"` gave 1,300 to 1,490 us of CPU a post with this, and
# 1,520 to 1,650 without.
SWITCH: Final = 0.0005
DISK_FAILED: Final = 74  # EX_IOERR of sysexits.h


def run(settings: Settings) -> int:
    """Serve until a signal; the exit status. Raises StartupError for a reason not to start."""
    return asyncio.run(_run(settings))


async def _run(settings: Settings) -> int:
    sys.setswitchinterval(SWITCH)
    ignore_upgrades()
    listening = listen(settings.host, settings.port)
    stop, failure = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)

    def on_failure() -> None:
        failure.set()
        stop.set()

    app = create_app(settings, on_failure)

    async def stopped() -> None:
        # What was made to start is here to stay: a full collection need not look at it again (30 ms, each time).
        gc.collect()
        gc.freeze()
        # Hypercorn asks for this once it accepts connections: from here on requests work.
        print(f"chadchat: listening on http://{_address(listening)}", flush=True)
        logger.info("data in %s", settings.folder)
        await stop.wait()
        await drain(_node(app))

    serving = asyncio.create_task(
        hypercorn_serve(_proxied(app, settings), config_for(listening), shutdown_trigger=stopped)
    )
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({serving}, timeout=LAST_RESORT)
    stopping.cancel()
    status = DISK_FAILED if failure.is_set() else 0
    if not serving.done():
        # A peer that does not read keeps Hypercorn waiting for its buffer to empty, and swallows the cancellation: no
        # time-out ends that. Everything accepted is stored once the log is closed, so the process may simply go.
        await _node(app).log.close()
        os._exit(status)
    _finish(serving)
    return status


def _finish(serving: asyncio.Task[None]) -> None:
    """Raises what ended the server, a reason not to start as StartupError."""
    try:
        serving.result()
    except LifespanFailureError as error:
        if isinstance(error.__context__, StartupError):
            raise error.__context__ from None
        raise


def _node(app: Quart) -> Chat:
    return cast(Chat, app.extensions["chadchat"])


def listen(host: str, port: int) -> socket.socket:
    """Our own socket, for the options that accepted connections inherit. Raises StartupError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STUCK)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise StartupError(
            f"Cannot listen on {host} port {port}: {error}. Choose another with --host or --port."
        ) from error
    listening.listen(BACKLOG)
    return listening


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def config_for(listening: socket.socket) -> Config:
    """Hypercorn's settings for that socket."""
    config = Config()
    config.bind = [f"fd://{listening.fileno()}"]
    config.backlog = BACKLOG
    config.graceful_timeout = 0.8
    config.keep_alive_timeout = 5.0  # also how long headers may take, and how long a half-closed peer may linger
    config.include_server_header = False
    config.accesslog = None  # it would hold room codes
    config.errorlog = None
    config.h2_max_concurrent_streams = 32  # what one HTTP/2 connection may ask for at once
    return config


def _proxied(app: Quart, settings: Settings) -> Framework:
    if not settings.trusted_hops:
        return cast(Framework, app)
    return cast(Framework, ProxyFixMiddleware(cast(ASGIFramework, app), "legacy", settings.trusted_hops))


async def drain(node: Chat) -> None:
    """End every stream, and give the last words a moment to reach the network."""
    node.feeds.end()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(node.feeds.ended.wait(), LAST_WORDS)
