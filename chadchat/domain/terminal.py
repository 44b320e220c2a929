"""Escape sequences that colour the output of programs: they are kept in a text and left out where it is shown."""

from __future__ import annotations

import re
from typing import Final

# SGR, and EL, which grep and gcc send along with it (ECMA-48, 8.3.117 and 8.3.41).
_COLOURS: Final = re.compile(r"\x1b\[[0-9;:]*[mK]")


def uncoloured(text: str) -> str:
    """The text without these sequences. Others stay: their escape character is shown as a picture of it."""
    return _COLOURS.sub("", text) if "\x1b" in text else text
