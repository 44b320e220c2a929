"""Filters: how templates write times, codes and names. `at` is a time as the log has it: 2026-11-20T14:30:00.000Z."""

from __future__ import annotations

from datetime import date
from typing import Final

from jinja2 import Environment

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def init_environment(environment: Environment) -> None:
    """Register the filters."""
    environment.filters.update(clock=clock, date=iso_date, day=day, minute=minute, spelled=spelled, initial=initial)


def clock(at: str) -> str:
    """14:30"""
    return at[11:16]


def iso_date(at: str) -> str:
    """2026-11-20"""
    return at[:10]


def day(at: str) -> str:
    """20 Nov 2026"""
    on = date.fromisoformat(at[:10])
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def minute(at: str) -> str:
    """2026-11-20 14:30 UTC"""
    return f"{at[:10]} {at[11:16]} UTC"


def spelled(code: str) -> str:
    """K Q Z F: letters that are read out one by one."""
    return " ".join(code)


def initial(name: str) -> str:
    """The letter on a person's tile."""
    return name[:1].upper()
