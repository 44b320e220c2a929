"""Requirement 10: the address is the socket's, or comes from trusted proxies, counted from the right."""

from __future__ import annotations

from collections.abc import Iterator

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


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """Servers behind so many proxies. Each test brings addresses that no other has."""
    data = tmp_path_factory.mktemp("behind")
    started = {hops: Server(data / hops, limits="on", trusted_hops=hops).start() for hops in ("auto", "0", "1", "2")}
    yield started
    for server in started.values():
        server.stop()


@pytest.mark.parametrize(
    ("hops", "forwarded", "fooled"),
    [
        ("0", "203.0.113.{}", False),  # nobody is trusted
        ("auto", "203.0.113.{}, 198.51.100.68", False),  # what comes from this machine is a proxy's: its last entry
        ("auto", "203.0.114.{}", True),  # a liar on this machine, who harms none but those on it
        ("1", "203.0.113.{}, 198.51.100.66", False),
        ("1", "198.51.100.66, 203.0.113.{}", True),  # what the trusted proxy says is believed
        ("2", "203.0.113.{}, 198.51.100.66, 10.0.0.1", False),
        ("1", "198.51.100.67:10{:02}", False),  # each connection has another port
        ("1", '"[2001:db8::1]:10{:02}"', False),
        ("1", "stranger-{}", False),  # no address: the proxy's own counts
        ("2", "203.0.113.{}", False),  # fewer than there should be: not from our proxies, so the socket counts
    ],
)
def test_behind_proxies_only_theirs_counts(behind: dict[str, Server], hops: str, forwarded: str, fooled: bool) -> None:
    assert sweep(behind[hops], forwarded) == ([404] * 32 if fooled else [404] * 30 + [429] * 2)
