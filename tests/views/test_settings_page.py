"""The page of the settings: nothing is lost by a click, a refused form keeps every choice, and saved says saved."""

from __future__ import annotations

import re
from typing import Any

import pytest
from quart import Quart

CURL = {"Accept": "*/*"}
PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


class Browser:
    """Grace's browser, which owns a room."""

    def __init__(self, app: Quart) -> None:
        self.app = app
        self.client: Any = app.test_client()
        self.room = ""

    async def opens(self) -> Browser:
        made = await self.client.post("/", form={"name": "Grace", "create": "1"}, headers=PAGE)
        self.room = made.headers["Location"]
        return self

    async def page(self, path: str = "/settings") -> str:
        return str(await (await self.client.get(f"{self.room}{path}", headers=PAGE)).get_data(as_text=True))

    async def sends(self, path: str, **fields: str) -> tuple[int, str]:
        """Send a form, and follow its answer to the page after it."""
        answer = await self.client.post(f"{self.room}{path}", form=fields, headers=PAGE)
        status = answer.status_code
        if status == 303:
            answer = await self.client.get(answer.headers["Location"].partition("#")[0], headers=PAGE)
            assert answer.status_code == 200
        return status, str(await answer.get_data(as_text=True))

    async def agrees(self, path: str, shown: str, **more: str) -> tuple[int, str]:
        """Press the button of a page that asked: its form as it stands there."""
        asked = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown))
        assert asked["sure"] == "1"
        return await self.sends(path, **(asked | more))

    async def knows(self, path: str) -> Any:
        answer = await self.client.get(f"{self.room}{path}", headers={"Accept": "application/json"})
        return await answer.get_json()


@pytest.fixture
async def grace(app: Quart) -> Browser:
    return await Browser(app).opens()


async def settings(grace: Browser) -> Any:
    return await grace.knows("/settings")


RULES = {"title": "Tea", "slow": "5", "read_only": "1", "lock": "passphrase", "passphrase": ""}


async def test_a_lock_without_a_passphrase_is_refused_and_every_choice_stays(grace: Browser) -> None:
    before = await settings(grace)

    status, shown = await grace.sends("/settings", **RULES)

    assert status == 422
    field = shown[shown.index('<label for="passphrase"') :].partition("</p>")[0]
    assert 'aria-invalid="true"' in field
    assert "autofocus" in field
    assert 'aria-describedby="passphrase-hint passphrase-error"' in field
    assert '<span id="passphrase-error" class="error" role="alert">A passphrase has 6 to 128 characters.' in field
    assert shown.count("autofocus") == 1
    for kept in ('value="Tea"', 'id="lock-passphrase" name="lock" type="radio" value="passphrase" checked'):
        assert kept in shown
    assert 'value="1" checked> <label for="read_only">' in shown
    assert await settings(grace) == before


async def test_what_was_typed_into_a_refused_form_stays_also_the_passphrase(grace: Browser) -> None:
    status, shown = await grace.sends("/settings", **(RULES | {"passphrase": "correct horse", "slow": "x"}))

    assert status == 422
    assert 'id="slow-error"' in shown
    assert 'value="correct horse"' in shown


@pytest.mark.parametrize("lock", [{}, {"lock": "off"}, {"lock": "passphrase"}])
async def test_a_passphrase_locks(grace: Browser, lock: dict[str, str]) -> None:
    status, shown = await grace.sends("/settings", passphrase="correct horse", **lock)

    assert status == 303
    assert "Saved. The room is locked: people need the passphrase." in shown
    assert (await settings(grace))["lock"] == "passphrase"


async def test_a_passphrase_beside_a_knock_is_not_used_and_the_page_says_what_holds(grace: Browser) -> None:
    status, shown = await grace.sends("/settings", passphrase="correct horse", lock="approval")

    assert status == 303
    assert "The room is locked: people knock, and an owner lets them in." in shown
    assert (await settings(grace))["lock"] == "approval"


async def test_saved_says_saved_once(grace: Browser) -> None:
    _, saved = await grace.sends("/settings", title="Tea")
    _, again = await grace.sends("/settings", title="Tea")

    assert '<p class="done" role="status" tabindex="-1" autofocus>Saved.</p>' in saved
    assert "Nothing was changed." in again
    assert 'class="done"' not in await grace.page()


async def test_keeping_less_says_how_much_goes_and_asks(grace: Browser) -> None:
    for number in range(12):
        await grace.client.post(grace.room, form={"text": str(number), "key": str(number)}, headers=PAGE)

    status, asked = await grace.sends("/settings", keep_events="5", keep_days="")

    assert status == 200
    assert "This removes 7 messages for everyone, now." in asked
    assert f'href="{grace.room}.jsonl"' in asked
    assert (await settings(grace))["keep_events"] is None, "a question changes nothing"
    status, shown = await grace.agrees("/settings", asked)
    assert status == 303
    assert "Saved. 7 messages were removed." in shown
    assert (await settings(grace))["keep_events"] == 5


async def test_keeping_more_than_there_is_asks_nothing(grace: Browser) -> None:
    status, shown = await grace.sends("/settings", keep_events="500", keep_days="7")

    assert status == 303
    assert "Saved." in shown


async def test_a_new_code_is_asked_for_and_the_owner_lands_in_its_settings(grace: Browser) -> None:
    status, asked = await grace.sends("/code")
    assert status == 200
    assert "stop working" in asked
    old = grace.room

    status, shown = await grace.agrees("/code", asked)

    new = re.search(r"The room&#39;s code is ([A-Z]+) now\. " + old[1:], shown)
    assert status == 303
    assert new
    grace.room = f"/{new[1]}"
    assert 'id="composer"' in await grace.page("")


async def test_closing_says_how_much_goes_and_afterwards_that_it_was_done(grace: Browser) -> None:
    await grace.client.post(grace.room, form={"text": "tea?", "key": "1"}, headers=PAGE)

    asked = await grace.page("/close")
    status, shown = await grace.sends("/close")

    assert "This takes 1 message away from everyone." in asked
    assert status == 303
    assert f"{grace.room[1:]} is closed." in shown


@pytest.mark.parametrize("network", ["1", "0"])
async def test_a_ban_asks_whether_the_network_is_kept_out_too(grace: Browser, app: Quart, network: str) -> None:
    guest: Any = app.test_client(use_cookies=False)
    ada = await (await guest.post(f"{grace.room}/join", json={"name": "Ada"}, headers=CURL)).get_json()

    status, asked = await grace.sends("/bans", **{"member": ada["member"], "for": "1h"})

    assert status == 200
    assert "may keep out others on the same network" in asked
    assert "Ada came from the same network as you." in asked
    assert (await grace.knows(f"/people/{ada['member']}"))["seated"], "a question ends nothing"
    status, shown = await grace.agrees("/bans", asked, network=network)
    assert status == 303
    assert re.search(r"Ada is banned until 20\d\d-\d\d-\d\d \d\d:\d\d UTC\.", shown)
    newcomer = await guest.post(f"{grace.room}/join", json={"name": "Mallory"}, headers=CURL)
    named = await guest.post(f"{grace.room}/join", json={"name": "Ada"}, headers=CURL)
    assert newcomer.status_code == (403 if network == "1" else 201)
    assert named.status_code == 403


@pytest.mark.parametrize(("kind", "name"), [("read", "Read only"), ("post", "Can post"), ("join", "Can join")])
async def test_a_new_link_is_at_the_top_with_the_focus_and_once(grace: Browser, kind: str, name: str) -> None:
    status, shown = await grace.sends("/links", kind=kind)

    assert status == 303
    assert f"Your new “{name}” link" in shown
    assert shown.index('id="new-link"') < shown.index('id="rules"')
    assert "autofocus" in shown[shown.index('id="new-link"') :].partition(">")[0]
    assert "ccl_" in shown
    again = await grace.page()
    assert "ccl_" not in again
    assert [link["kind"] for link in (await grace.knows("/links"))["links"]] == [kind], "a reload makes no other"
    assert f"<li>{name}, made by" in again


async def test_programs_are_not_asked(app: Quart) -> None:
    client: Any = app.test_client(use_cookies=False)
    room = await (await client.post("/rooms", json={"name": "Grace"}, headers=CURL)).get_json()
    headers = CURL | {"Authorization": f"Bearer {room['token']}"}
    for number in range(5):
        await client.post(f"/{room['code']}", data=str(number), headers=CURL)

    kept = await client.post(f"/{room['code']}/settings", form={"keep_events": "2"}, headers=headers)
    moved = await client.post(f"/{room['code']}/code", headers=headers)

    assert (await kept.get_json())["keep_events"] == 2
    assert moved.status_code == 201


async def test_owners_say_for_how_long_messages_can_be_edited(grace: Browser) -> None:
    assert "0 turns it off. Empty: as this server does, 24." in await grace.page()
    assert '<button type="button" role="menuitem" value="edit"' in await grace.page("")

    await grace.sends("/settings", edits="never")

    assert (await settings(grace))["edits"] == 0
    assert 'type="number" min="0" max="876000" value="0"' in await grace.page()
    assert "turned off the editing of messages" in await grace.page("")
    assert 'value="edit"' not in await grace.page("")
    status, page = await grace.sends("/settings", edits="a while")
    assert status == 422
    assert 'id="edits-error"' in page
    assert "edits is a whole number of hours from 0 (never) to 876000, or empty." in page


async def test_a_terminal_reads_settings_in_the_words_in_which_they_are_sent(app: Quart) -> None:
    client = app.test_client()
    room = await (await client.post("/rooms", json={"name": "Grace"}, headers={"Accept": "*/*"})).get_json()
    owner = {"Accept": "*/*", "Authorization": f"Bearer {room['token']}"}
    for word in ("off", "on"):
        await client.patch(f"/{room['code']}/settings", form={"read_only": word}, headers=owner)
        shown = await (await client.get(f"/{room['code']}/settings", headers=owner)).get_data(as_text=True)

        assert f"\nread_only: {word}\n" in shown
        assert "\nkeep_days: \n" in shown
    headers = owner | {"Accept": "application/json"}
    assert (await (await client.patch(f"/{room['code']}/settings", json={"edits": "12"}, headers=headers)).get_json())[
        "edits"
    ] == 12
    shown = await (await client.get(f"/{room['code']}/settings", headers=owner)).get_data(as_text=True)
    assert shown.endswith("\nedits: 12\ntyping: on\nfiles: on\n")
