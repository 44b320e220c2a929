"""Requirement 10: the address is the socket's, or comes from trusted proxies, counted from the right."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from ..serving import Server
from .test_an_attacker_sweeps_codes import CODES


def sweep(server: Server, forwarded: str) -> list[int]:
    """Thirty-two wrong codes, each with another forged address in front."""
    with httpx.Client(base_url=server.url) as client:
        return [
            client.get(f"/{code}", headers={"X-Forwarded-For": forwarded.format(number)}).status_code
            for number, code in enumerate(CODES[:32])
        ]


def test_without_trusted_proxies_the_header_means_nothing(guarded: Server) -> None:
    assert sweep(guarded, "203.0.113.{}") == [404] * 30 + [429] * 2


@pytest.mark.parametrize(
    ("hops", "forwarded", "fooled"),
    [
        ("1", "203.0.113.{}, 198.51.100.66", False),
        ("1", "198.51.100.66, 203.0.113.{}", True),  # what the trusted proxy says is believed
        ("2", "203.0.113.{}, 198.51.100.66, 10.0.0.1", False),
        ("1", "198.51.100.66:10{:02}", False),  # each connection has another port
        ("1", '"[2001:db8::1]:10{:02}"', False),
        ("1", "stranger-{}", False),  # no address: the proxy's own counts
        ("2", "203.0.113.{}", False),  # fewer than there should be: not from our proxies, so the socket counts
    ],
)
def test_behind_proxies_only_theirs_counts(tmp_path: Path, hops: str, forwarded: str, fooled: bool) -> None:
    server = Server(tmp_path / "data", limits="on", trusted_hops=hops).start()
    try:
        assert sweep(server, forwarded) == ([404] * 32 if fooled else [404] * 30 + [429] * 2)
    finally:
        server.stop()
