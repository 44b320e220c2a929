"""The converters of the variable parts of a route: codes, numbers, and short words.

Codes are in capitals, so that they never match another route (all others are in lower case). Werkzeug's own converters,
which accept numbers and words of any length, are replaced, so that every route is limited.
"""

from __future__ import annotations

from typing import Final

from werkzeug.routing import BaseConverter, Map, UnicodeConverter

from ..domain.codes import PATTERN
from ..domain.files import LONGEST_RAW
from .fields import LONGEST_PART

DIGITS: Final = 15
NONE: Final = 10**DIGITS


class CodeConverter(BaseConverter):
    """`<code:code>`: four to six capital letters."""

    regex = PATTERN


class NumberConverter(BaseConverter):
    """`<int:seq>`: a number of up to 15 digits, as in a cursor. A longer one becomes NONE, which is larger than any seq
    or id, and small enough for SQLite.
    """

    regex = "[0-9]+"
    weight = 50  # tried before a word at the same place

    def to_python(self, value: str) -> int:
        """The number, or NONE."""
        return int(value) if len(value) <= DIGITS else NONE


class WordConverter(UnicodeConverter):
    """`<member>`: a word of at most LONGEST_PART characters, such as a member's id or a link's token."""

    def __init__(self, routes: Map) -> None:
        super().__init__(routes, maxlength=LONGEST_PART)


class FileConverter(UnicodeConverter):
    """`<file:name>`: the name of a file, which is shortened later."""

    weight = 200  # tried after everything else

    def __init__(self, routes: Map) -> None:
        super().__init__(routes, maxlength=LONGEST_RAW)


CONVERTERS = {
    "code": CodeConverter,
    "file": FileConverter,
    "int": NumberConverter,
    "default": WordConverter,
    "string": WordConverter,
}
