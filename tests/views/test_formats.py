"""The format of an answer by the request's headers, and the headers of every answer."""

from __future__ import annotations

import json

import pytest
from quart.testing import QuartClient

CURL = {"Accept": "*/*"}
JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
FRAGMENT = {"Accept": "text/html, text/event-stream", "HX-Request": "true"}


@pytest.mark.parametrize(
    ("headers", "media", "start"),
    [
        (CURL, "text/plain", b"There is no room ZZZZ, or it is locked.\nhttp://localhost/help#rooms\n"),
        ({}, "text/plain", b"There is no room ZZZZ, or it is locked.\n"),
        (
            JSON,
            "application/json",
            b'{"code":"room_not_found","status":404,"error":"There is no room ZZZZ, or it is locked."',
        ),
        ({"Accept": "text/html;q=0.5, application/json"}, "application/json", b"{"),
        ({"Accept": "application/json; charset=utf-8"}, "application/json", b"{"),
        ({"Accept": "Application/JSON"}, "application/json", b"{"),
        ({"Accept": 'application/json;version="1, 2";q=0.8, text/html;q=0.5'}, "application/json", b"{"),
        ({"Accept": "application/json;q=0, */*"}, "text/plain", b"There"),
        ({"Accept": "TEXT/HTML;charset=utf-8"}, "text/html", b"<!doctype html>"),
        ({"Accept": " */* "}, "text/plain", b"There"),
        (PAGE, "text/html", b"<!doctype html>"),
        (FRAGMENT, "text/html", b'<p class="error"'),
    ],
)
async def test_the_same_refusal_comes_in_the_callers_format(
    client: QuartClient, headers: dict[str, str], media: str, start: bytes
) -> None:
    answer = await client.get("/ZZZZ", headers=headers)

    assert answer.status_code == 404
    assert answer.mimetype == media
    assert (await answer.get_data(as_text=False)).startswith(start)
    said = (
        "This room is locked or does not exist."
        if start.startswith(b"<!doctype")
        else "There is no room ZZZZ, or it is locked."
    )
    assert said in await answer.get_data(as_text=True)


@pytest.mark.parametrize("headers", [CURL, {}, PAGE, {"Accept": "application/x-ndjson"}])
@pytest.mark.parametrize("path", ["/ZZZZ/json", "/ZZZZ/json/", "/{code}/json?since=bogus", "/{code}/json?limit=0"])
async def test_a_refused_stream_of_json_is_refused_in_json(
    client: QuartClient, code: str, headers: dict[str, str], path: str
) -> None:
    answer = await client.get(path.format(code=code), headers=headers)

    assert (answer.status_code // 100, answer.mimetype) == (4, "application/json")
    assert (await answer.get_json())["error"].endswith(".")


@pytest.mark.parametrize("media", ["application/json", "text/plain", "text/plain; charset=utf-8", "application/x+json"])
@pytest.mark.parametrize("accept", [PAGE, {"Accept": "text/html, image/gif, *; q=.2, */*; q=.2"}])
async def test_a_body_that_is_no_form_is_answered_as_to_a_program(
    client: QuartClient, code: str, media: str, accept: dict[str, str]
) -> None:
    """Java's HttpURLConnection asks for HTML whatever it sends."""
    headers = accept | {"Content-Type": media}
    body = '{"text": "tea?"}' if "json" in media else "tea?"

    answer = await client.post(f"/{code}", data=body, headers=headers)
    assert (answer.status_code, (await answer.get_json())["text"]) == (201, "tea?")
    refused = await client.post(f"/{code}/settings", data="{}", headers=headers)
    assert (refused.status_code, refused.mimetype) == (401, "application/json")


async def test_a_refused_post_is_one_line_of_json_to_curl(client: QuartClient) -> None:
    answer = await client.post("/ZZZZ", data="tea?", headers=CURL)

    body = await answer.get_data(as_text=True)
    assert json.loads(body) == {
        "code": "room_not_found",
        "status": 404,
        "error": "There is no room ZZZZ, or it is locked.",
        "help": "http://localhost/help#rooms",
    }
    assert body.count("\n") == 1


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("GET", "/nothing/here", 404, "not_found"),
        ("GET", "/KQ", 404, "not_found"),
        ("GET", "/KQZFABC", 404, "not_found"),
        ("DELETE", "/{code}/join", 405, "method_not_allowed"),
        ("DELETE", "/", 405, "method_not_allowed"),
        ("GET", "/{code}/999", 404, "message_not_found"),
        ("GET", "/{code}/9999999999999999999", 400, "number_invalid"),
        ("GET", "/{code}?before=0", 400, "number_invalid"),
        ("GET", "/{code}?before=x", 400, "number_invalid"),
        ("GET", "/{code}?limit=501", 400, "number_invalid"),
        ("GET", "/{code}/sse?since=bogus", 400, "cursor_invalid"),
        ("GET", "/{code}/json?limit=0", 400, "number_invalid"),
        ("GET", "/ZZZZ/sse", 404, "room_not_found"),
        ("GET", "/ZZZZ/people", 404, "room_not_found"),
        ("GET", "/ZZZZ/qr.svg", 404, "room_not_found"),
        ("GET", "/ZZZZ/1", 404, "room_not_found"),
        ("POST", "/ZZZZ/join", 404, "room_not_found"),
        ("POST", "/{code}/leave", 401, "seat_required"),
    ],
)
async def test_every_refusal_has_its_status_and_a_stable_code(
    client: QuartClient, code: str, method: str, path: str, status: int, reason: str
) -> None:
    answer = await client.open(path.format(code=code), method=method, headers=JSON)

    refusal = await answer.get_json()
    assert (answer.status_code, refusal["status"], refusal["code"]) == (status, status, reason)
    assert refusal["error"].endswith(".")
    assert refusal["help"].startswith("http://localhost/help#")
    assert ("Allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    ("method", "accept", "media", "said"),
    [
        ("GET", "*/*", "text/plain; charset=utf-8", "See http://localhost/KQZF?limit=2 (curl -L goes there).\n"),
        ("GET", "application/json", "application/json; charset=utf-8", '{"status":303,"location":"/KQZF?limit=2"}\n'),
        ("POST", "*/*", "application/json; charset=utf-8", '{"status":308,"location":"/KQZF?limit=2"}\n'),
    ],
)
async def test_a_redirect_is_said_in_the_format_of_the_caller(
    client: QuartClient, method: str, accept: str, media: str, said: str
) -> None:
    answer = await client.open("/kqzf?limit=2", method=method, headers={"Accept": accept})

    assert (answer.content_type, await answer.get_data(as_text=True)) == (media, said)
    assert answer.headers["Location"] == "/KQZF?limit=2"


async def test_a_lower_case_code_in_an_address_leads_to_the_room(client: QuartClient) -> None:
    answer = await client.get("/kqzf", headers=PAGE)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/KQZF")
    assert (await client.get("/help", headers=PAGE)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "there"),
    [
        ("GET", "/Kqzf?before=3&limit=2", 303, "/KQZF?before=3&limit=2"),
        ("GET", "/kqzf/json?poll=1", 303, "/KQZF/json?poll=1"),
        ("HEAD", "/kqzf/raw", 303, "/KQZF/raw"),
        ("GET", "/kqzf.md", 303, "/KQZF.md"),
        ("GET", "/kqzf/12", 303, "/KQZF/12"),
        ("GET", "/kqzf/people/a%20b%0d%0aX%3F", 303, "/KQZF/people/a%20b%0D%0AX%3F"),
        ("POST", "/kqzf", 308, "/KQZF"),
        ("POST", "/kQzF/join?name=Ada", 308, "/KQZF/join?name=Ada"),
        ("DELETE", "/kqzf/12", 308, "/KQZF/12"),
        ("GET", "/kqzf/nothing", 404, None),
        ("PUT", "/kqzf?x=1&y=2", 308, "/KQZF?x=1&y=2"),
        ("PATCH", "/kqzf/settings", 308, "/KQZF/settings"),
        ("PUT", "/kqzf/people", 308, "/KQZF/people"),  # and there hears 405 with the methods
        ("GET", "/static/12", 404, None),
        ("GET", "/help/people", 404, None),
        ("GET", "/ab/people", 404, None),
        ("GET", "/KQZF/nothing", 404, None),
    ],
)
async def test_a_code_in_small_letters_is_led_on_with_its_path_its_query_and_its_body(
    client: QuartClient, method: str, path: str, status: int, there: str | None
) -> None:
    answer = await client.open(path, method=method, headers=CURL)

    assert (answer.status_code, answer.headers.get("Location")) == (status, there)


async def test_every_answer_is_guarded(client: QuartClient, code: str) -> None:
    for path in ("/", f"/{code}", "/help", "/ZZZZ", "/healthz", f"/{code}/qr.svg", "/static/app.js"):
        headers = (await client.get(path, headers=PAGE)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Server" not in headers


async def test_only_static_files_are_cached(client: QuartClient, code: str) -> None:
    assert (await client.get(f"/{code}", headers=PAGE)).headers["Cache-Control"] == "no-store"
    assert "max-age=31536000" in (await client.get("/static/app.js")).headers["Cache-Control"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Sec-Fetch-Site": "none"}, 201),
        ({"Origin": "http://localhost"}, 201),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
    ],
)
async def test_another_site_cannot_post_through_a_visitors_browser(
    client: QuartClient, code: str, headers: dict[str, str], status: int
) -> None:
    answer = await client.post(f"/{code}", data="tea?", headers=CURL | headers)

    assert answer.status_code == status


async def test_another_site_cannot_hold_a_stream_in_a_visitors_browser(client: QuartClient, code: str) -> None:
    for stream in ("sse", "json", "raw"):
        answer = await client.get(f"/{code}/{stream}?poll=1", headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403


async def test_headers_have_a_limit(client: QuartClient) -> None:
    answer = await client.get("/", headers=CURL | {"X-Long": "x" * 17_000})

    assert answer.status_code == 431
    assert (await answer.get_data(as_text=True)).startswith("These headers are ")


async def test_the_server_says_that_it_is_well(client: QuartClient) -> None:
    for path in ("/healthz", "/readyz"):
        answer = await client.get(path)
        assert (answer.status_code, await answer.get_data(as_text=True)) == (200, "ok\n")


async def test_curl_at_the_door_is_told_how_to_use_it(client: QuartClient, code: str) -> None:
    home = await (await client.get("/", headers=CURL)).get_data(as_text=True)
    assert "curl -d name=Ada http://localhost/rooms\n" in home

    room = await (await client.get(f"/help?room={code}", headers=CURL)).get_data(as_text=True)
    assert f"curl -d 'tea?' http://localhost/{code}\n" in room
    assert room.endswith("\n")
    for said in ("since=", "kinds=", "from=", "limit=", "poll=1", "Last-Event-ID", '"seq":128', "message, join"):
        assert said in room
    assert "4,096 characters" in room
    as_json = await (await client.get(f"/help?room={code}", headers={"Accept": "application/json"})).get_json()
    assert as_json["help"] == room
    assert "message" in as_json["kinds"]
    assert as_json["limits"]["A message"] == "4,096 characters"
