"""Posters: keep-alive connections with one message under way at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final

from .connection import Connection
from .ledger import Ledger
from .loop import Loop
from .marks import body
from .plan import Plan, Void
from .websocket import PING, PONG, frame, upgrade

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ACK: Final = re.compile(rb"43(\d+)\[")


class Poster(Connection):
    """Posts over HTTP. `answered` is called when the server has taken a message."""

    __slots__ = ("answered", "busy", "inbox", "ledger", "ready_to_post", "sent")

    def __init__(self, loop: Loop, plan: Plan, number: int, ledger: Ledger) -> None:
        super().__init__(loop, plan, number)
        self.ledger = ledger
        self.inbox = b""
        self.busy = False
        self.ready_to_post = False
        self.sent = 0
        self.answered: Callable[[Poster], None] = lambda poster: None

    def connected(self) -> None:
        """Nothing to say before the first message."""
        self.ready_to_post = True

    def post(self, room: int = 0) -> None:
        """Send a message to a room. Not while busy."""
        self.busy = True
        self.sent += 1
        number = self.ledger.post(self.ledger.rooms[room], self.number)
        self.send(self.request(self.plan.posts[room], body(number, self.plan.size)))

    def request(self, target: str, text: bytes) -> bytes:
        """The bytes that post a text."""
        head = f"POST {target} HTTP/1.1\r\nHost: {self.plan.host}\r\nContent-Type: text/plain\r\n"
        return f"{head}Content-Length: {len(text)}\r\n\r\n".encode() + text

    def readable(self) -> None:
        """Read answers."""
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError as error:
            raise Void(f"a poster was disconnected: {error.strerror}") from error
        if not data:
            if self.busy:
                raise Void("the server closed a connection instead of answering a post")
            self._reopen()
            return
        self.inbox += data
        self.read_answer()

    def read_answer(self) -> None:
        """See whether the inbox holds a whole answer. Raises Void for a refusal."""
        head, found, rest = self.inbox.partition(b"\r\n\r\n")
        if not found:
            return
        if not head.startswith(b"HTTP/1.1 2"):
            raise Void(f"a post was refused: {head.splitlines()[0].decode(errors='replace')}")
        length = _LENGTH.search(head)
        if len(rest) < (int(length[1]) if length else 0):
            return
        self.inbox = b""
        if b"connection: close" in head.lower():  # servers end a connection after so many requests
            self._reopen()
        self.done()

    def done(self) -> None:
        """The server has taken the message."""
        self.busy = False
        self.answered(self)

    def _reopen(self) -> None:
        self.close()
        self.open()


class SocketIoPoster(Poster):
    """Posts by emitting `message` with an acknowledgement."""

    __slots__ = ()

    def connected(self) -> None:
        """Ask for the WebSocket."""
        self.send(upgrade(self.plan.posts[0], self.plan.host))

    def request(self, target: str, text: bytes) -> bytes:
        """The packet that emits a text."""
        room = target.rpartition("room=")[2]
        data = json.dumps(["message", {"room": room, "data": text.decode()}], separators=(",", ":"))
        return frame(f"42{self.sent}{data}".encode())

    def read_answer(self) -> None:
        """The greeting first (see SocketIoReader), then acknowledgements."""
        if PING in self.inbox:
            self.send(PONG)
        if not self.ready_to_post:
            self._greet()
        elif (ack := _ACK.search(self.inbox)) and int(ack[1]) == self.sent:
            self.inbox = b""
            self.done()

    def _greet(self) -> None:
        if b"40{" in self.inbox:
            self.ready_to_post, self.inbox = True, b""
        elif b'0{"sid"' in self.inbox:
            self.inbox = b""
            self.send(frame(b"40"))
