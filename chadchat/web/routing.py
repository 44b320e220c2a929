"""Room codes in addresses: capitals, so that they never meet another route (all others are lower-case)."""

from __future__ import annotations

from werkzeug.routing import BaseConverter


class CodeConverter(BaseConverter):
    """`<code:code>`: four to six capital letters."""

    regex = "[A-Z]{4,6}"
