"""`chadchat import --owner`: a room comes back with an owner, whose token is printed once."""

from __future__ import annotations

from pathlib import Path

import httpx

from ..operating import chadchat
from ..serving import Server


def test_an_imported_room_has_the_owner_that_was_named_and_its_messages_a_mark(server: Server, tmp_path: Path) -> None:
    code = server.create()["code"]
    file, folder = tmp_path / "room.jsonl", tmp_path / "new"
    httpx.post(f"{server.url}/{code}", content="tea?", headers={"Name": "Ada"})
    chadchat(server.data, "export", code, file)
    refused = chadchat(folder, "import", "--owner", "a\u202eda", file)
    assert (refused.status, refused.out) == (1, "")

    made = chadchat(folder, "import", "--owner", "Grace", file)
    assert made.status == 0, made.err
    room = made.out.strip()
    (token,) = [line for line in made.err.splitlines() if line.startswith("cct_")]
    assert "/links/" not in made.err

    new = Server(folder).start()
    try:
        owner = {"Authorization": f"Bearer {token}"}
        assert httpx.post(f"{new.url}/{room}/settings", data={"slow": "5"}, headers=owner).status_code == 200
        assert httpx.get(f"{new.url}/{room}/owners", headers=owner).text.startswith("Grace\t")
        with httpx.Client(cookies={f"chad-{room}": token}, headers={"Accept": "text/html"}) as browser:
            page = browser.get(f"{new.url}/{room}").text
        assert page.count('<small class="tag quiet">imported</small>') == 1
        assert "not joined" not in page
    finally:
        new.stop()
    assert chadchat(folder, "check").status == 0
