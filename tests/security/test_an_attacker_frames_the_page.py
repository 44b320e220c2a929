"""Requirement 3: no other page may frame, sniff or script ours: on every answer, refusals included."""

from __future__ import annotations

import pytest
from quart import Response

from .conftest import Visitor

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
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
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store, no-transform"
