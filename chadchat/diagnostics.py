"""The diagnostic log: one JSON object a line on stderr, without room codes, tokens, names or message texts.

An error is logged with its type and its stack, but without its message, which often quotes a request. Of a message that
a library logs only the first line is kept. JSON escapes line ends, so a request cannot forge a line.
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
    """Formats a record as `{"time", "level", "logger", "message"}`, with `request`, `error` and `at` after an error."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
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
    """A stack frame as `web/room.py:38 show`, without the folders of this machine."""
    file = frame.filename.rpartition("site-packages/")[2].rpartition("/chadchat/")[2]
    return f"{file.rpartition('/lib/')[2]}:{frame.lineno} {frame.name}"


def configure() -> None:
    """Log to stderr: our own loggers from INFO on, all others from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(OURS).setLevel(logging.INFO)


def report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The event loop's exception handler: the default one, except that a broken connection is not logged.

    asyncio itself ignores broken connections; Hypercorn lets one kind through, the kernel's time-out for a peer.
    """
    if "transport" not in context or not isinstance(context.get("exception"), OSError):
        loop.default_exception_handler(context)
