"""The numbers of messages in a terminal, by which they are edited, removed and answered."""

from __future__ import annotations

import re

from quart.testing import QuartClient

from .test_posting import CURL, posted, refusal


async def text(client: QuartClient, path: str) -> str:
    answer = await client.get(path, headers=CURL)
    assert answer.status_code == 200
    return re.sub(r"\d\d:\d\d", "12:00", await answer.get_data(as_text=True))


async def test_each_line_has_its_number_if_it_is_asked_for(client: QuartClient, code: str) -> None:
    for said in ("tea?", "two\nlines"):
        await posted(client, code, data=said, headers=CURL)

    lines = ["12:00 anonymous (not joined): tea?", "12:00 anonymous (not joined): two\n      lines"]
    assert (await text(client, f"/{code}")).endswith("\n" + "\n".join(lines) + "\n")
    for path in (f"/{code}?numbers=1", f"/{code}/raw?poll=1&numbers=1"):
        assert (await text(client, path)).endswith(f"\n3  {lines[0]}\n4  {lines[1]}\n")
    assert (await text(client, f"/{code}/raw?poll=1&numbers=0")).endswith("\n" + "\n".join(lines) + "\n")


async def test_a_changed_line_has_the_number_of_its_message(client: QuartClient, code: str) -> None:
    joined = await (await client.post(f"/{code}/join", json={"name": "Ada"}, headers=CURL)).get_json()
    bearer = CURL | {"Authorization": f"Bearer {joined['token']}"}
    seq = (await posted(client, code, data="tea?", headers=bearer))["seq"]
    await client.patch(f"/{code}/{seq}", data="tea at five?", headers=bearer)

    last = (await text(client, f"/{code}/raw?poll=1&numbers=1")).splitlines()[-1]
    assert last == f"{seq}  12:00 * Ada edited 12:00: tea at five?"


async def test_a_text_that_only_colours_a_terminal_is_empty(client: QuartClient, code: str) -> None:
    assert await refusal(client, code, data="\x1b[31m \x1b[0m\x1b[K", headers=CURL) == (422, "text_required")
    coloured = "\x1b[31mred\x1b[0m"
    assert (await posted(client, code, data=coloured, headers=CURL))["text"] == coloured
    assert (await text(client, f"/{code}")).endswith(": red\n")
