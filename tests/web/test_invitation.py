"""The invitation in the share box: where the room is, also when its page was opened at an address of this computer."""

from __future__ import annotations

from pathlib import Path

import pytest

from chadchat.app import create_app
from chadchat.settings import Settings
from chadchat.web import invitation

LAN = "192.168.1.5"
ONLY = "Only this computer can open"


async def page(folder: Path, listens: str, host: str) -> str:
    app = create_app(Settings(data=str(folder / "data"), host=listens))
    async with app.test_app():
        client, headers = app.test_client(), {"Accept": "text/html", "Host": host}
        await client.post("/", form={"name": "Ada", "create": "1"}, headers=headers)
        (code,) = {cookie.name.removeprefix("chad-") for cookie in client.cookie_jar or ()}
        shown = await (await client.get(f"/{code}", headers=headers)).get_data(as_text=True)
        return shown.replace(code, "CODE")


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "localhost"])
async def test_at_an_address_of_this_computer_the_page_says_so(tmp_path: Path, host: str) -> None:
    shown = await page(tmp_path, "127.0.0.1", host)

    assert f"{ONLY} {host}. To let others in, start the server with --host 0.0.0.0." in shown
    assert f"<code>http://{host}/CODE</code>" in shown


@pytest.mark.parametrize("listens", invitation.EVERYWHERE)
async def test_where_the_server_listens_in_the_network_its_address_there_is_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listens: str
) -> None:
    monkeypatch.setattr(invitation, "_in_the_network", lambda: LAN)
    shown = await page(tmp_path, listens, "127.0.0.1:8000")

    assert f"{ONLY} 127.0.0.1:8000. This link is for others in your network." in shown
    assert f"<code>http://{LAN}:8000/CODE</code>" in shown


async def test_elsewhere_the_host_stands_beside_the_letters_and_no_warning(tmp_path: Path) -> None:
    shown = await page(tmp_path, "127.0.0.1", "chat.example")

    assert '<p class="at">at <strong>chat.example</strong></p>' in shown
    assert ONLY not in shown
