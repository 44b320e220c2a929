"""Reacting over HTTP: PUT, DELETE and forms, who reacted, all formats of reading, and the refusals."""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from quart.testing import QuartClient

from chadchat.app import create_app
from chadchat.settings import Settings

CURL = {"Accept": "*/*"}
JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html"}
FRAGMENT = {"Accept": "text/html, text/event-stream", "HX-Request": "true"}
THUMB, HEART = "👍", "❤️"


class Said(NamedTuple):
    """A message of Ada's, and what she proves her seat with."""

    code: str
    seq: int
    member: str
    seat: dict[str, str]

    @property
    def path(self) -> str:
        return f"/{self.code}/{self.seq}"

    @property
    def reactions(self) -> str:
        return f"{self.path}/reactions"


@pytest.fixture
async def tea(client: QuartClient, code: str) -> Said:
    joined = await (await client.post(f"/{code}/join", form={"name": "Ada"}, headers=CURL)).get_json()
    seat = CURL | {"Authorization": f"Bearer {joined['token']}"}
    said = await (await client.post(f"/{code}", data="tea?", headers=seat)).get_json()
    return Said(code, said["seq"], joined["member"], seat)


async def read(client: QuartClient, path: str, **headers: str) -> str:
    return await (await client.get(path, headers=CURL | headers)).get_data(as_text=True)


async def events(client: QuartClient, tea: Said) -> list[dict[str, Any]]:
    lines = await read(client, f"/{tea.code}/json?kinds=react&since=all&poll=1")
    return [event for line in lines.splitlines() if (event := json.loads(line))["kind"] == "react"]


@pytest.mark.parametrize("emoji", [THUMB, HEART, "👨‍👩‍👧‍👦", "1️⃣", "#️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"])
async def test_put_sets_and_delete_takes_back(client: QuartClient, tea: Said, emoji: str) -> None:
    path = f"{tea.reactions}/{quote(emoji)}"
    for _ in range(2):  # the second time nothing changes
        answer = await client.put(path, headers=tea.seat)
        assert answer.status_code == 200
        assert await answer.get_json() == {
            "target": tea.seq,
            "emoji": emoji,
            "on": True,
            "all": {emoji: [tea.member]},
        }
    answer = await client.delete(path, headers=tea.seat)

    assert await answer.get_json() == {"target": tea.seq, "emoji": emoji, "on": False, "all": {}}
    assert [(event["emoji"], event["on"]) for event in await events(client, tea)] == [(emoji, True), (emoji, False)]


@pytest.mark.parametrize(
    ("body", "on"),
    [
        ({"form": {"emoji": THUMB}}, [True, False]),
        ({"form": {"emoji": THUMB, "on": "1"}}, [True, True]),
        ({"form": {"emoji": THUMB, "on": "0"}}, [False, False]),
        ({"json": {"emoji": THUMB}}, [True, False]),
        ({"json": {"emoji": THUMB, "on": True}}, [True, True]),
        ({"json": {"emoji": THUMB, "on": False}}, [False, False]),
        ({"json": {"emoji": THUMB, "on": "1"}}, [True, True]),
        ({"data": f"emoji={THUMB}", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, [True, False]),
    ],
)
async def test_a_post_toggles_or_sets(client: QuartClient, tea: Said, body: dict[str, Any], on: list[bool]) -> None:
    headers = tea.seat | body.pop("headers", {})
    answers = [await (await client.post(tea.reactions, headers=headers, **body)).get_json() for _ in range(2)]

    assert [answer["on"] for answer in answers] == on


async def test_a_retry_with_its_key_toggles_once(client: QuartClient, tea: Said) -> None:
    keyed = tea.seat | {"Idempotency-Key": "k"}
    for _ in range(2):
        assert (await (await client.post(tea.reactions, form={"emoji": THUMB}, headers=keyed)).get_json())["on"] is True
    other = await client.post(tea.reactions, form={"emoji": HEART}, headers=keyed)

    assert (await other.get_json())["code"] == "key_reused"
    assert len(await events(client, tea)) == 1


@pytest.mark.parametrize(
    ("path", "accept", "shown"),
    [
        ("", "text/html", 'value="👍" data-by="{by}" aria-pressed="true">👍 <b>2</b></button>'),
        ("/{seq}", "text/html", 'value="👍" data-by="{by}" aria-pressed="true">👍 <b>2</b></button>'),
        ("", "application/json", '"reactions":{{"👍":["{ada}","{grace}"]}}'),
        ("/{seq}", "application/json", '"reactions":{{"👍":["{ada}","{grace}"]}}'),
        (".md", "*/*", "> tea?\n\n👍 2\n"),
        (".html", "*/*", "<li>👍 2</li>"),
        (".jsonl", "*/*", '"reactions":{{"👍":["{ada}","{grace}"]}}'),
        ("/sse?since=all&poll=1", "*/*", '"reactions":{{"👍":["{ada}","{grace}"]}}'),
        ("/json?since=all&poll=1", "*/*", '"emoji":"👍","on":true,"all":{{"👍":["{ada}","{grace}"]}}'),
        ("/sse?since=all&poll=1&as=html", "*/*", '<ul id="r-{seq}" class="reactions"'),
    ],
)
async def test_everyone_reads_them(client: QuartClient, tea: Said, path: str, accept: str, shown: str) -> None:
    joined = await (await client.post(f"/{tea.code}/join", form={"name": "Zoe"}, headers=CURL)).get_json()
    for token in (tea.seat["Authorization"], f"Bearer {joined['token']}"):
        await client.put(f"{tea.reactions}/{THUMB}", headers=CURL | {"Authorization": token})
    body = await read(client, f"/{tea.code}{path.format(seq=tea.seq)}", Accept=accept, **_bearer(tea))

    by = f"{tea.member} {joined['member']}"
    assert shown.format(seq=tea.seq, by=by, ada=tea.member, grace=joined["member"]) in body


def _bearer(tea: Said) -> dict[str, str]:
    return {"Authorization": tea.seat["Authorization"]}


async def test_text_shows_none_and_a_reaction_adds_no_line(client: QuartClient, tea: Said) -> None:
    paths = ("", ".txt", "/raw?since=all&poll=1")
    before = [await read(client, f"/{tea.code}{path}") for path in paths]
    await client.put(f"{tea.reactions}/{THUMB}", headers=tea.seat)

    assert [await read(client, f"/{tea.code}{path}") for path in paths] == before


async def test_the_page_gets_the_reactions_alone(client: QuartClient, tea: Said) -> None:
    since = (await (await client.get(tea.path, headers=JSON)).get_json())["cursor"]
    await client.put(f"{tea.reactions}/{THUMB}", headers=tea.seat)
    await client.delete(f"{tea.reactions}/{THUMB}", headers=tea.seat)
    stream = await read(client, f"/{tea.code}/sse?as=html&poll=1&since={since}")
    data = [line.removeprefix("data: ") for line in stream.splitlines() if line.startswith("data: <")]

    assert data == [
        f'<ul id="r-{tea.seq}" class="reactions" aria-label="Reactions" aria-live="off" hx-swap-oob="outerMorph"><li>'
        f'<form action="{tea.reactions}" method="post">'
        f'<button name="emoji" value="👍" data-by="{tea.member}">👍 <b>1</b></button></form></li></ul>',
        f'<ul id="r-{tea.seq}" hx-swap-oob="outerMorph"></ul>',
    ]


async def test_an_edit_brings_them_along(client: QuartClient, tea: Said) -> None:
    await client.put(f"{tea.reactions}/{THUMB}", headers=tea.seat)
    since = (await (await client.get(f"/{tea.code}", headers=JSON)).get_json())["cursor"]
    await client.patch(tea.path, data="milk", headers=tea.seat)
    stream = await read(client, f"/{tea.code}/sse?as=html&poll=1&since={since}")

    assert "<p>milk</p>" in stream
    assert f'<ul id="r-{tea.seq}" class="reactions"' in stream
    assert stream.count("hx-swap-oob") == 1


@pytest.mark.parametrize(("cursor", "shown"), [("before", 2), ("between", 1), ("after", 0)])
@pytest.mark.parametrize("stream", ["json?", "sse?", "sse?as=html&"])
async def test_each_cursor_ends_with_the_same(
    client: QuartClient, tea: Said, cursor: str, shown: int, stream: str
) -> None:
    """Before the message: it comes as it is now, and the change. Between them: the change. After both: nothing."""
    message = await (await client.get(tea.path, headers=JSON)).get_json()
    epoch = message["cursor"].partition("-")[0]
    await client.put(f"{tea.reactions}/{THUMB}", headers=tea.seat)
    [event] = await events(client, tea)
    since = {"before": f"{epoch}-{tea.seq - 1}", "between": message["cursor"], "after": event["cursor"]}[cursor]
    body = await read(client, f"/{tea.code}/{stream}poll=1&since={since}")

    assert body.count(f'data-by="{tea.member}"' if "html" in stream else f'{{"👍":["{tea.member}"]}}') == shown


async def test_a_form_reacts_without_a_script(client: QuartClient, code: str) -> None:
    await client.post(f"/{code}/join", form={"name": "Ada"}, headers=PAGE)
    said = await (await client.post(f"/{code}", data="tea?", headers=JSON)).get_json()
    path = f"/{code}/{said['seq']}/reactions"
    answer = await client.post(path, form={"emoji": THUMB}, headers=PAGE)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/{code}#m-{said['seq']}")
    answer = await client.post(path, form={"emoji": "tea"}, headers=PAGE)
    body = await answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert "A reaction is one emoji" in body
    assert 'value="tea"' in body
    answer = await client.post(path, form={"emoji": HEART}, headers=FRAGMENT)
    assert (answer.status_code, await answer.get_data()) == (204, b"")


async def test_the_names_of_each_reaction_are_told(client: QuartClient, tea: Said) -> None:
    assert await read(client, tea.reactions) == "Nobody has reacted to this message.\n"
    await client.put(f"{tea.reactions}/{THUMB}", headers=tea.seat)
    await client.put(f"{tea.reactions}/{HEART}", headers=tea.seat)
    await client.post(f"/{tea.code}/join", form={"name": "Ada L"}, headers=tea.seat)  # a new name

    assert await read(client, tea.reactions) == "👍 Ada L\n❤️ Ada L\n"
    assert json.loads(await read(client, tea.reactions, Accept="application/json")) == {
        "room": tea.code,
        "target": tea.seq,
        "all": {THUMB: [tea.member], HEART: [tea.member]},
        "names": {tea.member: "Ada L"},
    }
    page = await read(client, tea.reactions, Accept="text/html")
    assert "<dt>👍</dt>\n    <dd><bdi>Ada L</bdi></dd>" in page
    assert '<input id="emoji"' not in page, "who has no seat only looks"


@pytest.mark.parametrize(
    ("emoji", "status", "refused"),
    [
        ("tea", 422, "reaction_invalid"),
        ("👍👍", 422, "reaction_invalid"),
        ("\u202e👍", 422, "reaction_invalid"),
        ("\u200d", 422, "reaction_invalid"),
        ("%00", 422, "reaction_invalid"),
        ("%ff", 422, "reaction_invalid"),
        ("👍" + "\u0301" * 40, 422, "reaction_invalid"),
        ("👍" + "\u0301" * 1000, 404, "not_found"),
    ],
)
async def test_what_is_no_emoji_is_refused_and_stored_nowhere(
    client: QuartClient, tea: Said, emoji: str, status: int, refused: str
) -> None:
    path = emoji if emoji.startswith("%") else quote(emoji)
    answer = await client.put(f"{tea.reactions}/{path}", headers=tea.seat)
    assert (answer.status_code, (await answer.get_json())["code"]) == (status, refused)
    if not emoji.startswith("%"):
        answer = await client.post(tea.reactions, json={"emoji": emoji}, headers=tea.seat)
        assert (answer.status_code, (await answer.get_json())["code"]) == (422, "reaction_invalid")

    assert await events(client, tea) == []


@pytest.mark.parametrize("body", [{"emoji": THUMB, "on": "maybe"}, {"emoji": 5}, {}, {"emoji": "\ud83d"}])
async def test_other_bad_input_is_refused(client: QuartClient, tea: Said, body: dict[str, Any]) -> None:
    answer = await client.post(tea.reactions, json=body, headers=tea.seat)

    assert answer.status_code in (400, 422)
    assert await events(client, tea) == []


async def test_who_may_not_hears_it_in_their_format(client: QuartClient, tea: Said) -> None:
    outsider = await client.put(f"{tea.reactions}/{THUMB}", headers=CURL)
    assert (outsider.status_code, (await outsider.get_json())["code"]) == (401, "seat_required")
    none = await client.put(f"/{tea.code}/999/reactions/{THUMB}", headers=tea.seat)
    assert (none.status_code, (await none.get_json())["code"]) == (404, "message_not_found")
    assert (await client.get(f"/{tea.code}/999/reactions", headers=tea.seat)).status_code == 404
    await client.delete(tea.path, headers=tea.seat)
    gone = await client.put(f"{tea.reactions}/{THUMB}", headers=tea.seat | PAGE)
    assert gone.status_code == 404
    assert "text/html" in gone.headers["Content-Type"]
    assert (await client.get(tea.reactions, headers=tea.seat)).status_code == 404

    assert await events(client, tea) == []


async def test_twenty_at_once_and_then_two_a_second(tmp_path_factory: pytest.TempPathFactory) -> None:
    limited = create_app(Settings(data=str(tmp_path_factory.mktemp("limited"))))
    async with limited.test_app():
        client: Any = limited.test_client()
        room = await (await client.post("/rooms", json={"name": "Ada"}, headers=CURL)).get_json()
        seat = CURL | {"Authorization": f"Bearer {room['token']}"}
        said = await (await client.post(f"/{room['code']}", data="tea?", headers=seat)).get_json()
        path = f"/{room['code']}/{said['seq']}/reactions"
        answers = [await client.post(path, form={"emoji": THUMB}, headers=seat) for _ in range(30)]
        codes = [answer.status_code for answer in answers]
        refused = await next(answer for answer in answers if answer.status_code == 429).get_json()

        assert codes[:20] == [200] * 20
        assert 429 in codes[20:]
        assert (refused["code"], refused["retry_after"]) == ("too_many_reactions", 1)
        assert (await client.post(f"/{room['code']}", data="more", headers=seat)).status_code == 201
