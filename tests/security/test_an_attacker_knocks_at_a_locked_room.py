"""A locked room answers an outsider like a room that does not exist: in status, headers and words, on every route."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import cycle
from typing import Any, Final

import pytest
from quart import Quart, Response

from .conftest import Visitor

NOWHERE: Final = "ZZZZ"
SEATED: Final = "Grace Hopper"
ACCEPTED: Final = ["*/*", "text/html", "application/json"]
PARTS: Final = {
    "<int:seq>": ["2", "9" * 15, "9" * 30],
    "<int:id>": ["1", "9" * 15],
    "<member>": ["{member}", "nobody"],
    "<token>": ["ccl_wrong", "x"],
    "<any(jsonl,md,txt,html,zip):kind>": ["jsonl", "md", "txt", "html", "zip"],
}
# What is drawn for an answer: the token and the number of a knock, its time, and the end of its cookie.
_DRAWN: Final = re.compile(r"cct_[\w-]{43}|\b\d{12}\b|\d{4}-\d\d-\d\dT[\d:.]+Z|Expires=[^;]+")
# What a stranger may send: nothing, what is right, and what is wrong in a way that a view might tell before the lock.
SENT: Final[list[dict[str, Any]]] = [
    {},
    {"data": "tea?"},
    {"data": ""},
    {"data": "x" * 5000},
    {"data": b"\xff"},
    {"data": "tea?", "headers": {"Name": SEATED}},
    {"data": "tea?", "headers": {"Name": "\u202e"}},
    {"data": "tea?", "headers": {"Idempotency-Key": "a key"}},
    {"data": "tea?", "headers": {"Idempotency-Key": "k"}},
    {"form": {"name": SEATED}},
    {"form": {"name": "Mallory", "passphrase": "wrong horse"}},
    {"form": {"name": SEATED, "passphrase": "wrong horse"}},
    {"form": {"name": "", "passphrase": "wrong horse"}},
    {"form": {"name": SEATED, "text": "tea?", "key": "k"}},
    {"form": {"_method": "delete"}},
    {"json": {"name": SEATED, "text": "tea?"}},
    {"json": ["no object"]},
    {"headers": {"Authorization": "Bearer cct_wrong"}},
    {"headers": {"Authorization": "Bearer ccl_wrong"}, "data": "tea?"},
    {"headers": {"Cookie": "chad-{code}=cct_wrong; chad-link-{code}=ccl_wrong"}},
    {"headers": {"HX-Request": "true"}, "form": {"text": "tea?", "name": SEATED}},
    {"query_string": {"before": "x", "limit": "-1"}},
    {"query_string": {"since": "nonsense", "poll": "1"}},
    {"query_string": {"since": "{epoch}-1", "poll": "1"}},
    {"query_string": {"poll": "1", "as": "html", "limit": "0"}},
]


def requests(app: Quart) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    """(method, path with {code}, what is sent, Accept) for everything that names a room, read from the app itself.

    Each of what may be sent goes to each route with one Accept, and over the routes with all of them.
    """
    turn = cycle(ACCEPTED)
    for rule in app.url_map.iter_rules():
        if "<code:code>" not in rule.rule and rule.rule != "/":
            continue
        paths = [rule.rule.replace("<code:code>", "{code}")]
        for part, values in PARTS.items():
            paths = [path.replace(part, value) for path in paths for value in (values if part in path else [""])]
        for method in sorted({*(rule.methods or ()), "PUT", "PATCH", "DELETE", "POST"}):
            carries = method in (rule.methods or ()) and method in ("POST", "PATCH")
            for sent in SENT if carries else [sent for sent in SENT if not sent.keys() & {"data", "form", "json"}]:
                for path in paths if not sent or method == "GET" else paths[:1]:
                    if path != "/" or (carries and "form" in sent):
                        yield method, path, sent, next(turn)


def filled(value: Any, **parts: str) -> Any:
    """The same with `{code}` and the like replaced, wherever they stand."""
    if isinstance(value, dict):
        return {key: filled(one, **parts) for key, one in value.items()}
    return re.sub(r"{(\w+)}", lambda found: parts[found[1]], value) if isinstance(value, str) else value


async def said(answer: Response, code: str) -> tuple[int, list[tuple[str, str]], str]:
    """Everything of an answer, but for the code it is about and for tokens made for it."""

    def same(text: str) -> str:
        for letters in (code, " ".join(code), "</span><span>".join(code)):
            text = text.replace(letters, "CODE")
        return _DRAWN.sub("DRAWN", text)

    body = same(await answer.get_data(as_text=True))
    headers = [(name, same(value)) for name, value in answer.headers if name.lower() != "date"]
    return answer.status_code, sorted(headers), body


@pytest.mark.parametrize("lock", ["passphrase", "approval"])
async def test_a_stranger_hears_of_a_locked_room_what_they_hear_of_none(app: Quart, lock: str) -> None:
    client: Any = app.test_client(use_cookies=False)

    async def ask(method: str, path: str, **request: Any) -> Response:
        scope = {"client": ("198.51.100.66", 4711)}
        return await client.open(path, method=method, scope_base=scope, **request)  # type: ignore[no-any-return]

    grace = await (await client.post("/rooms", json={"name": SEATED}, headers={"Accept": "*/*"})).get_json()
    code, owner = grace["code"], {"Authorization": f"Bearer {grace['token']}", "Accept": "*/*"}
    await client.post(f"/{code}", data="a secret", headers=owner | {"Idempotency-Key": "k"})
    settings = {"lock": lock, "passphrase": "correct horse"}
    assert (await client.post(f"/{code}/settings", form=settings, headers=owner)).status_code == 200
    epoch = grace["cursor"].split("-")[0]

    told = {}
    for method, path, sent, accept in requests(app):
        if lock == "approval" and is_knock(method, path, sent):
            continue  # owners open such a room by hand, so they must hear of it
        answers = []
        for room in (code, NOWHERE):
            parts = {"code": room, "member": grace["member"], "epoch": epoch}
            request = filled(sent, **parts)
            if path == "/":
                request["form"] = {"name": "Mallory", "code": room, "join": "1"} | request["form"]
            request["headers"] = {"Accept": accept} | request.get("headers", {})
            answers.append(await said(await ask(method, filled(path, **parts), **request), room))
        if answers[0] != answers[1]:
            told[method, path, str(sent), accept] = answers
    assert told == {}


def is_knock(method: str, path: str, sent: dict[str, Any]) -> bool:
    """Whether this asks to be let in under a name."""
    return method == "POST" and (
        path == "/" or (path == "/{code}/join" and (SEATED in str(sent) or "Mall" in str(sent)))
    )


async def test_a_stranger_with_a_members_name_hears_what_is_said_of_no_room(
    ada: Visitor, mallory: Visitor, room: dict[str, str]
) -> None:
    lock = {"lock": "passphrase", "passphrase": "correct horse"}
    owner = {"Authorization": f"Bearer {room['token']}", "Accept": "*/*"}
    assert (await ada("POST", f"/{room['code']}/settings", form=lock, headers=owner)).status_code == 200

    answers = []
    for path, fields in (("", {"text": "hi"}), ("/join", {}), ("/join", {"passphrase": "wrong horse"})):
        answer = await mallory("POST", f"/{room['code']}{path}", json={"name": "Ada", **fields})
        answers.append((answer.status_code, (await answer.get_json())["code"]))
    nowhere = await mallory("POST", f"/{NOWHERE}/join", json={"name": "Ada"})
    assert (nowhere.status_code, (await nowhere.get_json())["code"]) == (202, NOWHERE)
    assert answers == [(404, "room_not_found"), (202, room["code"]), (404, "room_not_found")]

    right = await mallory("POST", f"/{room['code']}/join", json={"name": "Mallory", "passphrase": "correct horse"})
    assert right.status_code == 201


async def test_a_knock_with_a_members_name_tells_nothing_of_the_member(
    ada: Visitor, mallory: Visitor, room: dict[str, str]
) -> None:
    owner = {"Authorization": f"Bearer {room['token']}", "Accept": "*/*"}
    locked = await ada("POST", f"/{room['code']}/settings", form={"lock": "approval"}, headers=owner)
    assert locked.status_code == 200

    for name in ("Ada", "Nobody here"):
        answer = await mallory("POST", f"/{room['code']}/join", json={"name": name})
        assert answer.status_code == 202
    opened = await ada("POST", f"/{room['code']}/knocks/4", headers=owner)
    assert (opened.status_code, (await opened.get_json())["code"]) == (409, "name_taken")
