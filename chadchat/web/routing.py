"""What may stand in addresses: codes, numbers, and short words.

Codes are capitals, so that they never meet another route (all others are lower-case). Werkzeug's own converters, which
take numbers and words of any length, are replaced: no route can forget to bound what it takes.
"""

from __future__ import annotations

from typing import Final

from werkzeug.routing import BaseConverter, Map, UnicodeConverter

from ..domain.codes import PATTERN
from .fields import LONGEST_PART

DIGITS: Final = 15
NONE: Final = 10**DIGITS


class CodeConverter(BaseConverter):
    """`<code:code>`: four to six capital letters."""

    regex = PATTERN


class NumberConverter(BaseConverter):
    """`<int:seq>`: up to 15 digits, as a cursor has. What has more is NONE, whatever it is: no seq or id is that large,
    and SQLite can still hold it.
    """

    regex = "[0-9]+"

    def to_python(self, value: str) -> int:
        """The number."""
        return int(value) if len(value) <= DIGITS else NONE


class WordConverter(UnicodeConverter):
    """`<member>`: a member's id or a link's token."""

    def __init__(self, routes: Map) -> None:
        super().__init__(routes, maxlength=LONGEST_PART)


CONVERTERS = {"code": CodeConverter, "int": NumberConverter, "default": WordConverter, "string": WordConverter}
