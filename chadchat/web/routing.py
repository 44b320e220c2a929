"""Room codes in addresses: capitals, so that they never meet another route (all others are lower-case)."""

from __future__ import annotations

from werkzeug.routing import BaseConverter

from ..codes import PATTERN


class CodeConverter(BaseConverter):
    """`<code:code>`: four to six capital letters."""

    regex = PATTERN
