"""Keys: the idempotency key of a post, under which a retry finds what was stored."""

from __future__ import annotations

from typing import Final

from ..errors import KeyInvalid

LONGEST_KEY: Final = 128


def check_key(key: str) -> str:
    """The idempotency key without its quotes. Raises KeyInvalid."""
    bare = key[1:-1] if len(key) > 1 and key[0] == key[-1] == '"' else key
    if not 0 < len(bare) <= LONGEST_KEY or not all("!" <= char <= "~" for char in bare):
        raise KeyInvalid
    return bare
