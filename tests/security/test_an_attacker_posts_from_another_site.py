"""Requirement 4: a cross-site request is refused on every route that changes something."""

from __future__ import annotations

import pytest
from quart import Quart
from werkzeug.exceptions import HTTPException

from chadchat.web.request import STREAM_PATHS, names_stream

from .conftest import Visitor

SAFE = {"GET", "HEAD", "OPTIONS"}
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "made-up"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
]


def changing(app: Quart, code: str) -> list[tuple[str, str]]:
    """Every (method, path) of the app's own map that is not safe."""
    found = []
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<code:code>", code).replace("<int:seq>", "1")
        found += [(method, path) for method in (rule.methods or set()) - SAFE]
    return found


@pytest.mark.parametrize("foreign", FOREIGN, ids=str)
async def test_no_route_is_carried_out_for_another_site(
    strict: Quart, ada: Visitor, room: dict[str, str], foreign: dict[str, str]
) -> None:
    routes = changing(strict, room["code"])
    assert len(routes) >= 5
    seat = {"Authorization": f"Bearer {room['token']}", "Accept": "application/json"}
    for method, path in routes:
        answer = await ada(method, path, data="text=x&name=Mallory", headers=seat | foreign)
        assert (answer.status_code, (await answer.get_json())["code"]) == (403, "cross_site"), (method, path)
    assert (await ada("GET", f"/{room['code']}?limit=9", headers=seat)).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("end", ["", "/", "%2f", "%2F"])
@pytest.mark.parametrize("path", ["sse", "json", "raw"])
async def test_streams_are_not_opened_for_another_site_however_their_address_is_spelled(
    ada: Visitor, room: dict[str, str], path: str, end: str, method: str
) -> None:
    for code in (room["code"], "%" + room["code"].encode().hex("%")):
        answer = await ada(method, f"/{code}/{path}{end}?poll=1", headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
        assert (await ada(method, f"/{code}/{path}{end}?poll=1")).status_code == 200


async def test_what_leads_to_a_stream_is_checked_where_it_leads(ada: Visitor, room: dict[str, str]) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = await ada("GET", f"/{room['code'].lower()}/sse", headers=foreign)
    assert answer.status_code == 303
    assert (await ada("GET", answer.headers["Location"], headers=foreign)).status_code == 403
    assert (await ada("GET", f"/{room['code']}//sse", headers=foreign)).status_code == 403  # it is the stream itself


async def test_the_gate_and_the_routes_agree_about_what_is_a_stream(strict: Quart) -> None:
    adapter = strict.url_map.bind("localhost")
    rests = {rule.rule.removeprefix("/<code:code>") for rule in strict.url_map.iter_rules()}
    plain = {rest for rest in rests if "<" not in rest} - {"", "/"}
    assert plain >= STREAM_PATHS
    for rest in plain:
        for spelled in (rest, f"{rest}/"):
            try:
                endpoint, _ = adapter.match(f"/KQZF{spelled}", method="GET")
            except HTTPException:
                endpoint = ""
            assert names_stream(spelled) == endpoint.startswith("stream."), spelled


@pytest.mark.parametrize(
    "own", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://localhost"}]
)
async def test_our_own_pages_and_curl_are_served(ada: Visitor, room: dict[str, str], own: dict[str, str]) -> None:
    answer = await ada("POST", f"/{room['code']}", data="tea?", headers={"Accept": "*/*"} | own)

    assert answer.status_code == 201
