"""The template filters for the files of messages: names cut in the middle, and how large a picture is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Environment

WIDEST: Final = (
    400  # pixels of a picture in the log; half of the thumbnail's, for screens with two pixels in place of one
)
HIGHEST: Final = 320
LONGEST: Final = 28  # characters of a name that is shown whole
END: Final = 12  # characters of a longer name that always show, its ending among them
LONGEST_KIND: Final = 4


def init_environment(environment: Environment) -> None:
    """Register the filters."""
    environment.filters.update(parts=parts, shown=shown, ending=ending)


def parts(name: str) -> tuple[str, str]:
    """A name in two parts: the beginning, which the page may cut short, and the end; a short name has no end."""
    return (name, "") if len(name) <= LONGEST else (name[:-END], name[-END:])


def ending(name: str) -> str:
    """What kind of file a name says it is, for its tile: ZIP; FILE if it does not say."""
    stem, dot, end = name.rpartition(".")
    return end.upper() if stem and dot and 0 < len(end) <= LONGEST_KIND and end.isascii() and end.isalnum() else "FILE"


def shown(file: Mapping[str, Any]) -> tuple[int, int]:
    """The width and height in pixels at which a picture is shown, never larger than it is."""
    width, height = max(int(file["width"]), 1), max(int(file["height"]), 1)
    scale = min(1, WIDEST / width, HIGHEST / height)
    return max(round(width * scale), 1), max(round(height * scale), 1)
