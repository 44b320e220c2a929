"""Headers of trusted proxies, in every spelling that proxies use."""

from __future__ import annotations

from typing import Any

import pytest

from chadchat.server.forwarded import Forwarded
from chadchat.web.visitor import visitor_of

PROXY = "10.0.0.1"


async def seen(hops: int, *headers: tuple[str, str]) -> dict[str, Any]:
    """The scope behind so many proxies."""
    found: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found.append(scope)

    written = [(name.encode(), value.encode("latin-1")) for name, value in (("host", "inside"), *headers)]
    scope = {"type": "http", "client": (PROXY, 4711), "scheme": "http", "headers": written}
    await Forwarded(app, hops)(scope, None, None)
    scope = found[0]
    return {"visitor": visitor_of(scope), "scheme": scope["scheme"], "host": dict(scope["headers"])[b"host"].decode()}


@pytest.mark.parametrize(
    ("said", "visitor"),
    [
        ("8.8.8.8", "8.8.8.8"),
        ("8.8.8.8:1001", "8.8.8.8"),
        ('"8.8.8.8:1001"', "8.8.8.8"),
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("[::ffff:8.8.8.8]:1001", "8.8.8.8"),
        ("2001:db8::1", "2001:db8::/64"),
        ("[2001:db8::1]", "2001:db8::/64"),
        ('"[2001:db8::1]:4711"', "2001:db8::/64"),
        ("2001:db8::1%eth0", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::2%25eth0]:1", "fe80::2"),
        ("unknown", PROXY),
        ("unknown:1", PROXY),
        ("_hidden", PROXY),
        ("", PROXY),
        ("8.8.8.8.8", PROXY),
        ("\u00e9", PROXY),
        ("9" * 5000, PROXY),
        ("203.0.113.1, 8.8.8.8:1001", "8.8.8.8"),
        ("8.8.8.8, unknown", PROXY),
        ("8.8.8.8,", PROXY),
    ],
)
async def test_an_entry_is_an_address_or_the_proxy_itself(said: str, visitor: str) -> None:
    assert (await seen(1, ("x-forwarded-for", said)))["visitor"] == visitor


async def test_entries_are_counted_from_the_right_over_all_headers_of_the_name() -> None:
    lines = ("x-forwarded-for", "203.0.113.1, 198.51.100.66"), ("x-forwarded-for", "10.0.0.2")

    assert (await seen(2, *lines))["visitor"] == "198.51.100.66"
    assert (await seen(3, *lines))["visitor"] == "203.0.113.1"
    assert (await seen(4, *lines))["visitor"] == PROXY


@pytest.mark.parametrize(
    ("said", "scheme"), [("https", "https"), ("HTTPS", "https"), ("http", "http"), ("wss", "http"), ("", "http")]
)
async def test_a_scheme_is_one_that_is_served(said: str, scheme: str) -> None:
    assert (await seen(1, ("x-forwarded-proto", said)))["scheme"] == scheme


async def test_the_host_is_the_one_that_was_asked_for() -> None:
    assert (await seen(1, ("x-forwarded-host", "chat.example")))["host"] == "chat.example"
    assert (await seen(1))["host"] == "inside"
