"""A file that has expired: its message says so in every format, and its address, too."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

from chadchat.domain.expiry import expire_files
from chadchat.live.frames import Texts
from chadchat.node import Node

from ..waiting import until


async def a_month_passes(node: Node) -> None:
    await expire_files(node.log, node.db, 30, datetime.now(UTC) + timedelta(days=31))


@pytest.fixture
async def sent(app: Quart, client: QuartClient) -> dict[str, Any]:
    room = await (await client.post("/rooms", json={"name": "Grace"})).get_json()
    headers = {"Authorization": f"Bearer {room['token']}"}
    answer = await client.put(f"/{room['code']}/log.txt", data=b"12:00 all is well\n", headers=headers)
    assert answer.status_code == 201
    return {**await answer.get_json(), "cookie": f"chad-{room['code']}={room['token']}"}


async def test_the_address_of_an_expired_file_says_so_and_its_bytes_are_gone(
    app: Quart, client: QuartClient, sent: dict[str, Any]
) -> None:
    node: Node = app.extensions["chadchat"]
    assert (await client.get(sent["file"]["url"])).status_code == 200

    await a_month_passes(node)

    answer = await client.get(sent["file"]["url"], headers={"Accept": "application/json"})
    said = await answer.get_json()
    assert (answer.status_code, said["code"]) == (410, "file_expired")
    assert said["error"] == f"That file has expired, and its bytes are gone. Its message is still in {sent['room']}."
    await until(lambda: not node.files.path(sent["file"]["id"]).exists())


async def test_its_message_says_so_in_the_page_in_text_in_json_and_in_exports(
    app: Quart, client: QuartClient, sent: dict[str, Any]
) -> None:
    code = sent["room"]
    await a_month_passes(app.extensions["chadchat"])

    page = await (await client.get(f"/{code}", headers={"Accept": "text/html", "Cookie": sent["cookie"]})).get_data(
        as_text=True
    )
    lines = await (await client.get(f"/{code}/json?poll=1&since=all")).get_data(as_text=True)
    text = await (await client.get(f"/{code}")).get_data(as_text=True)
    exports = [await (await client.get(f"/{code}.{kind}")).get_data(as_text=True) for kind in ("md", "txt", "html")]

    events = [json.loads(line) for line in lines.splitlines()]
    [message] = [event for event in events if event["kind"] == "message"]
    [expiry] = [event for event in events if event["kind"] == "expire"]
    assert (
        message["file"]
        == expiry["file"]
        == {
            "id": sent["file"]["id"],
            "name": "log.txt",
            "size": 18,
            "type": "text/plain",
            "expired": True,
        }
    )
    assert (expiry["target"], expiry["whom"], expiry["name"]) == (sent["seq"], "Grace", None)
    assert "Grace: [log.txt, 18 bytes, expired]\n" in text
    for shown in (page, *exports):
        assert "log.txt" in shown.replace("\\", "")
        assert "expired" in shown
        assert f"/files/{sent['file']['id']}" not in shown


async def test_the_stream_of_an_open_page_changes_the_file_and_nothing_else(
    app: Quart, client: QuartClient, sent: dict[str, Any]
) -> None:
    await a_month_passes(app.extensions["chadchat"])
    node: Node = app.extensions["chadchat"]
    (expiry,) = await node.log.tail(sent["room"], 1)

    frame = node.formats["html"].event(expiry).decode()

    assert f'id="f-{sent["seq"]}"' in frame
    assert 'hx-swap-oob="outerMorph"' in frame
    assert "expired" in frame
    assert "<li" not in frame
    assert Texts().at("text", "https://chat.example").event(expiry) == b""
