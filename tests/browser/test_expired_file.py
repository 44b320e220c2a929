"""A file that expires while the page is open: its message says so at once, and nothing else on the page changes."""

from __future__ import annotations

import hashlib
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from chadchat.events import timestamp

from ..operating import chadchat
from ..serving import Server
from .conftest import Arrive

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CONTENT = b"12:00 all is well\n"


def of_last_month(data: Path, archive: Path) -> str:
    """The code of a room whose one message has a file that is 40 days old."""
    at = timestamp(datetime.now(UTC) - timedelta(days=40))
    file = {"name": "log.txt", "size": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}
    lines = [
        {"kind": "room", "at": at, "seq": 1},
        {"kind": "message", "at": at, "seq": 2, "name": "Ada", "text": "look", "file": file},
    ]
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("KQZF.jsonl", "\n".join(map(json.dumps, lines)))
        made.writestr("files/2/log.txt", CONTENT)
    said = chadchat(data, "import", archive)
    assert said.status == 0, said.err
    return said.out.strip()


async def test_an_open_page_says_that_a_file_has_expired(tmp_path: Path, arrive: Arrive) -> None:
    code = of_last_month(tmp_path / "data", tmp_path / "in.zip")
    server = Server(tmp_path / "data", file_days="0", heartbeat="0.5").start()
    ada = await arrive("Ada")
    ada.expects("CONNECTION_REFUSED")
    await ada.join(f"{server.url}/{code}")
    file = ada.page.locator("#m-2 .file")
    await expect(file).to_have_attribute("href", f"/{code}/files/{file_id(server)}/log.txt")
    await ada.box.fill("half a sentence")

    server.stop()
    server._settings["CHADCHAT_FILE_DAYS"] = "30"
    server.start()

    await expect(ada.page.locator("#m-2 small", has_text="expired")).to_be_visible()
    assert await file.get_attribute("href") is None
    await expect(ada.page.locator("#m-2 .text")).to_contain_text("look")
    await expect(ada.page.locator("#log > [data-kind=message]")).to_have_count(1)
    await expect(ada.box).to_have_value("half a sentence")
    server.stop()


def file_id(server: Server) -> str:
    """The id of the one file."""
    [path] = (server.data / "files").glob("*/*")
    return path.name
