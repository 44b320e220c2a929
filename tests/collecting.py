"""`chadchat serve`, but on SIGUSR1 it prints on stderr how many full garbage collections there have been."""

from __future__ import annotations

import gc
import signal
import sys
from types import FrameType

from chadchat.cli import main


def say(number: int, frame: FrameType | None) -> None:
    """One line with the count."""
    print(gc.get_stats()[2]["collections"], file=sys.stderr, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, say)
    main()
