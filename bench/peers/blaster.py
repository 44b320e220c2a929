"""The blaster: what a generator is measured against. It writes prepared frames to whoever asked for a stream.

A POST names a number of messages; they go out in pieces of 64 frames as long as chadchat's HTML, each piece made once
and written to every reader. No HTTP beyond the heads, no chat. The first argument is a mistake to make with the last
reader (bench/prove.py), or `none`; the second the port.
"""

from __future__ import annotations

import select
import socket
import sys
import time
from typing import Final

PIECE: Final = 64
_BEFORE: Final = b"id: abcd-%09d\ndata: " + b"x" * 300
_AFTER: Final = b"y" * 90 + b"\n\n"
_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def frames(first: int, end: int) -> list[bytes]:
    """The frames of messages `first` to `end`."""
    sent = time.monotonic_ns() // 1000
    return [b"%b^%09d-%016d$%b" % (_BEFORE % number, number, sent, _AFTER) for number in range(first, end)]


def chunk(frames: list[bytes]) -> bytes:
    """Frames as one chunk of HTTP."""
    joined = b"".join(frames)
    return b"%x\r\n%b\r\n" % (len(joined), joined)


def spoil(frames: list[bytes], fault: str) -> list[bytes]:
    """The frames with one mistake."""
    one, two = frames[5:6], frames[6:7]
    middle = {"lose": two, "repeat": one + one + two, "swap": two + one}.get(fault, one + two)
    return frames[:5] + middle + frames[7:]


def blast(readers: list[socket.socket], messages: int, fault: str) -> None:
    """Write all messages to all readers, waiting for whoever is slow."""
    *others, last = readers
    for first in range(0, messages, PIECE):
        made = frames(first, min(first + PIECE, messages))
        data = chunk(made)
        for reader in others:
            reader.sendall(data)
        last.sendall(chunk(spoil(made, fault)))
        if fault == "cut":
            last.shutdown(socket.SHUT_WR)
            return


def serve(listening: socket.socket, fault: str) -> None:
    """Take requests for ever; a GET is a reader."""
    clients: dict[int, socket.socket] = {}
    readers: list[socket.socket] = []
    epoll = select.epoll()
    epoll.register(listening.fileno(), select.EPOLLIN)
    while True:
        for fd, _ in epoll.poll():
            if fd == listening.fileno():
                client = listening.accept()[0]
                clients[client.fileno()] = client
                epoll.register(client.fileno(), select.EPOLLIN)
                continue
            request = clients[fd].recv(65536)
            if not request:
                clients.pop(fd).close()
            elif request.startswith(b"GET"):
                clients[fd].sendall(_HEAD)
                readers.append(clients[fd])
            else:
                blast(readers, int(request.rpartition(b"\r\n\r\n")[2]), fault)


if __name__ == "__main__":
    serve(socket.create_server(("127.0.0.1", int(sys.argv[2])), backlog=4096), sys.argv[1])
