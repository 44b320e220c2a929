"""Linux namespaces with a disk or a network of their own, which a test may fill or take down. They need root."""

from __future__ import annotations

import subprocess
import sys
from functools import cache


@cache
def can_unshare() -> bool:
    """Whether this machine lets us have them. Where it does not, the tests that need one are not there at all, and
    the table of `make torture` lacks their lines.
    """
    if sys.platform != "linux":
        return False
    tried = subprocess.run(["unshare", "--mount", "--net", "true"], capture_output=True, check=False)
    return tried.returncode == 0


def small_disk(folder: str, size: str) -> list[str]:
    """The start of a command that sees a new, small disk at `folder`."""
    return ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs -o size={size} none {folder} && exec "$@"', "sh"]


def own_network() -> list[str]:
    """The start of a command that has a loopback of its own."""
    return ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def inside_network(pid: int) -> list[str]:
    """The start of a command in the network of a process."""
    return ["nsenter", "--net", "--target", str(pid)]
