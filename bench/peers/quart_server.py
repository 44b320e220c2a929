"""Shared by the Quart peers: chadchat's own listening socket and Hypercorn configuration, without time-outs."""

from __future__ import annotations

import asyncio
import sys
from typing import cast

from hypercorn.asyncio import serve
from hypercorn.typing import Framework
from quart import Quart

from chadchat.server.config import config_for
from chadchat.server.sockets import BACKLOG, listen


def main(app: Quart) -> None:
    """Serve an app on the port that the command line names, until killed."""
    app.config["RESPONSE_TIMEOUT"] = app.config["BODY_TIMEOUT"] = None  # each is a task less for every request
    listening = listen("127.0.0.1", int(sys.argv[1]))  # kept: the configuration knows only its number
    config = config_for()
    config.bind = [f"fd://{listening.fileno()}"]
    config.backlog = BACKLOG
    asyncio.run(serve(cast(Framework, app), config))
