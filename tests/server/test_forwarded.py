"""Headers of trusted proxies, in every spelling that proxies use."""

from __future__ import annotations

from typing import Any

import pytest

from chadchat.server.forwarded import Forwarded
from chadchat.web.visitor import visitor_of

PROXY = "10.0.0.1"


async def seen(hops: int | None, *headers: tuple[str, str], peer: str | None = PROXY) -> dict[str, Any]:
    """The scope behind so many proxies; `peer` is the address of the nearest, None where it came by a unix socket."""
    found: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found.append(scope)

    written = [(name.encode(), value.encode("latin-1")) for name, value in (("host", "inside"), *headers)]
    scope = {"type": "http", "client": peer and (peer, 4711), "scheme": "http", "headers": written}
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


FOR, PROTO, HOST = ("x-forwarded-for", "9.9.9.9, 8.8.8.8"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "chat")


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.0.0.53", "::1", "::ffff:127.0.0.1", None])
async def test_by_itself_a_proxy_on_this_machine_is_trusted_for_one_hop(peer: str | None) -> None:
    behind = await seen(None, FOR, PROTO, HOST, peer=peer)

    assert behind == {"visitor": "8.8.8.8", "scheme": "https", "host": "chat"}
    without = await seen(None, PROTO, HOST, peer=peer)
    assert (without["scheme"], without["host"]) == ("http", "inside"), "it does not say for whom it asks"


@pytest.mark.parametrize("peer", ["10.0.0.1", "192.168.1.5", "172.17.0.1", "2001:db8::1", "::ffff:10.0.0.1"])
@pytest.mark.parametrize("header", [FOR, PROTO, HOST])
async def test_from_another_machine_nothing_is_believed_and_the_operator_is_told_once(
    peer: str, header: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    told = Forwarded(nothing, None)
    for _ in range(3):
        headers = [(header[0].encode(), header[1].encode())]
        scope: dict[str, Any] = {"type": "http", "client": (peer, 4711), "scheme": "http", "headers": headers}
        await told(scope, None, None)
        assert (scope["client"], scope["scheme"], scope["headers"]) == ((peer, 4711), "http", headers)

    [warning] = caplog.records
    assert "set CHADCHAT_TRUSTED_HOPS to the number of proxies" in warning.getMessage()
    assert peer not in warning.getMessage(), "the log has no addresses"


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    """An application that does nothing."""


async def test_a_proxy_is_reported_once_and_other_peers_never() -> None:
    found: list[str] = []
    auto = Forwarded(nothing, None, found.append)
    for peer in ("127.0.0.1", "127.0.0.1", "10.0.0.1", "127.0.0.2"):
        await auto({"type": "http", "client": (peer, 1), "headers": [(b"x-forwarded-for", b"8.8.8.8")]}, None, None)
    await auto({"type": "http", "client": ("127.0.0.3", 1), "headers": []}, None, None)

    assert found == ["127.0.0.1", "127.0.0.2"]
