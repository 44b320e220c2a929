"""create_app: builds the Quart application from its parts. Wiring only."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Callable, Iterable
from types import TracebackType
from typing import Any, Final

from jinja2 import StrictUndefined
from quart import Quart, g, has_request_context

from . import __version__, views
from .domain import export, messages
from .domain.colours import hue
from .domain.emoji import is_few
from .domain.reactions import AT_HAND
from .domain.transcript import tombstone
from .events import Event
from .kinds import kind_of, notice, rewritten
from .live.frames import formats
from .node import Node
from .paths import folder
from .refusal import StartupError
from .settings import Settings
from .web import file_filters, filters

logger = logging.getLogger(__name__)

ExceptionInfo = tuple[type, BaseException, TracebackType] | tuple[None, None, None]

TURN: Final = 20  # lines of a page rendered before yielding to the event loop


class Application(Quart):
    """Quart, except that its log line of an unhandled error leaves out the address, which holds a room code."""

    def log_exception(self, *given: Any) -> None:
        """Log an unhandled error with a random id, which the 500 answer shows as well.

        A StartupError is left to the command line, which prints it.
        """
        exception_info: ExceptionInfo = given[-1]  # from Quart 0.23 on, the context comes first
        if isinstance(exception_info[1], StartupError):
            return
        request_id = secrets.token_hex(4)
        if has_request_context():
            g.request_id = request_id
        logger.error("a request failed", exc_info=exception_info, extra={"request": request_id})


def create_app(settings: Settings | None = None, on_failure: Callable[[], None] = lambda: None) -> Application:
    """The ASGI application. `on_failure` is called when the disk fails under the log and the process should end."""
    settings = settings or Settings.load()
    app = Application(__name__, template_folder=folder("templates"), static_folder=None)  # web/assets.py serves
    app.config.update(
        # Quart's time-outs need a task for every request. web/request.py limits the time for a body instead, and
        # server/connection.py and live/feed.py disconnect a client that does not read its answer.
        BODY_TIMEOUT=None,
        RESPONSE_TIMEOUT=None,
    )
    _templates(app)
    app.jinja_env.globals["heartbeat"] = settings.heartbeat
    app.jinja_env.globals["edit_hours"] = settings.edit_hours
    app.jinja_env.globals["file_days"] = settings.file_days
    app.jinja_env.globals.update(files_on=settings.files == "on", file_most=settings.file_most)
    views.init_app(app)

    @app.while_serving
    async def node() -> AsyncGenerator[None, None]:
        app.extensions["exports"] = exports(app)
        opened = await Node.open(settings, formats(app.jinja_env.overlay(enable_async=False)), on_failure)
        app.extensions["chadchat"] = opened
        yield
        await opened.close()

    return app


def exports(app: Quart) -> dict[str, export.ExportFormat]:
    """The formats in which a room can be exported, by name."""
    return export.formats(app.jinja_env.overlay(enable_async=False))


def _templates(app: Quart) -> None:
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.autoescape = True  # for every file name, not only .html
    filters.init_environment(app.jinja_env)
    file_filters.init_environment(app.jinja_env)
    app.jinja_env.globals.update(
        at_hand=AT_HAND,
        few_emoji=is_few,
        hue=hue,
        in_turns=in_turns,
        kind_of=kind_of,
        longest=messages.LONGEST,
        notice=notice,
        rewritten=rewritten,
        tombstone=tombstone,
        version=__version__,
    )


async def in_turns(events: Iterable[Event]) -> AsyncGenerator[Event, None]:
    """The events that are lines, for a template. Lets the event loop run every TURN events, as rendering many takes
    milliseconds.
    """
    for count, event in enumerate(event for event in events if kind_of(event).line):
        if count % TURN == 0:
            await asyncio.sleep(0)
        yield event
