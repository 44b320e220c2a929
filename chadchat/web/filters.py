"""The template filters for times, codes and names. `at` is a timestamp of the log: 2026-11-20T14:30:00.000Z."""

from __future__ import annotations

from datetime import date
from typing import Final

from jinja2 import Environment

from ..words import size_words

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def init_environment(environment: Environment) -> None:
    """Register the filters."""
    environment.filters.update(clock=clock, date=iso_date, day=day, minute=minute, spelled=spelled, initial=initial)
    environment.filters["in_bytes"] = size_words


def clock(at: str) -> str:
    """The time of day: 14:30."""
    return at[11:16]


def iso_date(at: str) -> str:
    """The date in ISO 8601: 2026-11-20."""
    return at[:10]


def day(at: str) -> str:
    """The date in words: 20 Nov 2026."""
    on = date.fromisoformat(at[:10])
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def minute(at: str) -> str:
    """Date and time: 2026-11-20 14:30 UTC."""
    return f"{at[:10]} {at[11:16]} UTC"


def spelled(code: str) -> str:
    """The code with spaces, `K Q Z F`, so that a screen reader reads its letters one by one."""
    return " ".join(code)


def initial(name: str) -> str:
    """The first letter of a name in upper case, for a member's tile."""
    return name[:1].upper()
