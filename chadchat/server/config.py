"""What Hypercorn's parts are told."""

from __future__ import annotations

from collections.abc import Callable

from ..jitter import jitter
from .http11 import ServerConfig


class _Config(ServerConfig):
    """Hypercorn's, but connections that came together and fell silent are not all closed in one moment."""

    _patience = jitter(4.0, 5.0)

    @property
    def keep_alive_timeout(self) -> float:  # type: ignore[override]
        """Seconds that a connection may idle: also how long headers may take, and a half-closed peer may linger."""
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
