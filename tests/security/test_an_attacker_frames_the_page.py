"""Requirement 3: headers on every answer, refusals included, stop other sites from framing, sniffing or scripting."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from quart import Quart, Response
from werkzeug.datastructures import Headers

from chadchat.app import create_app
from chadchat.domain.permissions import Role
from chadchat.setting import Rate
from chadchat.settings import Settings
from chadchat.web import throttle

from .conftest import MALLORY, Visitor, visitor
from .test_roles_and_routes import TABLE, address_of, world

DOCUMENTED = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
# As docs/security.md lists them.
ALWAYS = dict(re.findall(r"^    (X-[\w-]+|Referrer-Policy|Cross-[\w-]+): (.+)$", DOCUMENTED, re.MULTILINE))
[HSTS] = re.findall(r"`Strict-Transport-Security: (.+?)`", DOCUMENTED)
NEVER = ("Access-Control-Allow-Origin", "Server", "X-Powered-By")


def policy(answer: Response) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";")]
    return {name: value for name, _, value in parts}


@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
async def test_every_answer_says_so(ada: Visitor, room: dict[str, str], accept: str) -> None:
    code = room["code"]
    paths = ["/", "/help", f"/{code}", f"/{code}/1", f"/{code}/people", f"/{code}/qr.svg", "/static/app.js", "/healthz"]
    refused = ["/ZZZZ", f"/{code}/999", "/nowhere", f"/{code}/sse?since=bogus", f"/{code}?before=x", "/static/none.js"]
    for path in paths + refused:
        answer = await ada("GET", path, headers={"Accept": accept})
        assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS, path
        assert not any(name in answer.headers for name in NEVER), path
        assert policy(answer)["frame-ancestors"] == "'none'"


async def test_nothing_inline_and_nothing_from_elsewhere_runs(ada: Visitor, room: dict[str, str]) -> None:
    answer = await ada("GET", f"/{room['code']}", headers={"Accept": "text/html"})

    said = policy(answer)
    assert (said["default-src"], said["script-src"], said["style-src"]) == ("'none'", "'self'", "'self'")
    assert (said["base-uri"], said["object-src"], said["form-action"]) == ("'none'", "'none'", "'self'")
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


async def test_refusals_that_skip_the_framework_say_so_too(mallory: Visitor, room: dict[str, str]) -> None:
    for _ in range(11):
        answer = await mallory("POST", f"/{room['code']}", data="spam")

    assert answer.status_code == 429
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert policy(answer)["frame-ancestors"] == "'none'"
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_stream_is_no_page_either(ada: Visitor, room: dict[str, str]) -> None:
    for path in ("sse", "json", "raw", "sse?as=html"):
        joiner = "&" if "?" in path else "?"
        answer = await ada("GET", f"/{room['code']}/{path}{joiner}poll=1")
        assert answer.headers["Cache-Control"] == "no-store, no-transform"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def missing(headers: Headers, scheme: str) -> dict[str, str | None]:
    """What an answer has of the documented headers that is not as documented."""
    wanted = {**ALWAYS, "Strict-Transport-Security": HSTS if scheme == "https" else None}
    wrong = {name: headers.get(name) for name, value in wanted.items() if headers.get(name) != value}
    wrong |= {name: headers[name] for name in NEVER if name in headers}
    wrong |= {name: None for name in ("Content-Security-Policy", "Cache-Control") if name not in headers}
    repeated = [name for name in {name.lower() for name, _ in headers} if len(headers.getlist(name)) > 1]
    return wrong | {name: "repeated" for name in repeated if name != "set-cookie"}


def test_the_list_is_the_one_that_is_documented() -> None:
    assert len(ALWAYS) == 4
    assert "max-age" in HSTS


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("accept", ["text/html", "*/*"])
@pytest.mark.parametrize("role", [Role.OUTSIDER, Role.OWNER])
async def test_every_route_answers_with_every_documented_header(
    app: Quart, role: Role, accept: str, scheme: str
) -> None:
    caller = await world(app, role, locked=False)
    wrong, seen = {}, set[int]()
    headers = {"Accept": accept} | ({"Authorization": f"Bearer {caller.token}"} if caller.token else {})
    for (method, route), (sent, _) in TABLE.items():
        form: Any = {"form": {name: value.format(**caller.parts) for name, value in sent.items()}} if sent else {}
        for verb in (method, "HEAD", "OPTIONS", "PUT") if method == "GET" else (method,):
            answer = await caller.client.open(
                address_of(route, caller.parts), method=verb, headers=headers, scheme=scheme, **form
            )
            seen.add(answer.status_code)
            if found := missing(answer.headers, scheme):
                wrong[verb, route] = answer.status_code, found

    assert wrong == {}
    assert {200, 404, 405} <= seen


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("path", ["sse", "sse?as=html", "json", "raw"])
async def test_an_open_stream_has_every_documented_header(app: Quart, code: str, path: str, scheme: str) -> None:
    client: Any = app.test_client()
    async with client.request(f"/{code}/{path}", scheme=scheme) as stream:
        await stream.receive()
        headers = stream.headers
        await stream.disconnect()

    assert missing(headers, scheme) == {}
    assert headers["Cache-Control"] == "no-store, no-transform"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("code", "settings", "method", "path"),
    [
        ("too_many_requests", {"limit_requests": Rate(1, 600.0)}, "GET", "/help"),
        ("too_many_codes", {"limit_codes": Rate(1, 600.0)}, "GET", "/ZZZZ"),
        ("too_many_posts", {"limit_posts": Rate(1, 600.0)}, "POST", "/{code}"),
        ("room_busy", {"limit_room_posts": 1}, "POST", "/{code}"),
        ("too_many_rooms", {"limit_rooms": Rate(1, 600.0)}, "POST", "/rooms"),
        ("too_many_streams", {"limit_streams": 0, "limit_all_streams": 1}, "GET", "/{code}/sse"),
        ("server_full", {"limit_all_streams": 0}, "GET", "/{code}/json"),
    ],
)
@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
async def test_every_early_refusal_has_every_documented_header(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    settings: dict[str, Any],
    method: str,
    path: str,
    accept: str,
    scheme: str,
) -> None:
    monkeypatch.setattr(throttle, "HELD", (0.0, 0.0))
    made = create_app(Settings(data=str(tmp_path / "data"), **settings))
    async with made.test_app():
        opened: Any = await visitor(made, "192.0.2.9")("POST", "/rooms", json={"name": "Grace"})
        path = path.format(code=(await opened.get_json())["code"])
        mallory = visitor(made, MALLORY)
        body: Any = {"json": {"name": "Mallory"}} if path == "/rooms" else {"data": "tea?"}
        said, statuses, codes = [], set[int](), set[str]()
        for _ in range(14):  # one line from the eleventh on, whatever was asked for
            answer = await mallory(method, path, headers={"Accept": accept}, scheme=scheme, **body)
            said.append(missing(answer.headers, scheme))
            statuses.add(answer.status_code)
            if answer.is_json:
                codes.add((await answer.get_json()).get("code"))

    assert said == [{}] * 14
    assert statuses & {429, 503}
    assert accept == "text/html" or code in codes or not codes
