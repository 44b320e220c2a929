"""Sending pictures: what is stored of them, and how they are shown."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from quart import Quart
from quart.testing import QuartClient

from chadchat.app import create_app
from chadchat.node import Node
from chadchat.settings import Settings

from ..pictures.making import PLACE, SECRET, archive, bomb, coloured, encoded, frames, many_frames, telling

CURL = {"Accept": "*/*"}
ODD = "The size of a picture is 800 or 2560."


@pytest.fixture
async def grace(client: QuartClient) -> dict[str, str]:
    answer = await client.post("/rooms", json={"name": "Grace"}, headers=CURL)
    seat: dict[str, str] = await answer.get_json()
    return seat


async def put(client: QuartClient, seat: dict[str, str], name: str, data: bytes) -> Any:
    headers = CURL | {"Authorization": f"Bearer {seat['token']}"}
    return await client.put(f"/{seat['code']}/{name}", data=data, headers=headers)


async def sent(client: QuartClient, seat: dict[str, str], name: str, data: bytes) -> dict[str, Any]:
    """The file of the message."""
    answer = await put(client, seat, name, data)
    message = await answer.get_json()
    assert answer.status_code == 201, message
    file: dict[str, Any] = message["file"]
    return file


def on_disk(app: Quart) -> dict[str, bytes]:
    """The names of all stored files, and their bytes."""
    folder: Path = app.extensions["chadchat"].files.folder
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_a_picture_is_stored_in_two_sizes_instead_of_as_it_came(
    app: Quart, client: QuartClient, grace: dict[str, str]
) -> None:
    file = await sent(client, grace, "tea.party.jpg", encoded(coloured(2700, 1350), "JPEG"))

    stored = on_disk(app)
    assert sorted(stored) == [f"{file['id']}.2560.webp", f"{file['id']}.800.webp"]
    assert (file["name"], file["type"], file["width"], file["height"]) == ("tea.party.webp", "image/webp", 2560, 1280)
    assert file["size"] == len(stored[f"{file['id']}.2560.webp"])
    node: Node = app.extensions["chadchat"]
    [(counted, kind)] = await node.db.all("SELECT size, kind FROM files")
    assert (counted, kind) == (sum(map(len, stored.values())), "picture")

    for query, size in (("", 2560), ("?size=2560", 2560), ("?size=800", 800)):
        got = await client.get(f"{file['url']}{query}", headers=CURL)
        assert await got.get_data() == stored[f"{file['id']}.{size}.webp"]
        assert got.headers["Content-Type"] == "image/webp"
        assert got.headers["Content-Length"] == str(len(stored[f"{file['id']}.{size}.webp"]))
        assert got.headers["Content-Disposition"].startswith('inline; filename="tea.party.webp"')
        assert got.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        same = await client.get(f"{file['url']}{query}", headers=CURL | {"If-None-Match": got.headers["ETag"]})
        assert same.status_code == 304


async def test_a_size_that_a_picture_has_not_is_the_one_that_it_has(
    app: Quart, client: QuartClient, grace: dict[str, str]
) -> None:
    for data in (encoded(coloured(300, 200), "PNG"), frames(3, 900, 90)):
        file = await sent(client, grace, "small.png", data)
        for query in ("", "?size=800", "?size=2560"):
            got = await client.get(f"{file['url']}{query}", headers=CURL)
            assert await got.get_data() == on_disk(app)[f"{file['id']}.800.webp"]

    odd = await client.get(f"{file['url']}?size=801", headers=CURL)
    assert (odd.status_code, await odd.get_data(as_text=True)) == (422, f"{ODD}\nhttp://localhost/help#posting\n")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
async def test_what_a_picture_tells_is_in_no_stored_byte(
    app: Quart, client: QuartClient, grace: dict[str, str], format: str
) -> None:
    data = telling(format)
    assert SECRET.encode() in data

    await sent(client, grace, "home.jpg", data)

    node: Node = app.extensions["chadchat"]
    everything = [path.read_bytes() for path in node.settings.folder.rglob("*") if path.is_file()]
    assert len(everything) > 1
    assert not any(word in kept for kept in everything for word in (SECRET.encode(), PLACE.encode(), b"PK\x03\x04"))


@pytest.mark.parametrize("data", [bomb(20_000, 20_000), b"GIF89a=1;alert(1);//", b"\x89PNG\r\n\x1a\n"])
async def test_what_cannot_be_decoded_is_refused_and_nothing_is_left(
    app: Quart, client: QuartClient, grace: dict[str, str], data: bytes
) -> None:
    answer = await put(client, grace, "bomb.png", data)

    assert (answer.status_code, (await answer.get_json())["code"]) == (422, "picture_invalid")
    assert on_disk(app) == {}


@pytest.mark.parametrize(
    ("name", "data", "type"),
    [
        ("bomb.png?as=file", bomb(20_000, 20_000), "image/png"),
        ("home.jpg?as=file", telling("JPEG"), "image/jpeg"),
        ("long.gif", many_frames(501), "image/gif"),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "text/plain"),
        ("a.png", b"<html><script>alert(1)</script>", "text/plain"),
        ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "application/octet-stream"),
        ("a.pdf", b"%PDF-1.7", "application/pdf"),
    ],
)
async def test_other_files_stay_as_they_are_and_are_never_shown(
    app: Quart, client: QuartClient, grace: dict[str, str], name: str, data: bytes, type: str
) -> None:
    file = await sent(client, grace, name, data)

    assert (file["type"], file["size"], file.get("width")) == (type, len(data), None)
    assert on_disk(app) == {file["id"]: data}
    for query in ("", "?size=800"):
        got = await client.get(f"{file['url']}{query}", headers=CURL)
        assert await got.get_data() == data
        assert got.headers["Content-Disposition"].startswith("attachment")
    headers = {"Accept": "text/html", "Authorization": f"Bearer {grace['token']}"}
    page = await (await client.get(f"/{grace['code']}", headers=headers)).get_data(as_text=True)
    assert ("kept as a file" in page) == type.startswith("image/")  # a picture that is not shown says why
    assert f"{file['id']}/{file['name']}?size" not in page


async def test_polyglots_are_nothing_but_a_picture(app: Quart, client: QuartClient, grace: dict[str, str]) -> None:
    picture = coloured(20, 20)
    for data in (
        encoded(picture, "GIF") + b"=1;alert(1);",
        encoded(picture, "PNG") + archive(),
        encoded(picture, "JPEG", comment=b"<html><script>alert(1)</script>"),
    ):
        await sent(client, grace, "both.png", data)

    for kept in on_disk(app).values():
        assert not any(word in kept for word in (b"alert", b"<script", b"PK\x03\x04"))
        with Image.open(io.BytesIO(kept)) as found:
            assert found.format == "WEBP"


async def test_a_picture_that_grows_over_the_quota_is_refused(
    app: Quart, client: QuartClient, grace: dict[str, str]
) -> None:
    node: Node = app.extensions["chadchat"]
    noisy = Image.effect_noise((2400, 2400), 90)
    small = encoded(noisy, "JPEG", quality=5)
    node.uploads._rooms = 1  # MiB
    assert len(small) < 1024 * 1024

    answer = await put(client, grace, "noise.jpg", small)

    assert (answer.status_code, (await answer.get_json())["code"]) == (413, "room_files_full")
    assert on_disk(app) == {}


async def test_a_retry_with_the_same_picture_shows_once(app: Quart, client: QuartClient, grace: dict[str, str]) -> None:
    headers = CURL | {"Authorization": f"Bearer {grace['token']}", "Idempotency-Key": "once"}
    data = encoded(coloured(20, 20), "PNG")

    first = await client.put(f"/{grace['code']}/a.png", data=data, headers=headers)
    again = await client.put(f"/{grace['code']}/a.png", data=data, headers=headers)

    assert (first.status_code, again.status_code) == (201, 201)
    assert (await first.get_json())["seq"] == (await again.get_json())["seq"]
    assert len(on_disk(app)) == 1


async def test_the_bytes_of_a_removed_picture_go(app: Quart, client: QuartClient, grace: dict[str, str]) -> None:
    headers = CURL | {"Authorization": f"Bearer {grace['token']}"}
    answer = await put(client, grace, "a.jpg", encoded(coloured(900, 90), "JPEG"))
    seq = (await answer.get_json())["seq"]
    assert len(on_disk(app)) == 2

    await client.delete(f"/{grace['code']}/{seq}", headers=headers)
    node: Node = app.extensions["chadchat"]
    await node.removed_files.delete()

    assert on_disk(app) == {}


async def test_no_worker_is_there_where_no_files_are_taken(tmp_path: Path) -> None:
    app = create_app(Settings(data=str(tmp_path), files="off"))
    async with app.test_app():
        assert app.extensions["chadchat"].reencoder is None
