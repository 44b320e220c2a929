"""Proves that a wrong run is noticed: the blaster makes one mistake with one reader of fifty, and the run must fail."""

from __future__ import annotations

import sys
from typing import Final

from .run import run
from .servers import Server, peer, program

FAULTS: Final = ("none", "lose", "repeat", "swap", "cut")


def prove() -> bool:
    """Whether each fault was noticed, and nothing where there is none. Prints what was said."""
    return all([_proves(fault) for fault in FAULTS])


def _proves(fault: str) -> bool:
    start = program(sys.executable, peer("blaster.py"), fault, read="/{}", post="/{}")
    result = run(Server("blaster", fault, start), "ceiling", readers=50, seconds=0.2, patience=2.0)
    print(f"{fault}: {result.get('void', 'not void')}")
    return ("void" in result) == (fault != "none")
