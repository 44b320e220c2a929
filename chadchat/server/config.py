"""Settings of Hypercorn and h11."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Final

from hypercorn.config import Config

from ..jitter import jitter

logger = logging.getLogger(__name__)

_TARGET: Final = rb"[\x21-\x7e]+"  # as h11 0.16 has it
_WIDER_TARGET: Final = rb"[\x21-\x7e\x80-\xff]+"


class ServerConfig(Config):
    """Hypercorn's settings. `refused` is called with the code of each refusal that is
    made before there is a request.
    """

    refused: Callable[[str], None] = staticmethod(lambda code: None)


class _Config(ServerConfig):
    """As ServerConfig, but with a random keep-alive time, so that idle connections are not all closed in one moment."""

    _patience = jitter(4.0, 5.0)

    @property
    def keep_alive_timeout(self) -> float:  # type: ignore[override]
        """Seconds that a connection may be idle, that a request's head may take, and that a
        half-closed connection is kept.
        """
        return next(self._patience)


def config_for(most_headers: int = 16_384, refused: Callable[[str], None] = lambda code: None) -> ServerConfig:
    """Hypercorn's settings. `most_headers` is in bytes; `refused` is called with the code of each refusal that is made
    before there is a request.
    """
    config = _Config()
    config.refused = refused
    config.h11_max_incomplete_size = 2 * most_headers  # more than `most_headers` is refused with a sentence
    config.include_server_header = False
    config.accesslog = None  # it would hold room codes
    config.errorlog = None
    return config


def take_raw_paths() -> None:
    """Let h11 take a path in raw UTF-8, from now on and in this process. Both names are in the table of private.py.

    RFC 3986 wants such bytes escaped; curl and scripts send them as they are, and there is only one way to read them.
    """
    from h11 import _events, _readers

    if _events.request_target_re.pattern == _TARGET and _TARGET in _readers.request_line_re.pattern:
        _events.request_target_re = re.compile(_WIDER_TARGET)
        _readers.request_line_re = re.compile(_readers.request_line_re.pattern.replace(_TARGET, _WIDER_TARGET))
    elif _events.request_target_re.pattern != _WIDER_TARGET:
        logger.warning("h11 is not the version that is known: a path that is not ASCII is refused")
