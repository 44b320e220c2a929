"""Limits: what one picture may cost, and the walls around the process that decodes it."""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture may cost. An animation that costs more is kept as a file."""

    cpu: int = 20  # seconds
    memory: int = 1 << 30  # bytes of address space, of which Python and Pillow take 36 MiB
    pixels: int = 50_000_000
    uploaded: int = 64 << 20  # bytes; the worker holds them in memory
    written: int = 64 << 20  # bytes of all sizes together
    frames: int = 500
    frame_pixels: int = 100_000_000  # of all frames
    frame_cpu: float = 8.0  # seconds; 100 frames of 320 x 240 take 0.6


def yield_to_the_server() -> None:
    """Take the processor only when the server leaves it, and be the first to go where memory runs out."""
    os.nice(10)
    if sys.platform == "linux":
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")


def confine(limits: Limits) -> None:
    """Lower, for good, what this process may have. Without a descriptor to be had it opens no file and no socket; the
    socket to the server, which is open already, goes on working.
    """
    walls = {
        resource.RLIMIT_CPU: limits.cpu,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_NOFILE: 0,
    }
    if sys.platform != "darwin":  # which refuses a limit on the address space
        walls[resource.RLIMIT_AS] = limits.memory
    for kind, most in walls.items():
        _, hard = resource.getrlimit(kind)
        lowered = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (lowered, lowered))
