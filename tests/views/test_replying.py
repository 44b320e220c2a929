"""Replies over HTTP: a post to a message, in every form a post may have, and what everyone reads then."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from quart.testing import QuartClient

CURL = {"Accept": "*/*"}
JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html"}
FRAGMENT = {"Accept": "text/html, text/event-stream", "HX-Request": "true"}
CURL_D = {"Content-Type": "application/x-www-form-urlencoded"}  # whatever text follows -d


class Said(NamedTuple):
    """A message of Grace's, and what she and Ada prove their seats with."""

    code: str
    seq: int
    grace: dict[str, str]
    ada: dict[str, str]

    @property
    def path(self) -> str:
        return f"/{self.code}/{self.seq}"


@pytest.fixture
async def tea(client: QuartClient) -> Said:
    opened = await (await client.post("/rooms", json={"name": "Grace"}, headers=CURL)).get_json()
    grace = {"Authorization": f"Bearer {opened['token']}"}
    joined = await (await client.post(f"/{opened['code']}/join", form={"name": "Ada"}, headers=CURL)).get_json()
    said = await (await client.post(f"/{opened['code']}", data="tea?", headers=CURL | grace)).get_json()
    return Said(opened["code"], said["seq"], grace, {"Authorization": f"Bearer {joined['token']}"})


async def read(client: QuartClient, tea: Said, path: str, accept: dict[str, str] = CURL) -> str:
    answer = await client.get(f"/{tea.code}{path}", headers=accept | tea.ada)
    assert answer.status_code == 200
    return str(await answer.get_data(as_text=True))


async def reply(client: QuartClient, tea: Said, text: str = "yes", **headers: str) -> dict[str, Any]:
    answer = await client.post(tea.path, data=text, headers=CURL | tea.ada | headers)
    assert answer.status_code == 201
    found: dict[str, Any] = await answer.get_json()
    return found


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/{seq}", {"data": "yes"}),
        ("/{seq}", {"data": "yes", "headers": CURL_D}),
        ("/{seq}", {"form": {"text": "yes"}}),
        ("/{seq}", {"form": {"text": "yes", "reply_to": "1"}}),  # the address says it
        ("/{seq}", {"json": {"text": "yes"}}),
        ("", {"form": {"text": "yes", "reply_to": "{seq}"}}),
        ("", {"json": {"text": "yes", "reply_to": "{seq}"}}),
        ("", {"data": '{{"text": "yes", "reply_to": {seq}}}', "headers": {"Content-Type": "application/json"}}),
        ("", {"data": "yes", "headers": {"In-Reply-To": "{seq}"}}),
    ],
)
async def test_a_reply_is_one_line_of_curl(
    client: QuartClient, tea: Said, method: str, path: str, sent: dict[str, Any]
) -> None:
    filled: dict[str, Any] = {
        name: part.format(seq=tea.seq)
        if isinstance(part, str)
        else {key: value.format(seq=tea.seq) for key, value in part.items()}
        for name, part in sent.items()
    }
    headers = CURL | tea.ada | filled.pop("headers", {})
    answer = await client.open(f"/{tea.code}{path.format(seq=tea.seq)}", method=method, headers=headers, **filled)
    said = await answer.get_json()

    assert answer.status_code == 201, said
    assert answer.headers["Location"] == f"/{tea.code}/{said['seq']}"
    assert (said["text"], said["reply_to"], said["reply_name"]) == ("yes", tea.seq, "Grace")


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "_method=delete&x=1",
        "_method",
        "delete",
        "x=1&_method=delete",
        '{"_method": "delete"}',
    ],
)
@pytest.mark.parametrize("headers", [CURL_D, {"Content-Type": "text/plain"}, {}])
async def test_a_text_that_is_sent_to_a_message_never_removes_it(
    client: QuartClient, tea: Said, text: str, headers: dict[str, str]
) -> None:
    answer = await client.post(tea.path, data=text, headers=CURL | tea.grace | headers)  # who may remove it
    said = await answer.get_json()

    assert (answer.status_code, said["text"], said["reply_to"]) == (201, text, tea.seq)
    assert json.loads(await read(client, tea, f"/{tea.seq}", JSON))["text"] == "tea?"


async def test_a_form_that_names_its_method_still_edits_and_removes(client: QuartClient, tea: Said) -> None:
    for form, status in (({"_method": "post", "text": "yes"}, 201), ({"_method": "head", "text": "yes"}, 405)):
        answer = await client.post(tea.path, form=form, headers=CURL | tea.grace)
        assert answer.status_code == status
    edited = await client.post(tea.path, form={"_method": "patch", "text": "milk?"}, headers=CURL | tea.grace)
    assert (await edited.get_json())["text"] == "milk?"
    removed = await client.post(tea.path, form={"_method": "delete"}, headers=CURL | tea.grace)
    assert (await removed.get_json())["kind"] == "remove"


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("999", 404, "message_not_found"),
        ("1", 404, "message_not_found"),  # the room was opened
        ("999999999999999", 404, "message_not_found"),
        ("0", 400, "number_invalid"),
        ("-3", 400, "number_invalid"),
        ("1e3", 400, "number_invalid"),
        ("<1@x.test>", 400, "number_invalid"),
        ("\u0663", 400, "number_invalid"),
        ("9" * 16, 400, "number_invalid"),
        ("9" * 65, 422, "field_invalid"),
    ],
)
async def test_a_target_that_there_is_not_is_refused_in_every_format_and_nothing_is_stored(
    client: QuartClient, tea: Said, target: str, status: int, code: str
) -> None:
    before = await read(client, tea, ".jsonl")
    sent = {"text": "yes", "reply_to": target}
    for answer in (
        await client.post(f"/{tea.code}", json=sent, headers=CURL | tea.ada),
        await client.post(f"/{tea.code}", form=sent, headers=JSON | tea.ada),
    ):
        assert (answer.status_code, (await answer.get_json())["code"]) == (status, code)
    fragment = await client.post(f"/{tea.code}", form=sent, headers=FRAGMENT | tea.ada)
    assert fragment.status_code == status
    page = await client.post(f"/{tea.code}", form=sent | {"text": "a long answer"}, headers=PAGE | tea.ada)
    assert page.status_code == status
    if status == 404:
        assert ">a long answer</textarea>" in await page.get_data(as_text=True)

    assert await read(client, tea, ".jsonl") == before


@pytest.mark.parametrize("target", [True, 1.5, [3], {"seq": 3}])
async def test_a_target_of_another_type_is_refused(client: QuartClient, tea: Said, target: object) -> None:
    answer = await client.post(f"/{tea.code}", json={"text": "yes", "reply_to": target}, headers=CURL | tea.ada)
    assert (answer.status_code, (await answer.get_json())["code"]) == (400, "json_invalid")


async def test_no_target_is_a_message(client: QuartClient, tea: Said) -> None:
    for sent in ({"text": "yes", "reply_to": None}, {"text": "yes", "reply_to": ""}, {"text": "yes"}):
        answer = await client.post(f"/{tea.code}", json=sent, headers=CURL | tea.ada)
        assert "reply_to" not in await answer.get_json()


async def test_a_link_that_posts_replies(client: QuartClient, tea: Said) -> None:
    made = await (await client.post(f"/{tea.code}/links", form={"kind": "post"}, headers=CURL | tea.grace)).get_json()
    bearer = CURL | {"Authorization": f"Bearer {made['token']}"}
    for answer in (
        await client.post(tea.path, data="done", headers=bearer),
        await client.post(
            f"/{tea.code}/links/{made['token']}", json={"text": "done", "reply_to": tea.seq}, headers=CURL
        ),
    ):
        assert (answer.status_code, (await answer.get_json())["reply_to"]) == (201, tea.seq)


@pytest.mark.parametrize(
    ("path", "accept", "shown"),
    [
        ("", PAGE, '{to}to <bdi>Grace</bdi><q><bdi class="quote">tea?</bdi></q></a>'),
        ("/{reply}", PAGE, '{to}to <bdi>Grace</bdi><q><bdi class="quote">tea?</bdi></q></a>'),
        ("?before=99", FRAGMENT, '{to}to <bdi>Grace</bdi><q><bdi class="quote">tea?</bdi></q></a>'),
        ("/{seq}/replies", PAGE, '{to}to <bdi>Grace</bdi><q><bdi class="quote">tea?</bdi></q></a>'),
        ("/sse?as=html&since=all&poll=1", CURL, '{to}to <bdi>Grace</bdi><q><bdi class="quote"></bdi></q></a>'),
        ("", CURL, " Ada (to Grace): yes\n"),
        ("/{seq}/replies", CURL, " Ada (to Grace): yes\n"),
        ("/raw?since=all&poll=1", CURL, " Ada (to Grace): yes\n"),
        (".txt", CURL, " Ada (to Grace): yes\n"),
        (".md", CURL, "> *to Grace: tea?*\n>\n> yes\n"),
        (
            ".html",
            CURL,
            '<a class="answers" href="#m-{seq}" data-to="{seq}" hx-morph-skip-children>to <bdi>Grace</bdi>',
        ),
        ("", JSON, '"reply_to":{seq},"reply_name":"Grace"'),
        ("/{seq}/replies", JSON, '"reply_to":{seq},"reply_name":"Grace"'),
        (".jsonl", CURL, '"reply_to":{seq},"reply_name":"Grace"'),
        ("/json?since=all&poll=1", CURL, '"reply_to":{seq},"reply_name":"Grace"'),
    ],
)
async def test_everyone_reads_what_a_reply_answers_and_no_word_of_it_once_it_is_removed(
    client: QuartClient, tea: Said, path: str, accept: dict[str, str], shown: str
) -> None:
    said = await reply(client, tea)
    to = f'<a class="answers" href="{tea.path}" data-to="{tea.seq}" hx-morph-skip-children>'
    path = path.format(seq=tea.seq, reply=said["seq"])
    assert shown.format(to=to, seq=tea.seq) in await read(client, tea, path, accept)
    assert (await client.delete(tea.path, headers=CURL | tea.grace)).status_code == 200
    now = await read(client, tea, path, accept)

    assert "tea?" not in now
    assert "yes" in now
    if 'class="quote">tea?' in shown or path in (".html", ".md"):
        assert "to a removed message" in now


async def test_the_list_of_replies_has_pages(client: QuartClient, tea: Said) -> None:
    said = [(await reply(client, tea, f"yes {count}"))["seq"] for count in range(5)]
    page = json.loads(await read(client, tea, f"/{tea.seq}/replies?limit=2", JSON))
    older = json.loads(await read(client, tea, page["older"].partition(tea.code)[2], JSON))

    assert (page["room"], page["message"]) == (tea.code, tea.seq)
    assert [event["seq"] for event in page["replies"]] == said[-2:]
    assert [event["seq"] for event in older["replies"]] == [*said[:3]]
    assert older["older"] is None
    assert (await client.get(f"/{tea.code}/999/replies", headers=JSON | tea.ada)).status_code == 404
    assert json.loads(await read(client, tea, f"/{said[0]}/replies", JSON))["replies"] == []


async def test_without_a_script_the_page_has_the_target_above_the_box_and_a_way_to_drop_it(
    client: QuartClient, tea: Said
) -> None:
    page = await read(client, tea, f"?reply={tea.seq}", PAGE)
    assert f'<input type="hidden" name="reply_to" value="{tea.seq}">' in page
    assert 'To <bdi>Grace</bdi><q><bdi class="quote">tea?</bdi></q>' in page
    assert f'href="/{tea.code}#text"' in page
    assert 'name="reply_to" value="">' in await read(client, tea, "", PAGE)  # the template for the script only
    sent = {"text": "yes", "reply_to": str(tea.seq)}
    done = await client.post(f"/{tea.code}", form=sent, headers=PAGE | tea.ada)
    assert done.status_code == 303
    assert "data-to" in await read(client, tea, "", PAGE)
    refused = await client.post(f"/{tea.code}", form=sent | {"text": " "}, headers=PAGE | tea.ada)
    assert refused.status_code == 422
    assert f'name="reply_to" value="{tea.seq}"' in await refused.get_data(as_text=True)
    await client.delete(tea.path, headers=CURL | tea.grace)
    assert f'name="reply_to" value="{tea.seq}"' not in await read(client, tea, f"?reply={tea.seq}", PAGE)


async def test_the_script_gets_the_same_line_and_404_once_it_is_removed(client: QuartClient, tea: Said) -> None:
    piece = await read(client, tea, f"/{tea.seq}/reply", FRAGMENT)
    assert piece.strip() in await read(client, tea, f"?reply={tea.seq}", PAGE)
    page = await client.get(f"{tea.path}/reply", headers=PAGE | tea.ada)
    assert (page.status_code, page.headers["Location"]) == (303, f"/{tea.code}?reply={tea.seq}#text")
    await client.delete(tea.path, headers=CURL | tea.grace)
    for headers in (FRAGMENT, JSON):
        assert (await client.get(f"{tea.path}/reply", headers=headers | tea.ada)).status_code == 404


async def test_hostile_words_stay_words_in_a_quote(client: QuartClient, tea: Said) -> None:
    asked = await client.post(f"/{tea.code}", data="<b>&\u202e\u2066evil", headers=CURL | tea.grace)
    seq = (await asked.get_json())["seq"]
    await client.post(f"/{tea.code}/{seq}", data="no", headers=CURL | tea.ada)

    assert '<bdi class="quote">&lt;b&gt;&amp; evil</bdi>' in await read(client, tea, "", PAGE)
    assert "> *to Grace: \\<b\\>\\& evil*\n" in await read(client, tea, ".md")


async def test_a_name_cannot_look_like_a_reply_in_text(client: QuartClient, tea: Said) -> None:
    await client.post(f"/{tea.code}", data="hi", headers=CURL | {"Name": "Ada (to Grace)"})

    assert "(to Grace)" not in await read(client, tea, "")


async def test_a_line_says_whom_it_answers_to_scripts_and_nothing_once_it_is_removed(
    client: QuartClient, tea: Said
) -> None:
    said = await reply(client, tea)
    marked = f' data-reply="{said["reply_member"]}"'
    path = "/sse?as=html&since=all&poll=1"
    assert (await read(client, tea, path)).count(marked) == (await read(client, tea, "", PAGE)).count(marked) == 1
    await client.patch(f"/{tea.code}/{said['seq']}", data="no", headers=CURL | tea.ada)
    assert (await read(client, tea, path)).count(marked) == 2, "the line, and the edit that replaces it"
    await client.delete(f"/{tea.code}/{said['seq']}", headers=CURL | tea.ada)
    assert marked not in await read(client, tea, path) + await read(client, tea, "", PAGE)


async def test_limits_and_rules_are_those_of_a_post(client: QuartClient, tea: Said) -> None:
    settings = {"read_only": "on"}
    await client.post(f"/{tea.code}/settings", form=settings, headers=CURL | tea.grace)
    refused = await client.post(tea.path, data="yes", headers=CURL | tea.ada)
    assert (refused.status_code, (await refused.get_json())["code"]) == (403, "room_read_only")
    await client.post(f"/{tea.code}/settings", form={"read_only": "off", "slow": "60"}, headers=CURL | tea.grace)
    answers = [await client.post(tea.path, data="yes", headers=CURL | tea.ada) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 429]
    long = await client.post(tea.path, data="x" * 4097, headers=CURL | tea.grace)
    assert (long.status_code, (await long.get_json())["code"]) == (413, "text_too_long")
