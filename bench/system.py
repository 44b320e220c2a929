"""Reads cores, CPU time, memory and limits from the operating system."""

from __future__ import annotations

import os
import platform
import resource
from pathlib import Path
from typing import Final

_TICK: Final = os.sysconf("SC_CLK_TCK")
_OURS: Final = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of processes, all threads, in seconds; to 1/100 s (proc(5))."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICK


def rss_kib(pids: list[int]) -> int:
    """Resident memory of processes in KiB."""
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def open_files(pids: list[int]) -> int:
    """How many files and sockets processes have open."""
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def busy_elsewhere() -> float:
    """Seconds of CPU that this machine has spent on anything but us and what we started and saw end (proc(5))."""
    fields = [int(field) for field in Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]]
    everything = sum(fields) - fields[3] - fields[4]  # idle, and idle waiting for a disk
    return everything / _TICK - sum(sum(resource.getrusage(who)[:2]) for who in _OURS)


def stolen() -> float:
    """Seconds of CPU that whoever runs this machine has kept from it, over all cores (steal in proc(5))."""
    return int(Path("/proc/stat").read_text().partition("\n")[0].split()[8]) / _TICK


def cores() -> tuple[int, int | None]:
    """The core for servers and the one for the generator; None where there is only one core."""
    free = sorted(os.sched_getaffinity(0))
    return free[0], free[-1] if len(free) > 1 else None


def raise_open_files() -> int:
    """As many open files as we may have; how many that is. Inherited by what we start."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def machine() -> str:
    """One line about this machine."""
    cpu = Path("/proc/cpuinfo").read_text()
    names = [line.partition(":")[2].strip() for line in cpu.splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cpus = len(os.sched_getaffinity(0))
    name = names[0] if names else platform.machine()
    return (
        f"{cpus} cores of {name}, {memory:.0f} GiB, Linux {platform.release().split('-')[0]}, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )
