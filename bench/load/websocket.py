"""The few bytes of WebSocket and engine.io that a socket.io client needs (RFC 6455, engine.io protocol 4)."""

from __future__ import annotations

from typing import Final

PING: Final = b"\x81\x012"  # a text frame "2": engine.io's ping


def upgrade(target: str, host: str) -> bytes:
    """The request that opens a WebSocket."""
    lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""]
    return "\r\n".join(lines).encode()


def frame(text: bytes) -> bytes:
    """A text frame of a client. The mask is zero, so that the payload stands as it is."""
    size = len(text)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return b"\x81" + length + b"\0\0\0\0" + text


PONG: Final = frame(b"3")
