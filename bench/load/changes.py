"""Changes: edits and reactions instead of messages. Their frames carry no mark of ours, so readers count cursors."""

from __future__ import annotations

import http.client
import json
import re
from typing import Any, Final

from .ledger import Ledger
from .loop import Loop
from .plan import Plan, Void
from .posters import Poster
from .readers import _BUFFER, Reader

MESSAGES: Final = 50  # that are changed in turn: one can be edited 50 times
_CURSORS: Final = re.compile(rb"id: [a-z0-9]{4}-(\d+)\ndata: ")
_LONGEST: Final = 40  # bytes of what _CURSORS matches
_FORM: Final = "application/x-www-form-urlencoded"


class Target:
    """The room's messages that are changed, the token that may, and the seq before the first change."""

    def __init__(self, plan: Plan) -> None:
        self._connection = http.client.HTTPConnection(plan.host, plan.port, timeout=plan.patience)
        self._room = plan.posts[0]
        self.token = ""
        self.token = self._ask("POST", "/join", {"name": "Grace"})["token"]
        self.seqs = [self._ask("POST", "", {"text": f"cup {number}"})["seq"] for number in range(MESSAGES)]
        for seq in self.seqs:  # two that stay, as on a message that people like
            for emoji in ("🎉", "👀"):
                self._ask("POST", f"/{seq}/reactions", {"emoji": emoji})
        self.head = int(self._ask("GET", "", None)["cursor"].rpartition("-")[2])
        self._connection.close()

    def _ask(self, method: str, path: str, body: dict[str, str] | None) -> Any:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self._connection.request(method, f"{self._room}{path}", json.dumps(body) if body else None, headers)
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status >= 300:
            raise Void(f"{method} {path} was refused: {said[:200].decode(errors='replace')}")
        return json.loads(said)


class ChangeReader(Reader):
    """A reader that finds events by their cursors."""

    __slots__ = ("head",)

    def __init__(self, loop: Loop, plan: Plan, number: int, ledger: Ledger, target: Target) -> None:
        super().__init__(loop, plan, number, ledger, 0)
        self.head = target.head

    def take(self, end: int) -> None:
        """Check the cursors in the first `end` bytes of the buffer; keep one that may be cut off for the next time."""
        last, cut = 0, max(0, end - _LONGEST)
        numbers = []
        for found in _CURSORS.finditer(_BUFFER, 0, end):
            numbers.append(b"%09d" % (int(found[1]) - self.head - 1))
            last = found.end()
        self.tail = bytes(_BUFFER[max(last, cut) : end])
        if numbers:
            self.ledger.delivered += len(numbers)
            self.place = self.room.take(self.place, numbers)


class ChangePoster(Poster):
    """Posts, edits or reacts, as the plan says."""

    __slots__ = ("target",)

    def __init__(self, loop: Loop, plan: Plan, number: int, ledger: Ledger, target: Target) -> None:
        super().__init__(loop, plan, number, ledger)
        self.target = target

    def request(self, target: str, text: bytes) -> bytes:
        """The bytes of the next change."""
        seq = self.target.seqs[self.sent % MESSAGES]
        method, path, media = {
            "message": ("POST", target, "text/plain"),
            "edit": ("PATCH", f"{target}/{seq}", "text/plain"),
            "reaction": ("POST", f"{target}/{seq}/reactions", _FORM),
        }[self.plan.change]
        sent = "emoji=👍".encode() if self.plan.change == "reaction" else text
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.plan.host}\r\nContent-Type: {media}\r\n"
        head += f"Authorization: Bearer {self.target.token}\r\nContent-Length: {len(sent)}\r\n\r\n"
        return head.encode() + sent


def people(loop: Loop, plan: Plan, ledger: Ledger) -> tuple[list[Reader], list[Poster]]:
    """The readers and posters of a run with changes."""
    target = Target(plan)
    readers: list[Reader] = [ChangeReader(loop, plan, number, ledger, target) for number in range(plan.readers)]
    return readers, [ChangePoster(loop, plan, number, ledger, target) for number in range(plan.posters)]
