"""Room codes in addresses: capitals, so that they never meet another route (all others are lower-case)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from quart import current_app
from werkzeug.routing import BaseConverter

from ..codes import PATTERN
from .request import Request

_ANY_CASE: Final = re.compile("/([A-Za-z]{4,6})([/.].*)?", re.DOTALL)
_SAFE: Final = "/%:@!$&'()*+,;=~?"


class CodeConverter(BaseConverter):
    """`<code:code>`: four to six capital letters."""

    regex = PATTERN


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
