"""Two people and a program do two hundred things to one conversation while one of them loses the network twice: each
page shows what it would show after a reload, and what the log has for a program.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest

from .people import Person, Room
from .proxy import Proxy

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ACTS: Final = 200
CUT: Final = frozenset({40, 110})  # the acts before which Ada's network is lost
BACK: Final = frozenset({75, 150})  # and comes back
EMOJI: Final = ("👍", "❤️", "🎉", "👀")
SEEN: Final = """
lines => lines.map(line => ({
  seq: Number(line.id.slice(2)),
  kind: line.dataset.kind,
  text: line.querySelector('.text')?.textContent.trim() ?? '',
  edited: line.querySelector('.edited') !== null,
  answer: line.querySelector('.asked .answer')?.textContent ?? '',
  to: Number(line.querySelector('a.answers')?.dataset.to ?? 0),
  reactions: Object.fromEntries([...line.querySelectorAll('.reactions button')].map(
    button => [button.value, button.dataset.by])),
}))
"""
CALL: Final = """
async ([method, path, body]) => {
  const headers = {Accept: 'application/json', ...(body && {'Content-Type': 'application/json'})};
  const answer = await fetch(path, {method, headers, body: body && JSON.stringify(body)});
  return [answer.status, await answer.json()];
}
"""

Seen = dict[str, Any]
Call = Callable[[str, str, dict[str, Any] | None], Awaitable[tuple[int, dict[str, Any]]]]


async def lines(person: Person) -> list[Seen]:
    """What a page shows of each message, in its order."""
    shown: list[Seen] = await person.page.locator(
        "#log > [data-kind=message], #log > [data-kind=removed]"
    ).evaluate_all(SEEN)
    return shown


def logged(room: Room) -> list[Seen]:
    """The same, from the log as a program gets it."""
    answer = httpx.get(f"{room['url']}/json", params={"since": "all", "poll": "1"})
    events = [json.loads(line) for line in answer.text.split("\n")[:-1]]
    return [
        {
            "seq": event["seq"],
            "kind": "removed" if "removed_by" in event else "message",
            "text": event["text"] or "",
            "edited": "edited_at" in event,
            "answer": answer_of(event),
            "to": event.get("reply_to", 0),
            "reactions": {emoji: " ".join(by) for emoji, by in event.get("reactions", {}).items()},
        }
        for event in events
        if event["kind"] == "message"
    ]


def answer_of(event: dict[str, Any]) -> str:
    """How the page shows the answer of a question."""
    answer = event.get("answer")
    if not answer:
        return ""
    return f"{answer['name']}: {answer['text']}" if answer["text"] else f"{answer['name']} answered, and it was removed"


class Player:
    """Somebody who acts: a person in their page, or a program. `own` are the numbers of their messages, `asked` the
    askers of everybody's open questions, and `fixed` the questions and answers, whose words stay.
    """

    def __init__(self, name: str, call: Call, asked: dict[int, str], fixed: set[int]) -> None:
        self.name = name
        self.own: list[int] = []
        self._asked, self._fixed = asked, fixed
        self._call = call

    async def act(self, random: Random, number: int, said: list[int]) -> None:
        """One thing to one message. `said` are the messages that are there, the newest last."""
        acts = {"say": 4, "edit": 2, "react": 3, "reply": 2, "remove": 1, "ask": 1, "answer": 2}
        [what] = random.choices(list(acts), list(acts.values()))
        target, mine = (random.choice(some[-20:]) if some else 0 for some in (said, self.own))
        asked = [seq for seq, asker in self._asked.items() if asker != self.name]
        if what == "ask":
            self._asked[await self._say("?choices=yes,no", f"{self.name} asks, {number}", said)] = self.name
        elif what == "answer" and asked:
            self._fixed |= {asked[0], await self._say(f"/{asked[0]}/answer", random.choice(("yes", "NO")), said)}
            del self._asked[asked[0]]
        elif what == "edit" and mine and mine not in self._fixed:
            await self._do("PATCH", f"/{mine}", {"text": f"{self.name} has other words, {number}"}, 200)
        elif what == "react" and target:
            emoji = quote(random.choice(EMOJI))
            await self._do(random.choice(("PUT", "PUT", "DELETE")), f"/{target}/reactions/{emoji}", None, 200)
        elif what == "reply" and target:
            await self._say(f"/{target}", f"{self.name} replies, {number}", said)
        elif what == "remove" and mine:
            await self._do("DELETE", f"/{mine}", None, 200)
            self.own.remove(mine)
            said.remove(mine)
            self._asked.pop(mine, None)
        else:
            await self._say("", f"{self.name} says, {number}", said)

    async def _say(self, path: str, text: str, said: list[int]) -> int:
        seq: int = (await self._do("POST", path, {"text": text}, 201))["seq"]
        self.own.append(seq)
        said.append(seq)
        return seq

    async def _do(self, method: str, path: str, body: dict[str, Any] | None, expected: int) -> dict[str, Any]:
        status, answer = await self._call(method, path, body)
        assert status == expected, answer
        return answer


def in_page(person: Person, room: Room) -> Call:
    """A person acts with what their page can send."""

    async def call(method: str, path: str, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        status, answer = await person.page.evaluate(CALL, [method, f"/{room['code']}{path}", body])
        return status, answer

    return call


def by_program(client: httpx.AsyncClient, room: Room) -> Call:
    async def call(method: str, path: str, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        answer = await client.request(method, f"{room['url']}{path}", json=body)
        return answer.status_code, answer.json()

    return call


async def test_after_two_hundred_acts_each_page_shows_what_the_log_has(
    ada: Person, grace: Person, room: Room, proxy: Proxy
) -> None:
    random = Random(18)  # noqa: S311
    await grace.sit(room)
    await ada.join(f"{proxy.url}/{room['code']}")
    said: list[int] = []
    async with httpx.AsyncClient(headers={"Accept": "application/json"}) as client:
        seat = (await client.post(f"{room['url']}/join", json={"name": "ci"})).json()
        client.headers["Authorization"] = f"Bearer {seat['token']}"
        questions: tuple[dict[int, str], set[int]] = {}, set()
        program = Player("ci", by_program(client, room), *questions)
        here = Player("Grace", in_page(grace, room), *questions)
        away = Player("Ada", in_page(ada, room), *questions)
        opened, lost = 1, False
        for number in range(ACTS):
            if number in CUT:
                ada.expects()
                proxy.refuses, lost = True, True
                proxy.cut()
            if number in BACK:
                proxy.refuses, lost = False, False
                opened += 1
                await ada.comes_back(opened)
            await random.choice([here, program] if lost else [here, away, program]).act(random, number, said)
    there = logged(room)
    for person in (ada, grace):
        await person.reaches(there[-1]["seq"])
        streamed = await lines(person)
        await person.page.reload()
        await person.hears("open")
        reloaded = await lines(person)
        assert len(reloaded) >= 40
        assert any(line["answer"] for line in reloaded)
        assert streamed[-len(reloaded) :] == reloaded
        assert reloaded == there[-len(reloaded) :]
