"""An attacker on the network sees the length of answers, and chooses requests of a browser (BREACH)."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from quart import Quart, Response
from quart.testing import QuartClient

JSON, PAGE, TEXT = "application/json", "text/html", "*/*"
GZIP = {"Accept-Encoding": "gzip"}


async def ask(client: QuartClient, method: str, path: str, accept: str, token: str = "", **fields: str) -> Response:
    headers = {"Accept": accept, **GZIP} | ({"Authorization": f"Bearer {token}"} if token else {})
    form: dict[str, Any] = {"form": fields} if fields else {}
    return await client.open(path, method=method, headers=headers, **form)


async def followed(client: QuartClient, answer: Response, token: str) -> Response:
    """The page to which a form's answer leads, asked for with the cookie that the answer brings."""
    assert answer.status_code == 303
    cookies = "; ".join(cookie.partition(";")[0] for cookie in answer.headers.getlist("Set-Cookie"))
    headers = {"Accept": PAGE, **GZIP, "Authorization": f"Bearer {token}", "Cookie": cookies}
    return await client.get(answer.headers["Location"].partition("#")[0], headers=headers)


async def shown(answer: Response) -> str:
    body = await answer.get_data(as_text=False)
    return (gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body).decode()


def is_left_alone(answer: Response) -> bool:
    return "Content-Encoding" not in answer.headers and answer.headers["Cache-Control"] == "no-store, no-transform"


async def test_an_answer_that_shows_a_token_is_never_compressed(client: QuartClient) -> None:
    opened = await ask(client, "POST", "/rooms", JSON, name="Grace")
    room = await opened.get_json()
    code, owner = room["code"], room["token"]
    answers = [opened]
    answers.append(await ask(client, "POST", f"/{code}/join", JSON, name="Ada"))
    answers.append(await ask(client, "POST", "/", JSON, name="Trent", code=code, join="1"))
    for kind in ("read", "post", "join"):
        answers.append(await ask(client, "POST", f"/{code}/links", JSON, owner, kind=kind))
        answers.append(
            await followed(client, await ask(client, "POST", f"/{code}/links", PAGE, owner, kind=kind), owner)
        )
        answers.append(await ask(client, "POST", f"/{code}/links", TEXT, owner, kind=kind))
    await ask(client, "POST", f"/{code}/settings", JSON, owner, lock="approval")
    answers.append(await ask(client, "POST", f"/{code}/join", JSON, name="Mallory"))

    assert [answer.status_code for answer in answers] == [201, 201, 201, *[201, 200, 201] * 3, 202]
    for answer in answers:
        assert is_left_alone(answer)
        assert "cct_" in await shown(answer) or "ccl_" in await shown(answer) or "token" in await answer.get_json()


async def test_no_compressed_answer_holds_a_token(app: Quart, client: QuartClient) -> None:
    room = await (await ask(client, "POST", "/rooms", JSON, name="Grace")).get_json()
    code, owner = room["code"], room["token"]
    link = await (await ask(client, "POST", f"/{code}/links", JSON, owner, kind="join")).get_json()
    secrets = [owner, link["token"]]
    await ask(client, "POST", f"/{code}", JSON, owner, text="tea? " * 300)
    routes = [str(rule) for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    paths = [route.replace("<code:code>", code) for route in routes]
    compressed = 0
    for path in [path for path in paths if "<" not in path and not path.endswith(("/sse", "/json", "/raw"))]:
        for accept in (JSON, PAGE, TEXT):
            answer = await ask(client, "GET", path, accept, owner)
            if "Content-Encoding" in answer.headers:
                compressed += 1
                body = await shown(answer)
                assert not [secret for secret in secrets if secret in body], path
    assert compressed > 5


@pytest.mark.parametrize(("path", "what"), [("/", "code"), ("/ZZZZ", "name")])
async def test_the_codes_and_names_of_a_browsers_rooms_do_not_meet_what_an_address_named(
    app: Quart, client: QuartClient, path: str, what: str
) -> None:
    joined = await client.post("/", form={"name": "Grace", "create": "1"}, headers={"Accept": PAGE})
    code = joined.headers["Location"].strip("/")

    held = await ask(client, "GET", path, PAGE)
    bare = await ask(app.test_client(use_cookies=False), "GET", path, PAGE)  # type: ignore[arg-type]

    assert (code if what == "code" else 'value="Grace"') in await shown(held)
    assert is_left_alone(held)
    assert bare.headers["Content-Encoding"] == "gzip"
