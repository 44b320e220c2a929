"""Sending a file by PUT and as a form, and getting its bytes."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

from ..waiting import until

CURL = {"Accept": "*/*"}
PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQAAAAA3bvkkAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")


@pytest.fixture
async def grace(client: QuartClient) -> dict[str, str]:
    """The seat of an owner, with the room's code."""
    answer = await client.post("/rooms", json={"name": "Grace"}, headers=CURL)
    seat: dict[str, str] = await answer.get_json()
    return seat


def bearer(seat: dict[str, str], **more: str) -> dict[str, str]:
    return CURL | {"Authorization": f"Bearer {seat['token']}"} | {name.replace("_", "-"): more[name] for name in more}


def form(*parts: tuple[str, str | bytes], file: bytes | None = None, name: str = "a.png") -> dict[str, Any]:
    """A multipart form, as curl -F sends it."""
    body = b""
    for field, value in parts:
        said = value if isinstance(value, bytes) else value.encode()
        body += f'--b\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n'.encode() + said + b"\r\n"
    if file is not None:
        head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        body += head.encode() + b"Content-Type: application/x-lies\r\n\r\n" + file + b"\r\n"
    return {"data": body + b"--b--\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}


async def sent(client: QuartClient, answer: Any) -> dict[str, Any]:
    message: dict[str, Any] = await answer.get_json()
    assert answer.status_code == 201, message
    return message


def on_disk(app: Quart) -> list[Path]:
    folder = app.extensions["chadchat"].files.folder
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def test_a_put_with_a_name_is_a_file(app: Quart, client: QuartClient, grace: dict[str, str]) -> None:
    code = grace["code"]

    for path, headers in ((f"/{code}/log.txt", {}), (f"/{code}", {"Filename": "log.txt"})):
        message = await sent(client, await client.put(path, data=b"tea\n", headers=bearer(grace) | headers))

        file = message["file"]
        assert (message["text"], file["name"], file["size"], file["type"]) == ("", "log.txt", 4, "text/plain")
        assert file["url"] == f"/{code}/files/{file['id']}/log.txt"
        got = await client.get(file["url"], headers=CURL)
        assert await got.get_data() == b"tea\n"
        assert got.headers["Content-Disposition"].startswith('attachment; filename="log.txt"')

    assert len(on_disk(app)) == 2


async def test_a_file_in_a_form_comes_with_its_text(client: QuartClient, grace: dict[str, str]) -> None:
    request = form(("text", "look"), ("alt", "a cup"), file=PNG)
    request["headers"] |= bearer(grace)

    message = await sent(client, await client.post(f"/{grace['code']}?as=file", **request))

    assert message["text"] == "look"
    assert (message["file"]["type"], message["file"]["alt"]) == ("image/png", "a cup")


@pytest.mark.parametrize(
    ("body", "is_file"),
    [
        (b"tea?", False),
        (b"x" * 4096, False),
        ("\u8336".encode() * 4096, False),
        (b"x" * 4097, True),
        (b"\xff\xfetea", True),
        (b"tea\0", True),
    ],
)
async def test_a_put_without_a_name_is_a_message_if_it_fits_one(
    client: QuartClient, grace: dict[str, str], body: bytes, is_file: bool
) -> None:
    message = await sent(client, await client.put(f"/{grace['code']}", data=body, headers=bearer(grace)))

    assert ("file" in message) == is_file
    assert message["text"] == ("" if is_file else body.decode())


async def test_what_an_outsider_sends_without_a_name_is_a_text_and_refused_as_one(
    client: QuartClient, code: str
) -> None:
    answer = await client.put(f"/{code}", data=b"x" * 4097, headers=CURL)

    assert (answer.status_code, (await answer.get_json())["code"]) == (413, "text_too_long")


async def refused(app: Quart, answer: Any, *, on_disk_are: int = 0) -> str:
    shown = await answer.get_json()
    assert answer.status_code == shown["status"]
    assert shown["error"].endswith(".")
    assert len(on_disk(app)) == on_disk_are
    code: str = shown["code"]
    return code


async def test_what_is_refused_says_so_and_leaves_nothing(
    app: Quart, client: QuartClient, grace: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, uploads = grace["code"], app.extensions["chadchat"].uploads
    monkeypatch.setattr(uploads, "most", 1000)

    async def put(size: int, **headers: str) -> str:
        return await refused(
            app, await client.put(f"/{code}/log.txt", data=b"x" * size, headers=bearer(grace) | headers)
        )

    assert await put(0) == "file_required"
    assert await put(1001) == "file_too_large"
    empty = form(("text", "look"), file=b"", name="empty.txt")
    empty["headers"] |= bearer(grace)
    assert await refused(app, await client.post(f"/{code}", **empty)) == "file_required"
    too_long = form(("text", "x" * 4097), file=PNG)
    too_long["headers"] |= bearer(grace)
    assert await refused(app, await client.post(f"/{code}", **too_long)) == "text_too_long"
    outside = form(("text", "look"), file=PNG)
    outside["headers"] |= CURL
    assert await refused(app, await client.post(f"/{code}", **outside)) == "seat_required"
    reply = bearer(grace) | {"In-Reply-To": "999"}
    assert await refused(app, await client.put(f"/{code}/a", data=b"x", headers=reply)) == "message_not_found"
    monkeypatch.setattr(uploads, "_rooms", 0)
    assert await put(5) == "room_files_full"
    monkeypatch.setattr(uploads, "_rooms", 100)
    monkeypatch.setattr(uploads, "_total", 0)
    assert await put(5) == "files_full"
    monkeypatch.setattr(uploads, "_total", 100)
    await client.patch(f"/{code}/settings", json={"files": "off"}, headers=bearer(grace))
    assert await put(5) == "files_off"

    messages = await (await client.get(f"/{code}", headers={"Accept": "application/json"})).get_json()
    assert messages["messages"] == []


async def test_two_files_in_one_message_are_refused(app: Quart, client: QuartClient, grace: dict[str, str]) -> None:
    one = form(file=PNG)
    one["data"] = one["data"].replace(b"--b--", form(file=PNG)["data"])
    one["headers"] |= bearer(grace)

    assert await refused(app, await client.post(f"/{grace['code']}", **one)) == "form_invalid"


async def test_a_form_in_which_no_file_was_chosen_is_a_message(client: QuartClient, grace: dict[str, str]) -> None:
    request = form(("text", "look"), file=b"", name="")
    request["headers"] |= bearer(grace)

    message = await sent(client, await client.post(f"/{grace['code']}", **request))

    assert (message["text"], "file" in message) == ("look", False)


async def test_a_retry_with_the_same_key_finds_the_first_file(
    app: Quart, client: QuartClient, grace: dict[str, str]
) -> None:
    code, headers = grace["code"], bearer(grace, Idempotency_Key="a")
    first = await sent(client, await client.put(f"/{code}/a.txt", data=b"tea", headers=headers))

    assert await sent(client, await client.put(f"/{code}/a.txt", data=b"tea", headers=headers)) == first
    for path, data in ((f"/{code}/b.txt", b"tea"), (f"/{code}/a.txt", b"milk")):
        answer = await client.put(path, data=data, headers=headers)
        assert await refused(app, answer, on_disk_are=1) == "key_reused"


async def test_a_reply_a_mention_and_an_edit_work_with_a_file(client: QuartClient, grace: dict[str, str]) -> None:
    code = grace["code"]
    asked = await sent(client, await client.post(f"/{code}", data="which?", headers=bearer(grace)))
    request = form(("text", "this, @Grace"), file=PNG)
    request["headers"] |= bearer(grace)
    reply = await sent(client, await client.post(f"/{code}/{asked['seq']}", **request))
    assert (reply["reply_to"], reply["mentions"]) == (asked["seq"], [grace["member"]])

    edited = await client.patch(f"/{code}/{reply['seq']}", data="that", headers=bearer(grace))
    assert (await edited.get_json())["text"] == "that"
    bare = await (await client.patch(f"/{code}/{reply['seq']}", data=" ", headers=bearer(grace))).get_json()
    assert (bare["text"], bare["file"]) == ("", reply["file"])
    words = await client.patch(f"/{code}/{asked['seq']}", data=" ", headers=bearer(grace))
    assert (words.status_code, (await words.get_json())["code"]) == (422, "text_required")

    with_a_file = form(("text", "more"), ("_method", "patch"), file=PNG)
    with_a_file["headers"] |= bearer(grace)
    refusal = await client.post(f"/{code}/{reply['seq']}", **with_a_file)
    assert (refusal.status_code, (await refusal.get_json())["code"]) == (400, "form_invalid")

    to_it = await sent(client, await client.put(f"/{code}/{reply['seq']}", data=b"x" * 5000, headers=bearer(grace)))
    assert (to_it["reply_to"], to_it["file"]["name"], to_it["file"]["lines"][:3]) == (reply["seq"], "paste.txt", "xxx")
    page = await client.get(f"/{code}/{to_it['seq']}/reply", headers=bearer(grace) | {"HX-Request": "true"})
    assert "paste.txt" in await page.get_data(as_text=True)


async def test_a_name_that_is_ours_makes_a_file_and_changes_nothing(client: QuartClient, grace: dict[str, str]) -> None:
    code = grace["code"]
    for name in ("settings", "people", "search", "links", "close", "leave", "join", "files", "code", "sse", "qr.svg"):
        message = await sent(client, await client.put(f"/{code}/{name}", data=b"title=Mine", headers=bearer(grace)))
        assert message["file"]["name"] == name

    settings = await client.get(f"/{code}/settings", headers=bearer(grace) | {"Accept": "application/json"})
    assert (await settings.get_json())["title"] == ""


async def test_an_address_that_only_names_a_file_is_not_found(client: QuartClient, code: str) -> None:
    for method, path in (("GET", f"/{code}/nothing"), ("POST", f"/{code}/nothing"), ("GET", f"/{code.lower()}/no")):
        answer = await client.open(path, method=method, headers=CURL)
        assert answer.status_code == 404, (method, path)


async def test_the_bytes_come_in_ranges_and_only_once(client: QuartClient, grace: dict[str, str]) -> None:
    message = await sent(client, await client.put(f"/{grace['code']}/a", data=b"0123456789", headers=bearer(grace)))
    url = message["file"]["url"]

    part = await client.get(url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, await part.get_data()) == (206, b"234")
    assert part.headers["Content-Range"] == "bytes 2-4/10"
    assert (await client.get(url, headers={"Range": "bytes=20-30"})).status_code == 416
    whole = await client.get(url)
    assert (await client.get(url, headers={"If-None-Match": whole.headers["ETag"]})).status_code == 304
    assert (await client.head(url)).status_code == 200


async def test_a_removed_message_takes_its_file_along(app: Quart, client: QuartClient, grace: dict[str, str]) -> None:
    code = grace["code"]
    kept, gone = [
        await sent(client, await client.put(f"/{code}/a", data=data, headers=bearer(grace))) for data in (b"x", b"y")
    ]

    await client.delete(f"/{code}/{gone['seq']}", headers=bearer(grace))

    assert (await client.get(gone["file"]["url"])).status_code == 404
    assert (await client.get(kept["file"]["url"])).status_code == 200
    await until(lambda: [path.name for path in on_disk(app)] == [kept["file"]["id"]])
    await client.delete(f"/{code}", headers=bearer(grace))
    await until(lambda: on_disk(app) == [])


async def test_the_transcript_and_the_streams_name_a_file_with_its_address(
    client: QuartClient, grace: dict[str, str]
) -> None:
    code = grace["code"]
    request = form(("text", "look"), file=b"x" * 8123, name="a[1].txt")
    request["headers"] |= bearer(grace)
    message = await sent(client, await client.post(f"/{code}", **request))

    said = f"Grace: look [a(1).txt, 8 KB, http://localhost{message['file']['url']}]"
    for path in (f"/{code}", f"/{code}/raw?since=all&poll=1", f"/{code}/{message['seq']}"):
        assert said in await (await client.get(path, headers=CURL)).get_data(as_text=True), path
