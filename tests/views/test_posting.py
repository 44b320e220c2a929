"""Posting: three forms of the body, four formats of the answer, names, seats and keys."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from quart.testing import QuartClient

from chadchat.domain.messages import is_blank

CURL = {"Accept": "*/*"}
FORM = CURL | {"Content-Type": "application/x-www-form-urlencoded"}
PAGE = {"Accept": "text/html"}
FRAGMENT = {"Accept": "text/html, text/event-stream", "HX-Request": "true"}
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=300)


def typed(media: str) -> dict[str, str]:
    return CURL | {"Content-Type": media}


def plain(charset: str) -> dict[str, str]:
    return typed(f"text/plain; charset={charset}")


async def posted(client: QuartClient, code: str, **request: Any) -> dict[str, Any]:
    answer = await client.post(f"/{code}", **request)
    assert answer.status_code == 201, await answer.get_data(as_text=True)
    message: dict[str, Any] = await answer.get_json()
    return message


async def refusal(client: QuartClient, code: str, **request: Any) -> tuple[int, str]:
    answer = await client.post(f"/{code}", **request)
    return answer.status_code, (await answer.get_json())["code"]


async def stored(client: QuartClient, code: str) -> list[str]:
    answer = await client.get(f"/{code}", headers={"Accept": "application/json"})
    return [message["text"] for message in (await answer.get_json())["messages"]]


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"json": {"text": "tea?"}}, "tea?"),
        ({"form": {"text": "tea?"}}, "tea?"),
        ({"data": "text=a%26b+c%0A", "headers": FORM}, "a&b c\n"),
        ({"data": "name=Zoe&text=tea%3F", "headers": FORM}, "tea?"),
        ({"data": "tea?", "headers": FORM}, "tea?"),  # curl -d 'tea?'
        ({"data": "100% sure & context=5", "headers": FORM}, "100% sure & context=5"),
        ({"data": "Sun Nov 22\n", "headers": FORM}, "Sun Nov 22\n"),  # date | curl --data-binary @-
        ({"data": "see http://x.test/?a=1&text=foo", "headers": FORM}, "see http://x.test/?a=1&text=foo"),
        ({"data": "GET /search?q=1&text=hello HTTP/1.1", "headers": FORM}, "GET /search?q=1&text=hello HTTP/1.1"),
        ({"data": "text=Q&A", "headers": FORM}, "text=Q&A"),
        ({"data": "text=a&", "headers": FORM}, "text=a&"),
        ({"data": "text=a&title=b", "headers": FORM}, "text=a&title=b"),
        ({"data": "text", "headers": FORM}, "text"),
        ({"data": "a=1" + "&text=x" * 30, "headers": FORM}, "a=1" + "&text=x" * 30),
        ({"data": "text=1+1&key=k", "headers": FORM}, "1 1"),
        ({"data": b"\xef\xbb\xbftext=tea%3F", "headers": FORM}, "tea?"),
        ({"data": b"\xef\xbb\xbftea?", "headers": FORM}, "tea?"),
        ({"data": b"\xef\xbb\xbftea?", "headers": CURL}, "tea?"),
        ({"data": "gr\u00fc\u00dfe".encode("latin-1"), "headers": plain("ISO-8859-1")}, "gr\u00fc\u00dfe"),
        ({"data": "\u20ac5".encode("cp1252"), "headers": plain('"windows-1252"')}, "\u20ac5"),
        ({"data": "tea\u2026".encode("utf-16"), "headers": plain("utf-16")}, "tea\u2026"),
        ({"data": "\ufefftea".encode("utf-16-le"), "headers": plain("UTF-16LE")}, "tea"),
        ({"data": "\u304a\u8336".encode("shift_jis"), "headers": plain("Shift_JIS")}, "\u304a\u8336"),
        ({"data": "text=gr%FCn", "headers": typed("application/x-www-form-urlencoded; charset=latin1")}, "gr\u00fcn"),
        ({"data": '{"text": "tea?"}', "headers": typed("text/json")}, "tea?"),
        ({"data": '{"text": "tea?"}', "headers": typed("application/vnd.api+json; charset=utf-8")}, "tea?"),
        ({"data": '{"text": "tea?"}', "headers": typed("Application/JSON")}, "tea?"),
        ({"data": '\ufeff{"text": "tea?"}', "headers": typed("application/json")}, "tea?"),
        ({"data": '{"text": "t\u00e9"}'.encode("latin-1"), "headers": typed("text/json; charset=latin-1")}, "t\u00e9"),
        ({"json": {"text": "tea?", "attachments": [{"a": 1}], "mrkdwn": True, "n": 1, "message": {}}}, "tea?"),
        ({"json": {"text": "tea?", "blob": "x" * 2000, "bad": "\ud800"}}, "tea?"),
        ({"data": "tea?", "headers": CURL}, "tea?"),
        ({"data": "tea?", "headers": CURL | {"Content-Type": "text/plain"}}, "tea?"),
        ({"data": "ä\r\nb".encode(), "headers": CURL}, "ä\r\nb"),
    ],
)
async def test_a_message_comes_as_json_form_or_raw_text(
    client: QuartClient, code: str, request_: dict[str, Any], text: str
) -> None:
    request_ = {"headers": CURL} | request_

    assert (await posted(client, code, **request_))["text"] == text


async def test_a_multipart_form_is_a_form(client: QuartClient, code: str) -> None:
    body = '--b\r\nContent-Disposition: form-data; name="text"\r\n\r\ntea?\r\n--b--\r\n'
    headers = CURL | {"Content-Type": "multipart/form-data; boundary=b"}

    assert (await posted(client, code, data=body, headers=headers))["text"] == "tea?"


async def test_curl_gets_the_stored_message_as_one_line_and_its_address(client: QuartClient, code: str) -> None:
    answer = await client.post(f"/{code}", data="tea?", headers=CURL)

    body = await answer.get_data(as_text=True)
    message = json.loads(body)
    assert answer.status_code == 201
    assert body.count("\n") == 1
    assert answer.headers["Location"] == f"/{code}/{message['seq']}"
    assert list(message) == ["room", "seq", "cursor", "kind", "name", "member", "text", "at"]
    assert (message["name"], message["member"]) == ("anonymous", None)
    there = await client.get(answer.headers["Location"], headers={"Accept": "application/json"})
    assert await there.get_json() == message


async def test_put_is_a_post(client: QuartClient, code: str) -> None:
    for path in (f"/{code}", f"/{code}/"):
        answer = await client.put(path, data="tea?", headers=CURL)
        assert (answer.status_code, (await answer.get_json())["text"]) == (201, "tea?")
        assert answer.headers["Location"].startswith(f"/{code}/")
    again = await client.put(f"/{code.lower()}", data="tea?", headers=CURL)
    assert (again.status_code, again.headers["Location"]) == (308, f"/{code}")


async def link(client: QuartClient, room: dict[str, str], kind: str, **settings: str) -> str:
    """The address of a link that the owner makes, and of its room's settings."""
    owner = CURL | {"Authorization": f"Bearer {room['token']}"}
    made = await (await client.post(f"/{room['code']}/links", json={"kind": kind}, headers=owner)).get_json()
    if settings:
        await client.post(f"/{room['code']}/settings", json=settings, headers=owner)
    return str(made["url"]).removeprefix("http://localhost")


async def opened(client: QuartClient) -> dict[str, str]:
    room: dict[str, str] = await (await client.post("/rooms", json={"name": "Grace"}, headers=CURL)).get_json()
    return room


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    "request_",
    [
        {"data": "deployed", "headers": CURL},
        {"data": "deployed", "headers": {"Accept": "text/html"}},
        {"json": {"text": "deployed", "attachments": []}, "headers": CURL},
        {"form": {"text": "deployed"}, "headers": CURL},
        {"form": {"text": "deployed"}, "headers": {"Accept": "text/html"}},
    ],
)
async def test_a_program_that_knows_an_address_only_posts_to_that_of_a_link(
    client: QuartClient, method: str, request_: dict[str, Any]
) -> None:
    room = await opened(client)
    there = await link(client, room, "post", lock="passphrase", passphrase="correct horse")

    answer = await client.open(there, method=method, **request_)

    message = await answer.get_json()
    assert (answer.status_code, message["text"], message["name"]) == (201, "deployed", "anonymous")
    assert answer.headers["Location"] == f"/{room['code']}/{message['seq']}"


async def test_the_address_of_a_link_that_does_not_post_refuses_and_one_of_nothing_is_nothing(
    client: QuartClient,
) -> None:
    room = await opened(client)
    reads = await link(client, room, "read")
    posts = await link(client, room, "post")

    for path, expected in ((reads, (403, "not_allowed")), (f"{posts}x", (404, "room_not_found"))):
        answer = await client.post(path, data="hi", headers=CURL)
        assert (answer.status_code, (await answer.get_json())["code"]) == expected
    owner = CURL | {"Authorization": f"Bearer {room['token']}"}
    listed = await client.get(f"/{room['code']}/links", headers=owner | {"Accept": "application/json"})
    made = (await listed.get_json())["links"]
    await client.delete(f"/{room['code']}/links/{made[-1]['id']}", headers=owner)
    assert (await client.post(posts, data="hi", headers=CURL)).status_code == 404
    assert (await client.post(posts.replace(room["code"], "ZZZZ"), data="hi", headers=CURL)).status_code == 404


async def test_htmx_gets_204_and_a_plain_form_goes_back_to_the_room(client: QuartClient, code: str) -> None:
    await client.post(f"/{code}/join", form={"name": "Ada"}, headers=PAGE)

    fragment = await client.post(f"/{code}", form={"text": "one"}, headers=FRAGMENT)
    assert (fragment.status_code, await fragment.get_data(as_text=True)) == (204, "")

    page = await client.post(f"/{code}", form={"text": "two\r\nlines"}, headers=PAGE)
    assert page.status_code == 303
    assert page.headers["Location"].startswith(f"/{code}#m-")
    assert await stored(client, code) == ["one", "two\nlines"]


async def test_a_page_whose_seat_is_gone_cannot_post(client: QuartClient, code: str) -> None:
    fragment = await client.post(f"/{code}", form={"text": "hi"}, headers=FRAGMENT)
    assert fragment.status_code == 401
    assert f"You are not in {code}." in await fragment.get_data(as_text=True)

    page = await client.post(f"/{code}", form={"text": "hi"}, headers=PAGE)
    assert page.status_code == 401
    assert f'action="/{code}/join"' in await page.get_data(as_text=True)
    assert await stored(client, code) == []


@pytest.mark.parametrize(
    "request_",
    [
        {"data": "hi", "headers": CURL | {"Name": "Zoë"}},
        {"data": "hi", "query_string": {"name": "Zoë"}, "headers": CURL},
        {"form": {"text": "hi", "name": "Zoë"}, "headers": CURL},
        {"json": {"text": "hi", "name": "Zoë"}, "headers": CURL},
    ],
)
async def test_a_free_name_may_be_said_in_four_ways(client: QuartClient, code: str, request_: dict[str, Any]) -> None:
    assert (await posted(client, code, **request_))["name"] == "Zoë"


async def test_a_seats_name_needs_the_seats_token(client: QuartClient, code: str) -> None:
    assert await refusal(client, code, json={"text": "hi", "name": "GRACE"}, headers=CURL) == (409, "name_taken")

    joined = await (await client.post(f"/{code}/join", json={"name": "Ada"}, headers=CURL)).get_json()
    assert set(joined) >= {"name", "member", "token"}
    bearer = CURL | {"Authorization": f"Bearer {joined['token']}"}
    message = await posted(client, code, data="it is me", headers=bearer)
    assert (message["name"], message["member"]) == ("Ada", joined["member"])


async def test_a_token_that_holds_no_seat_is_refused_not_ignored(client: QuartClient, code: str) -> None:
    bearer = CURL | {"Authorization": "Bearer cct_wrong"}

    assert await refusal(client, code, data="hi", headers=bearer) == (401, "seat_required")


@pytest.mark.parametrize("user", ["", "ada", "ada@example.org"])
@pytest.mark.parametrize("scheme", ["Basic", "BASIC "])
async def test_a_token_may_be_the_password_of_basic(client: QuartClient, code: str, user: str, scheme: str) -> None:
    joined = await (await client.post(f"/{code}/join", json={"name": "Ada"}, headers=CURL)).get_json()
    basic = b64encode(f"{user}:{joined['token']}".encode()).decode()

    message = await posted(client, code, data="it is me", headers=CURL | {"Authorization": f"{scheme} {basic}"})
    assert (message["name"], message["member"]) == ("Ada", joined["member"])


@pytest.mark.parametrize(
    "authorization",
    ["cct_abc", "", "Basic", "Basic ?", "Basic Ym9i", "Basic Ym9iOg==", "Digest username=bob", "Token cct_abc"],
)
async def test_an_authorization_that_is_not_understood_is_refused_not_ignored(
    client: QuartClient, code: str, authorization: str
) -> None:
    headers = CURL | {"Authorization": authorization}

    assert await refusal(client, code, data="hi", headers=headers) == (401, "authorization_unknown")
    for path in (f"/{code}", f"/{code}/json?poll=1", "/ZZZZ"):
        assert (await client.get(path, headers=headers)).status_code == 401
    assert await refusal(client, "rooms", json={"name": "Ada"}, headers=headers) == (401, "authorization_unknown")
    for path in ("/", "/help", "/healthz", "/static/app.js"):
        assert (await client.get(path, headers=headers)).status_code == 200
    assert await stored(client, code) == []


@pytest.mark.parametrize("query", ["token={}", "a=1&auth={}", "auth=Bearer+{}", "access_token=Bearer%20{}"])
async def test_a_token_in_a_field_of_the_address_is_refused_not_ignored(
    client: QuartClient, code: str, query: str
) -> None:
    joined = await (await client.post(f"/{code}/join", json={"name": "Ada"}, headers=CURL)).get_json()
    path = f"/{code}?{query.format(joined['token'])}"

    for method in ("POST", "GET"):
        answer = await client.open(path, method=method, headers=CURL | {"Accept": "application/json"})
        shown = await answer.get_json()
        assert (answer.status_code, shown["code"]) == (401, "authorization_unknown")
        assert shown["error"].startswith("A token is not read from the fields of an address")
    assert (await client.get(f"/help?{query.format(joined['token'])}", headers=CURL)).status_code == 200
    assert await stored(client, code) == []


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_number_beyond_every_log_is_told_the_bounds_and_not_shown_as_another(
    client: QuartClient, code: str, method: str
) -> None:
    joined = await (await client.post(f"/{code}/join", json={"name": "Ada"}, headers=CURL)).get_json()
    headers = {"Accept": "application/json", "Authorization": f"Bearer {joined['token']}"}
    answer = await client.open(f"/{code}/{'9' * 20}", method=method, data="x", headers=headers)

    shown = await answer.get_json()
    assert (answer.status_code, shown["code"]) == (400, "number_invalid")
    assert shown["error"] == "A number in an address is a whole number from 1 to 999999999999999."


async def test_the_password_of_another_service_is_an_invalid_token(client: QuartClient, code: str) -> None:
    headers = CURL | {"Authorization": f"Basic {b64encode(b'bob:secret').decode()}"}

    assert await refusal(client, code, data="hi", headers=headers) == (401, "seat_required")


async def test_a_seat_given_up_is_gone_at_once(client: QuartClient, code: str) -> None:
    joined = await (await client.post(f"/{code}/join", json={"name": "Ada"}, headers=CURL)).get_json()
    bearer = CURL | {"Authorization": f"Bearer {joined['token']}"}

    left = await client.post(f"/{code}/leave", headers=bearer)

    assert (left.status_code, (await left.get_json())["left"]) == (200, True)
    assert await refusal(client, code, data="hi", headers=bearer) == (401, "seat_required")
    assert (await client.post(f"/{code}/join", json={"name": "Ada"}, headers=CURL)).status_code == 201


@pytest.mark.parametrize(
    "with_key",
    [
        lambda key: {"data": "deployed", "headers": CURL | {"Idempotency-Key": key}},
        lambda key: {"form": {"text": "deployed", "key": key}, "headers": CURL},
        lambda key: {"json": {"text": "deployed", "key": key}, "headers": CURL},
    ],
)
async def test_a_retry_with_the_same_key_shows_once(client: QuartClient, code: str, with_key: Any) -> None:
    first = await posted(client, code, **with_key("deploy-42"))
    again = await posted(client, code, **with_key("deploy-42"))

    assert again == first
    assert await stored(client, code) == ["deployed"]


async def test_the_same_key_with_another_body_is_refused(client: QuartClient, code: str) -> None:
    headers = CURL | {"Idempotency-Key": "deploy-42"}
    await posted(client, code, data="deployed", headers=headers)

    assert await refusal(client, code, data="rolled back", headers=headers) == (422, "key_reused")
    assert await stored(client, code) == ["deployed"]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"data": ""}, (422, "text_required")),
        ({"data": " \n"}, (422, "text_required")),
        ({"data": "a\0b"}, (422, "text_invalid")),
        ({"data": b"\xff\xfe"}, (422, "text_invalid")),
        ({"data": b"text=%FF", "headers": FORM}, (422, "text_invalid")),
        ({"data": "x" * 4097}, (413, "text_too_long")),
        ({"data": "x" * 70_000}, (413, "body_too_large")),
        ({"data": "{", "headers": CURL | {"Content-Type": "application/json"}}, (400, "json_invalid")),
        ({"data": "[1]", "headers": CURL | {"Content-Type": "application/json"}}, (400, "json_invalid")),
        ({"data": "[" * 60_000, "headers": CURL | {"Content-Type": "application/json"}}, (400, "json_invalid")),
        ({"data": b"\xff", "headers": CURL | {"Content-Type": "application/json"}}, (400, "json_invalid")),
        ({"json": {"text": 5}}, (400, "json_invalid")),
        ({"json": {"text": None}}, (422, "text_required")),
        ({"json": {"text": "\ud800"}}, (422, "text_invalid")),
        ({"json": {"text": "a\0"}}, (422, "text_invalid")),
        ({"json": {"text": "hi", "name": "x" * 33}}, (422, "name_invalid")),
        ({"json": {"text": "hi", "name": "a\u202eb"}}, (422, "name_invalid")),
        ({"data": "hi", "headers": CURL | {"Idempotency-Key": "x" * 129}}, (422, "key_invalid")),
        ({"data": "text=one&text=two", "headers": FORM}, (400, "form_invalid")),
        ({"data": "text=x" + "&key=1" * 30, "headers": FORM}, (400, "form_invalid")),
        ({"data": "tea?", "headers": plain("idna")}, (422, "text_invalid")),
        ({"data": "tea?", "headers": plain("x" * 200)}, (422, "text_invalid")),
        ({"data": b"\xe4", "headers": plain("us-ascii")}, (422, "text_invalid")),
        ({"data": '{"text": "a"}', "headers": typed("text/json; charset=zip")}, (422, "text_invalid")),
        ({"data": "x", "headers": CURL | {"Content-Type": "multipart/form-data"}}, (422, "text_required")),
    ],
)
async def test_bad_input_is_refused_with_its_code_and_stores_nothing(
    client: QuartClient, code: str, request_: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert await refusal(client, code, **({"headers": CURL} | request_)) == expected
    assert await stored(client, code) == []


async def test_a_refused_plain_form_keeps_the_text(client: QuartClient, code: str) -> None:
    await client.post(f"/{code}/join", form={"name": "Ada"}, headers={"Accept": "text/html"})

    answer = await client.post(f"/{code}", form={"text": "long " * 900}, headers={"Accept": "text/html"})

    page = await answer.get_data(as_text=True)
    assert answer.status_code == 413
    assert "a message may have 4096" in page
    assert "long " * 900 in page


@given(TEXTS)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_text_comes_back_unchanged_from_every_format(client: QuartClient, code: str, text: str) -> None:
    if is_blank(text):
        return
    seq = (await posted(client, code, data=text.encode(), headers=CURL))["seq"]

    one = await client.get(f"/{code}/{seq}", headers={"Accept": "application/json"})
    assert (await one.get_json())["text"] == text
    polled = await client.get(f"/{code}/json?poll=1&since=all", headers=CURL)
    last = (await polled.get_data(as_text=True)).rstrip("\n").rsplit("\n", 1)[-1]
    assert json.loads(last)["text"] == text
