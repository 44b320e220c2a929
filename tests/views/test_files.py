"""Sending a file by PUT and as a form, and getting its bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

CURL = {"Accept": "*/*"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100


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

    message = await sent(client, await client.post(f"/{grace['code']}", **request))

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
