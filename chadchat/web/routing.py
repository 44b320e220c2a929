"""What may stand in addresses: codes, numbers, and short words.

Codes are capitals, so that they never meet another route (all others are lower-case). Werkzeug's own converters, which
take numbers and words of any length, are replaced: no route can forget to bound what it takes.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from quart import current_app
from werkzeug.routing import BaseConverter, Map, UnicodeConverter

from ..codes import PATTERN
from .fields import LONGEST_PART
from .request import Request

DIGITS: Final = 15
NONE: Final = 10**DIGITS
_ANY_CASE: Final = re.compile("/([A-Za-z]{4,6})([/.].*)?", re.DOTALL)
_SAFE: Final = "/%:@!$&'()*+,;=~?"


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


def in_capitals(request: Request) -> str | None:
    """The address that this request for nothing would have with its code in capitals, query and all; None where there
    is nothing either.
    """
    found, adapter = _ANY_CASE.fullmatch(request.path), current_app.create_url_adapter(request)
    if found is None or adapter is None or found[1].isupper():
        return None
    if any(rule.rule.startswith(f"/{found[1]}") for rule in adapter.map.iter_rules()):  # ours: /static, /help
        return None
    path = f"/{found[1].upper()}{found[2] or ''}"
    if not adapter.test(path, request.method):
        return None
    query = request.query_string.decode("latin-1")
    return quote(path, _SAFE.replace("%", "").replace("?", "")) + (f"?{quote(query, _SAFE)}" if query else "")
