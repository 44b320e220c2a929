"""Logs: one JSON object a line on stderr, that no visitor can forge and that holds no codes, tokens, names or texts.

So an error is logged by its type and the places in the code it went through. What it says of itself often quotes what
somebody sent, and is left out; so is everything but the first line of what libraries log.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Final

OURS: Final = "chadchat"


class JsonLines(logging.Formatter):
    """`{"time", "level", "logger", "message"}`, with `request`, `error` and `at` where there was one."""

    def format(self, record: logging.LogRecord) -> str:
        """One line. json.dumps escapes what could end it."""
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage() if record.name.startswith(OURS) else record.getMessage().partition("\n")[0],
        }
        if request := getattr(record, "request", None):
            said["request"] = request
        if record.exc_info and (error := record.exc_info[1]):
            said["error"] = type(error).__name__
            said["at"] = [_place(frame) for frame in traceback.extract_tb(error.__traceback__)]
        return json.dumps(said)


def _place(frame: traceback.FrameSummary) -> str:
    """`web/room.py:38 show`: without the folders of this machine."""
    file = frame.filename.rpartition("site-packages/")[2].rpartition("/chadchat/")[2]
    return f"{file.rpartition('/lib/')[2]}:{frame.lineno} {frame.name}"


def configure() -> None:
    """Log to stderr: ours from INFO on, others' from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(OURS).setLevel(logging.INFO)


def report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The event loop's exception handler: as usual, but a connection that breaks is no error.

    asyncio says nothing of those either; Hypercorn lets one pass, where the kernel has given up a peer.
    """
    if "transport" not in context or not isinstance(context.get("exception"), OSError):
        loop.default_exception_handler(context)
