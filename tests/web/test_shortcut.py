"""The shortcut gives the same answers as Quart's way, and skips no check."""

from __future__ import annotations

import re
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

from chadchat.web import guard, shortcut, throttle

Said = tuple[int, dict[str, str], str]


async def said(client: QuartClient, path: str, body: str, headers: dict[str, str]) -> Said:
    answer = await client.post(path, data=body, headers=headers)
    shown = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, shown, await answer.get_data(as_text=True)


def numbered(answer: Said, seq: int) -> str:
    """An answer with the number of its message, and the time, left out."""
    return str(answer).replace(f'"seq":{seq}', "").replace(f"-{seq}", "").replace(f"/{seq}", "").split('"at":')[0]


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/{code}", "tea?", {"Accept": "*/*"}),
        ("/{code}", '{"text": "tea?", "name": "Ada"}', {"Accept": "*/*", "Content-Type": "application/json"}),
        ("/{code}", "tea?", {"Accept": "*/*", "Name": "Grace"}),  # a name that a seat holds
        ("/{code}", "", {"Accept": "*/*"}),
        ("/{code}", "tea?", {"Accept": "*/*", "HX-Request": "true"}),  # a page whose seat is gone
        ("/{code}", "tea?", {"Accept": "*/*", "Authorization": "Bearer cct_nothing"}),
        ("/{code}", "tea?", {"Accept": "*/*", "Sec-Fetch-Site": "cross-site"}),
        ("/{code}", "tea?" * 20_000, {"Accept": "*/*"}),
        ("/{code}", "{", {"Accept": "*/*", "Content-Type": "application/json"}),
        ("/ZZZZ", "tea?", {"Accept": "*/*"}),
        ("/ZZZZ", "tea?", {"Accept": "application/json"}),
    ],
)
async def test_it_answers_as_the_long_way_does(
    client: QuartClient, code: str, monkeypatch: pytest.MonkeyPatch, path: str, body: str, headers: dict[str, str]
) -> None:
    short = await said(client, path.format(code=code), body, headers)
    monkeypatch.setattr(shortcut, "_ROOM", re.compile("(?!)"))
    long = await said(client, path.format(code=code), body, headers)

    assert numbered(short, 3) == numbered(long, 4)


async def test_every_check_of_the_long_way_is_on_the_short_one(app: Quart) -> None:
    assert dict(app.before_request_funcs) == {None: [guard.check, throttle.check]} == {None: list(shortcut.CHECKS)}
    assert dict(app.after_request_funcs) == {None: [shortcut.after_request]}
    assert not app.url_value_preprocessors
    assert not app.teardown_request_funcs


async def test_a_mistake_of_ours_on_it_is_told_and_logged_as_any_other(
    client: QuartClient, code: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*given: Any) -> None:
        raise ZeroDivisionError("tea? in KQZF")

    monkeypatch.setattr("chadchat.domain.messages.post", broken)
    status, _, body = await said(client, f"/{code}", "tea?", {"Accept": "*/*"})

    assert (status, '"code":"server_error"' in body) == (500, True)
    [line] = [record for record in caplog.records if record.message == "a request failed"]
    assert line.request in body  # type: ignore[attr-defined]
