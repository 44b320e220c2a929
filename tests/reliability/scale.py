"""The number of rounds: few in `make test`, many in `make torture`."""

from __future__ import annotations

import os


def scale(bounded: int, full: int) -> int:
    """The bounded count of `make test`, or the full one of `make torture`."""
    return full if os.environ.get("CHADCHAT_TORTURE") == "1" else bounded
