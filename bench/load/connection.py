"""A TCP connection that never blocks."""

from __future__ import annotations

import contextlib
import errno
import socket
from select import EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT
from typing import Final

from .loop import Loop
from .plan import Plan, Void

CONNECTIONS_A_SOURCE: Final = 5000  # then the next address of 127.0.0.0/8: one has fewer than 30,000 ports
IP_BIND_ADDRESS_NO_PORT: Final = 24  # linux/in.h; lets connect() choose the port by the whole four-tuple


class Connection:
    """`number` picks the source address. Subclasses say what to send first, and what to do with what arrives."""

    __slots__ = ("loop", "number", "opened", "outbox", "plan", "socket")

    def __init__(self, loop: Loop, plan: Plan, number: int) -> None:
        self.loop = loop
        self.plan = plan
        self.number = number
        self.opened = False
        self.outbox = b""

    def open(self, receive_buffer: int = 0) -> None:
        """Start to connect; `receive_buffer` bounds what the kernel takes for us, in bytes."""
        self.opened = False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if self.plan.host == "127.0.0.1":
            self.socket.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            self.socket.bind((f"127.0.0.{2 + self.number // CONNECTIONS_A_SOURCE}", 0))
        status = self.socket.connect_ex((self.plan.host, self.plan.port))
        if status not in (0, errno.EINPROGRESS):
            raise Void(f"cannot connect: {errno.errorcode.get(status, status)}")
        self.loop.add(self.socket.fileno(), self, EPOLLIN | EPOLLOUT)

    def close(self) -> None:
        """Let go of the socket."""
        with contextlib.suppress(KeyError, OSError):
            self.loop.remove(self.socket.fileno())
        self.socket.close()

    def ready(self, events: int) -> None:
        """See Handler."""
        if events & EPOLLOUT:
            self._writable()
        if events & (EPOLLIN | EPOLLHUP | EPOLLERR):
            self.readable()

    def send(self, data: bytes) -> None:
        """Send now what the kernel takes, and the rest when it takes more."""
        self.outbox += data
        if self.opened:
            self._flush()

    def connected(self) -> None:
        """The first thing to say."""

    def readable(self) -> None:
        """Something arrived, or the end."""

    def _writable(self) -> None:
        if not self.opened:
            if status := self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise Void(f"cannot connect: {errno.errorcode.get(status, status)}")
            self.opened = True
            self.connected()
        self._flush()
        if not self.outbox:
            self.loop.epoll.modify(self.socket.fileno(), EPOLLIN)

    def _flush(self) -> None:
        try:
            sent = self.socket.send(self.outbox)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise Void(f"the server closed a connection: {error.strerror}") from error
        self.outbox = self.outbox[sent:]
        if self.outbox:
            self.loop.epoll.modify(self.socket.fileno(), EPOLLIN | EPOLLOUT)
