"""Posts of tools that were made for another server: what is understood, and what is refused with the reason."""

from __future__ import annotations

import gzip
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from quart.testing import QuartClient

from .test_posting import CURL, FORM, posted, stored, typed

MULTIPART = typed("multipart/form-data; boundary=b")


def part(name: str, value: str, more: str = "") -> str:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'


def multipart(*parts: str) -> dict[str, Any]:
    return {"data": "".join(parts) + "--b--\r\n", "headers": MULTIPART}


def hook(value: Any) -> dict[str, Any]:
    return {"data": urlencode({"payload": json.dumps(value)}), "headers": FORM}


async def refused(client: QuartClient, code: str, request: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(f"/{code}", **({"headers": CURL} | request))
    shown: dict[str, Any] = await answer.get_json()
    assert answer.status_code == shown["status"]
    assert await stored(client, code) == []
    return shown


@pytest.mark.parametrize(
    ("request_", "name", "text"),
    [
        (hook({"text": "deployed"}), "anonymous", "deployed"),
        (hook({"text": "50% + more & so on", "username": "ci"}), "ci", "50% + more & so on"),
        (hook({"text": "deployed", "channel": "#ops", "attachments": [{"text": "no"}]}), "anonymous", "deployed"),
        ({"data": 'payload={"text":"deployed"}', "headers": FORM}, "anonymous", "deployed"),
        ({"json": {"text": "deployed", "username": "ci"}}, "ci", "deployed"),
        ({"json": {"text": "deployed", "username": "ci", "name": "Ada"}}, "Ada", "deployed"),
        ({"json": {"text": "deployed", "username": 5}}, "anonymous", "deployed"),
        ({"json": {"attachments": [{"fallback": "down: web-1"}]}}, "anonymous", "down: web-1"),
        ({"json": {"text": "", "attachments": [{"fallback": "f", "title": "a", "text": "b"}]}}, "anonymous", "a\nb"),
        ({"json": {"attachments": ["no", {"text": 5, "pretext": "a"}, {}, {"title": "b"}]}}, "anonymous", "a\nb"),
        # These are texts.
        ({"data": "payload=5", "headers": FORM}, "anonymous", "payload=5"),
        ({"data": 'payload={"text"', "headers": FORM}, "anonymous", 'payload={"text"'),
        ({"data": "payload=%7B&more=1", "headers": FORM}, "anonymous", "payload=%7B&more=1"),
        ({"data": 'payload={"text":"a"}'}, "anonymous", 'payload={"text":"a"}'),
    ],
)  # fmt: skip
async def test_a_tool_that_speaks_to_slack_is_understood(
    client: QuartClient, code: str, request_: dict[str, Any], name: str, text: str
) -> None:
    message = await posted(client, code, **({"headers": CURL} | request_))

    assert (message["name"], message["text"]) == (name, text)


@pytest.mark.parametrize(
    ("request_", "what"),
    [
        ({"json": {"content": "Discord"}}, "JSON"),
        ({"json": {"message": "ntfy"}}, "JSON"),
        ({"json": {"blocks": [{"type": "section"}], "attachments": {"text": "no list"}}}, "JSON"),
        ({"json": {"Text": "tea?"}}, "JSON"),
        (hook({"blocks": []}), "payload"),
        (multipart(part("message", "tea?")), "form"),
    ],
)
async def test_a_post_without_a_text_is_told_the_name_of_the_field(
    client: QuartClient, code: str, request_: dict[str, Any], what: str
) -> None:
    shown = await refused(client, code, request_)

    assert (shown["code"], shown["field"]) == ("text_required", "text")
    assert shown["error"] == f"That {what} has no text. The message goes into the field text."


@pytest.mark.parametrize(
    "parts",
    [
        [part("text", "notes", '; filename="notes.txt"')],
        [part("text", "look"), part("upload", "\x89PNG", '; FileName = "x.png"\r\nContent-Type: image/png')],
        [part("text", "look"), part("upload", "", "; filename*=UTF-8''x.png")],
    ],
)
async def test_a_file_in_another_field_is_refused_with_the_cure_and_not_left_out(
    client: QuartClient, code: str, parts: list[str]
) -> None:
    request = multipart(*parts)
    for data in (request["data"].encode("latin-1"), request["data"].encode()):
        shown = await refused(client, code, request | {"data": data})

        assert shown["code"] == "form_invalid"
        assert "curl -F 'text=<notes.txt'" in shown["error"]


async def test_the_word_filename_in_a_text_makes_no_file(client: QuartClient, code: str) -> None:
    text = 'Content-Disposition: form-data; filename="x"'

    assert (await posted(client, code, **multipart(part("text", text))))["text"] == text


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([part(f"f{number}", "x") for number in range(20)] + [part("text", "hi")], "A form may have 20 fields."),
        ([part("text", "one"), part("text", "two")], "A form has each of its fields once."),
    ],
)
async def test_a_multipart_form_that_would_lose_a_part_is_refused(
    client: QuartClient, code: str, parts: list[str], sentence: str
) -> None:
    shown = await refused(client, code, multipart(*parts))

    assert (shown["code"], shown["error"]) == ("form_invalid", sentence)


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "deflate, gzip", "x-none"])
async def test_a_packed_body_is_refused_and_not_taken_for_text(client: QuartClient, code: str, coding: str) -> None:
    for data, media in ((gzip.compress(b"tea?"), "text/plain"), (b'{"text": "tea?"}', "application/json")):
        headers = typed(media) | {"Content-Encoding": coding}
        shown = await refused(client, code, {"data": data, "headers": headers})

        assert (shown["status"], shown["code"]) == (415, "encoding_unknown")
    plain = await posted(client, code, data="tea?", headers=CURL | {"Content-Encoding": "identity"})
    assert plain["text"] == "tea?"


async def test_a_refusal_says_the_cure_that_helps(client: QuartClient, code: str) -> None:
    for request, cure in (
        ({"data": "gr\u00fcn".encode("latin-1")}, "Another charset is named so: text/plain; charset=latin1."),
        ({"data": "x" * 70_000}, "A message may have 4,096 characters."),
        ({"data": "hi", "headers": typed("application/json")}, 'Send {"text": "tea?"}, or plain text as text/plain.'),
        ({"data": '{"a":' + "[" * 30_000, "headers": typed("application/json")}, "That JSON is nested too deeply."),
    ):  # fmt: skip
        assert (await refused(client, code, request))["error"].endswith(cure)


async def test_an_unknown_field_may_hold_any_json(client: QuartClient, code: str) -> None:
    for odd in ("9" * 5000, "-" + "9" * 5000, "1e999", "[" * 64 + "]" * 64, '"\\ud800"', "null"):
        body = f'{{"text": "tea?", "odd": {odd}}}'
        assert (await posted(client, code, data=body, headers=typed("application/json")))["text"] == "tea?"


async def test_a_field_of_the_wrong_type_is_named(client: QuartClient, code: str) -> None:
    for field, value in (("text", 5), ("text", ["a"]), ("name", True), ("key", {})):
        shown = await refused(client, code, {"json": {"text": "tea?", field: value}})
        assert (shown["code"], shown["field"]) == ("json_invalid", field)


async def test_a_method_that_an_address_does_not_take_is_told_those_that_it_takes(
    client: QuartClient, code: str
) -> None:
    answer = await client.open(f"/{code}/sse", method="POST", headers=CURL)

    shown = await answer.get_json()
    assert (answer.status_code, shown["code"]) == (405, "method_not_allowed")
    assert shown["error"] == "This address does not take POST. It takes GET, PUT."  # PUT: a file of that name
    assert "GET" in answer.headers["Allow"]
