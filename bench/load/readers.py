"""Readers: streams whose every message is found by its mark and checked against the ledger."""

from __future__ import annotations

from typing import Final

from .connection import Connection
from .ledger import Ledger, Room
from .loop import Loop
from .marks import LENGTH, NUMBERS, NUMBERS_AND_TIMES, now
from .plan import Plan, Void
from .websocket import PING, PONG, frame, upgrade

SAMPLE: Final = 20  # one reader in so many measures latency; all are checked for count and order
_BUFFER: Final = bytearray(1 << 20)  # shared: a reader is done with it before the next one reads
_VIEW: Final = memoryview(_BUFFER)


class Reader(Connection):
    """A reader of server-sent events. `place` is where it stands in the room's log."""

    __slots__ = ("cursor", "greeting", "ledger", "listening", "place", "raw", "room", "tail", "target")

    def __init__(self, loop: Loop, plan: Plan, number: int, ledger: Ledger, room: int) -> None:
        super().__init__(loop, plan, number)
        self.ledger = ledger
        self.room: Room = ledger.rooms[room]
        self.target = plan.reads[room]
        self.place = 0
        self.cursor = ""  # sent as Last-Event-ID
        self.raw: bytearray | None = None  # keeps all that came, where somebody set it
        self.listening = False
        self.greeting = b""
        self.tail = b""

    def connected(self) -> None:
        """Ask for the stream."""
        lines = [f"GET {self.target} HTTP/1.1", f"Host: {self.plan.host}", "Accept: text/event-stream"]
        lines += [f"{name}: {value}" for name, value in self.plan.headers.items()]
        lines += [f"Last-Event-ID: {self.cursor}"] if self.cursor else []
        self.send("\r\n".join([*lines, "", ""]).encode())

    def readable(self) -> None:
        """Read what there is and take its marks. This is the hot path of the generator."""
        tail = self.tail
        if tail:
            _BUFFER[: len(tail)] = tail
        try:
            end = len(tail) + self.socket.recv_into(_VIEW[len(tail) :])
        except BlockingIOError:
            return
        except OSError as error:
            raise Void(f"a reader was disconnected: {error.strerror}") from error
        if end == len(tail):
            raise Void("the server ended a reader's stream")
        if self.raw is not None:
            self.raw += _BUFFER[len(tail) : end]
        if self.listening:
            self.take(end)
            return
        self.greeting += _BUFFER[:end]
        rest = self.greet(self.greeting)
        if rest is not None:
            self.listening, self.greeting = True, b""
            _BUFFER[: len(rest)] = rest
            self.take(len(rest))

    def greet(self, greeting: bytes) -> bytes | None:
        """What follows the head of the answer; None while it is incomplete."""
        head, found, rest = greeting.partition(b"\r\n\r\n")
        if not found:
            return None
        if not head.startswith(b"HTTP/1.1 200 "):
            raise Void(f"a stream was refused: {head.splitlines()[0].decode(errors='replace')}")
        return rest

    def take(self, end: int) -> None:
        """Check the marks in the first `end` bytes of the buffer; keep one that is cut off for the next time."""
        cut = _BUFFER.rfind(b"^", max(0, end - LENGTH + 1), end)
        if cut >= 0:
            self.tail = bytes(_BUFFER[cut:end])
            end = cut
        elif self.tail:
            self.tail = b""
        numbers = NUMBERS.findall(_BUFFER, 0, end) if self.number % SAMPLE else self._timed(end)
        if numbers:
            self.ledger.delivered += len(numbers)
            self.place = self.room.take(self.place, numbers)

    def _timed(self, end: int) -> list[bytes]:
        arrived = now()
        pairs = NUMBERS_AND_TIMES.findall(_BUFFER, 0, end)
        self.ledger.latencies.extend([arrived - int(sent) for _, sent in pairs])
        return [number for number, _ in pairs]


class SocketIoReader(Reader):
    """A reader of socket.io over its WebSocket transport. The room is in the query of the address."""

    __slots__ = ("stage",)

    def connected(self) -> None:
        """Ask for the WebSocket."""
        self.stage = 0
        self.send(upgrade(self.target, self.plan.host))

    def greet(self, greeting: bytes) -> bytes | None:
        """101, then engine.io's open packet, which we answer by connecting to the namespace, then its welcome."""
        if self.stage == 0 and b'0{"sid"' in greeting:
            if not greeting.startswith(b"HTTP/1.1 101 "):
                raise Void(f"a stream was refused: {greeting.splitlines()[0].decode(errors='replace')}")
            self.stage = 1
            self.send(frame(b"40"))
        _, found, rest = greeting.partition(b"40{")
        return rest if found else None

    def take(self, end: int) -> None:
        """As Reader.take; and a ping is answered, or the server would drop us."""
        if end < 64 and PING in _BUFFER[:end]:
            self.send(PONG)
        super().take(end)
