"""HTTP/2 on the plain port: whoever starts with it may, but no request changes to it on the way.

`Upgrade: h2c` is how requests are smuggled past a proxy that forwards the header and then forwards bytes it no longer
understands. Hypercorn 0.18 has no switch for it; a server may ignore any Upgrade (RFC 9110, 7.8), so this one does.
HTTP/2 by prior knowledge stays: a proxy that speaks it to us understands it.
"""

from __future__ import annotations

import h11
from hypercorn.protocol.h11 import H11Protocol

_check_protocol = H11Protocol._check_protocol


def ignore_upgrades() -> None:
    """Do so from now on, in this process. tests/security/test_an_attacker_smuggles_a_request.py sees that it holds."""
    H11Protocol._check_protocol = _only_prior_knowledge  # type: ignore[method-assign]


async def _only_prior_knowledge(self: H11Protocol, event: h11.Request) -> None:
    if event.method == b"PRI":
        await _check_protocol(self, event)
