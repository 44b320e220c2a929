"""The fair share: how many streams, or connections, one address may hold while others need some, too."""

from __future__ import annotations


def fair_share(least: int, most: int, used: int) -> int:
    """A quarter of what is free of `most`, but never less than `least`; only `least` once four fifths are in use.

    A school behind one address gets in while there is room, and a flood cannot take what others need.
    """
    return least if 5 * used >= 4 * most else max(least, (most - used) // 4)
