"""Editing over HTTP: PATCH, forms, all formats of reading, and the refusals in the caller's format."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from quart.testing import QuartClient

CURL = {"Accept": "*/*"}
JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html"}
FRAGMENT = {"Accept": "text/html, text/event-stream", "HX-Request": "true"}


class Said(NamedTuple):
    """A message of Ada's, and what she proves her seat with."""

    code: str
    seq: int
    seat: dict[str, str]

    @property
    def path(self) -> str:
        return f"/{self.code}/{self.seq}"


@pytest.fixture
async def tea(client: QuartClient, code: str) -> Said:
    joined = await (await client.post(f"/{code}/join", form={"name": "Ada"}, headers=CURL)).get_json()
    seat = CURL | {"Authorization": f"Bearer {joined['token']}"}
    said = await (await client.post(f"/{code}", data="tea?", headers=seat)).get_json()
    return Said(code, said["seq"], seat)


@pytest.mark.parametrize(
    "body",
    [
        {"data": "tea at *five*?"},
        {"form": {"text": "tea at *five*?"}},
        {"json": {"text": "tea at *five*?"}},
        {"data": "tea at *five*?", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},  # curl -d
    ],
)
async def test_the_author_edits_with_one_line_of_curl(client: QuartClient, tea: Said, body: dict[str, Any]) -> None:
    headers = tea.seat | body.pop("headers", {})
    answer = await client.patch(tea.path, headers=headers, **body)
    said = await answer.get_json()

    assert answer.status_code == 200
    assert (said["kind"], said["seq"], said["text"]) == ("message", tea.seq, "tea at *five*?")
    assert said["edited_at"] >= said["at"]


async def test_the_answer_is_the_message_as_it_is_read(client: QuartClient, tea: Said) -> None:
    await client.put(f"{tea.path}/reactions/👍", headers=tea.seat)
    for text, key in (("milk", "k2"), ("cream", "k3"), ("cream", "k3"), ("milk", "k2")):
        answer = await client.patch(tea.path, data=text, headers=tea.seat | {"Idempotency-Key": key})
        read = await (await client.get(tea.path, headers=JSON)).get_json()
        assert await answer.get_json() == read

    assert (read["text"], read["reactions"]) == ("cream", {"👍": [read["member"]]})


@pytest.mark.parametrize(
    ("path", "accept", "shown"),
    [
        ("", "text/html", '<p>milk</p></div><small class="edited">edited <time'),
        ("/{seq}", "text/html", '<p>milk</p></div><small class="edited">edited <time'),
        ("", "*/*", " Ada: milk\n"),
        ("", "application/json", '"text":"milk","edited_at":"'),
        ("/{seq}", "application/json", '"text":"milk","edited_at":"'),
        (".md", "*/*", "> milk\n"),
        (".txt", "*/*", " Ada: milk\n"),
        (".html", "*/*", "<p>milk</p>"),
        (".jsonl", "*/*", '"text":"milk","edited_at":"'),
        ("/sse?since=all&poll=1", "*/*", '"text":"milk","edited_at":"'),
        ("/raw?since=all&poll=1", "*/*", ": milk\n"),
    ],
)
async def test_everyone_reads_the_new_words_and_nobody_the_old(
    client: QuartClient, tea: Said, path: str, accept: str, shown: str
) -> None:
    await client.patch(tea.path, data="milk", headers=tea.seat)
    answer = await client.get(f"/{tea.code}{path.format(seq=tea.seq)}", headers=tea.seat | {"Accept": accept})
    body = await answer.get_data(as_text=True)

    assert shown in body
    assert "tea?" not in body


@pytest.mark.parametrize("path", ["", ".txt", ".md", ".html"])
async def test_an_edit_adds_no_line(client: QuartClient, tea: Said, path: str) -> None:
    before = await (await client.get(f"/{tea.code}{path}", headers=CURL)).get_data(as_text=True)
    await client.patch(tea.path, data="tea.", headers=tea.seat)
    after = await (await client.get(f"/{tea.code}{path}", headers=CURL)).get_data(as_text=True)

    assert after.count("tea.") == before.count("tea?") == 1
    assert after.count("\n") == before.count("\n")


async def test_streams_carry_the_edit(client: QuartClient, tea: Said) -> None:
    done = await client.patch(tea.path, data="milk", headers=tea.seat)
    assert done.status_code == 200
    since = f"since={(await (await client.get(tea.path, headers=JSON)).get_json())['cursor']}&poll=1"
    bodies = {
        way: await (await client.get(f"/{tea.code}/{way}{since}")).get_data(as_text=True)
        for way in ("sse?as=html&", "json?", "raw?")
    }

    assert f'<li id="m-{tea.seq}" data-kind="message"' in bodies["sse?as=html&"]
    assert 'hx-swap-oob="outerMorph"' in bodies["sse?as=html&"]
    assert bodies["sse?as=html&"].count("<li") == 1
    edits = [json.loads(line) for line in bodies["json?"].splitlines() if '"kind":"edit"' in line]
    assert [(edit["target"], edit["text"], edit["name"]) for edit in edits] == [(tea.seq, "milk", "Ada")]
    assert " * Ada edited " in bodies["raw?"]
    assert ": milk\n" in bodies["raw?"]


async def test_an_edit_that_was_edited_again_alters_no_page(client: QuartClient, tea: Said) -> None:
    for text in ("milk", "coffee"):
        await client.patch(tea.path, data=text, headers=tea.seat)
    stream = await (await client.get(f"/{tea.code}/sse?as=html&since=all&poll=1")).get_data(as_text=True)
    lines = await (await client.get(f"/{tea.code}/json?since=all&poll=1")).get_data(as_text=True)

    assert "milk" not in stream + lines
    assert stream.count('hx-swap-oob="outerMorph"') == 1
    assert [json.loads(line)["text"] for line in lines.splitlines() if '"edit"' in line] == [None, "coffee"]


async def test_a_form_edits_without_a_script(client: QuartClient, code: str) -> None:
    await client.post(f"/{code}/join", form={"name": "Ada"}, headers=PAGE)
    said = await (await client.post(f"/{code}", data="tea?", headers=JSON)).get_json()
    form = {"_method": "patch", "text": "milk\r\nand honey"}
    answer = await client.post(f"/{code}/{said['seq']}", form=form, headers=PAGE)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/{code}#m-{said['seq']}")
    kept = await (await client.get(f"/{code}/{said['seq']}", headers=JSON)).get_json()
    assert kept["text"] == "milk\nand honey"


async def test_htmx_gets_the_result_by_the_stream(client: QuartClient, code: str) -> None:
    await client.post(f"/{code}/join", form={"name": "Ada"}, headers=PAGE)
    said = await (await client.post(f"/{code}", data="tea?", headers=JSON)).get_json()
    form = {"_method": "patch", "text": "milk"}
    answer = await client.post(f"/{code}/{said['seq']}", form=form, headers=FRAGMENT)

    assert (answer.status_code, await answer.get_data()) == (204, b"")


async def test_the_same_key_edits_once(client: QuartClient, tea: Said) -> None:
    keyed = tea.seat | {"Idempotency-Key": "k"}
    for _ in range(2):
        assert (await client.patch(tea.path, data="milk", headers=keyed)).status_code == 200
    assert (await client.patch(tea.path, data="coffee", headers=keyed)).status_code == 422

    lines = await (await client.get(f"/{tea.code}/json?since=all&poll=1")).get_data(as_text=True)
    assert lines.count('"kind":"edit"') == 1


@pytest.mark.parametrize("gone", ["edited", "removed"])
async def test_a_retry_of_a_post_that_was_edited_or_removed_since_gets_the_message_as_it_is(
    client: QuartClient, tea: Said, gone: str
) -> None:
    keyed = tea.seat | {"Idempotency-Key": "progress"}
    first = await (await client.post(f"/{tea.code}", data="0 %", headers=keyed)).get_json()
    path = f"/{tea.code}/{first['seq']}"
    if gone == "edited":
        await client.patch(path, data="50 %", headers=tea.seat)
    else:
        await client.delete(path, headers=tea.seat)

    again = await client.post(f"/{tea.code}", data="0 %", headers=keyed)

    assert (again.status_code, again.headers["Location"]) == (201, path)
    told = await again.get_json()
    assert (told["seq"], told["text"]) == (first["seq"], "50 %" if gone == "edited" else None)


async def test_who_may_not_hears_it_in_their_format(client: QuartClient, tea: Said) -> None:
    mallory = await (await client.post(f"/{tea.code}/join", form={"name": "Mallory"}, headers=CURL)).get_json()
    theirs = CURL | {"Authorization": f"Bearer {mallory['token']}"}
    refused = [
        (await client.patch(tea.path, data="mine now", headers=theirs), 403, "not_author"),
        (await client.patch(tea.path, data="mine now", headers=CURL), 401, "seat_required"),
        (await client.patch(tea.path, data=" ", headers=tea.seat), 422, "text_required"),
        (await client.patch(tea.path, data="x" * 4097, headers=tea.seat), 413, "text_too_long"),
        (await client.patch(f"/{tea.code}/9999", data="milk", headers=tea.seat), 404, "message_not_found"),
        (await client.patch(f"/{tea.code}/1", data="milk", headers=tea.seat), 404, "message_not_found"),
    ]

    for answer, status, code in refused:
        assert (answer.status_code, (await answer.get_json())["code"]) == (status, code)
    page = await client.patch(tea.path, data="x", headers=theirs | {"Accept": "text/html"})
    assert "Only its author can edit a message" in await page.get_data(as_text=True)
    assert (await (await client.get(tea.path, headers=JSON)).get_json())["text"] == "tea?"


async def test_the_page_is_live_where_the_newest_event_is_an_edit(client: QuartClient, tea: Said) -> None:
    await client.patch(tea.path, data="milk", headers=tea.seat)
    page = await (await client.get(f"/{tea.code}", headers=tea.seat | PAGE)).get_data(as_text=True)
    around = await (await client.get(tea.path, headers=tea.seat | PAGE)).get_data(as_text=True)

    for shown in (page, around):
        assert f"-{tea.seq + 1}" in shown.partition("hx-sse:connect=")[2][:60], "the stream goes on after the edit"
        assert "Newer messages" not in shown


async def test_a_page_has_fifty_lines_however_much_was_edited(client: QuartClient, tea: Said) -> None:
    for number in range(30):
        await client.patch(tea.path, data=f"cup {number}", headers=tea.seat)
    for number in range(48):
        await client.post(f"/{tea.code}", data=f"line {number}", headers=tea.seat)
    text = await (await client.get(f"/{tea.code}", headers=CURL)).get_data(as_text=True)

    assert " Ada: cup 29\n" in text
    assert len([line for line in text.splitlines() if not line.startswith("#")]) == 50
