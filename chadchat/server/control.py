"""Control: how an operator's command asks the running server that holds the data folder.

A socket in that folder which only its owner may open. A request is one line of JSON,
`{"command": ..., "room": ...}`, perhaps with a `name`, and so is the answer, or `{"error": sentence}`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from ..refusal import ChatError, DataError

logger = logging.getLogger(__name__)

FILE: Final = "chadchat.sock"
PATIENCE: Final = 5.0  # seconds for a line, and for its answer
_LONGEST: Final = 4096  # bytes of a line
_LONGEST_PATH: Final = 100  # bytes; the kernel takes 107 of them, macOS 103

Command = Callable[..., Awaitable[Mapping[str, Any]]]


class Control:
    """Answers commands, each with the code of a room and perhaps a name, until it is closed. Only the holder of the
    folder's lock may open one.
    """

    def __init__(self, folder: Path, commands: Mapping[str, Command]) -> None:
        self._folder = folder
        self._commands = commands
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen. Where the system refuses that, commands that need it say so, and everything else works."""
        try:
            self._server = await asyncio.start_unix_server(self._answer, sock=_listen(self._folder), limit=_LONGEST)
        except OSError as error:
            logger.warning("operators' commands cannot reach this server: %s", error.strerror)

    async def close(self) -> None:
        """Take no more commands."""
        if self._server:
            self._server.close()
            (self._folder / FILE).unlink(missing_ok=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), contextlib.suppress(OSError, ValueError):  # a peer that has gone, or a line too long
            async with asyncio.timeout(PATIENCE):
                answer = await self._carry_out(await reader.readline())
                writer.write(f"{json.dumps(answer)}\n".encode())
                await writer.drain()

    async def _carry_out(self, line: bytes) -> Mapping[str, Any]:
        try:
            asked = json.loads(line)
            command = self._commands[asked["command"]]
            given = [str(asked[part]) for part in ("room", "name") if part in asked]
        except (ValueError, LookupError, TypeError, RecursionError):
            return {"error": "The server does not know this command. Is it of another version?"}
        try:
            return await command(*given)
        except ChatError as refusal:
            return {"error": refusal.sentence}
        except Exception:
            logger.exception("an operator's command failed")
            return {"error": "The command failed. The server's log says where."}


def ask(folder: Path, command: str, room: str, **more: str) -> dict[str, Any] | None:
    """The answer of the server that holds this folder; None where none listens. Raises DataError with its refusal."""
    with closing(socket.socket(socket.AF_UNIX)) as client:
        client.settimeout(2 * PATIENCE)
        try:
            with _address(folder) as address:
                client.connect(address)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except OSError as error:
            raise DataError(f"The server at {folder} cannot be reached: {error.strerror or error}.") from error
        try:
            client.sendall(f"{json.dumps({'command': command, 'room': room, **more})}\n".encode())
            with client.makefile("rb") as answers:
                answer = json.loads(answers.readline(_LONGEST))
        except (OSError, ValueError) as error:
            raise DataError(f"The server at {folder} did not answer. Try again.") from error
    if "error" in answer:
        raise DataError(str(answer["error"]))
    return dict(answer)


def _listen(folder: Path) -> socket.socket:
    """A socket that nobody but this user may open, in place of one that a server left behind when it was killed."""
    (folder / FILE).unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        with _address(folder) as address:
            listening.bind(address)
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(mask)
    return listening


@contextmanager
def _address(folder: Path) -> Iterator[str]:
    """The socket's path; by way of an open folder where it is longer than a socket's may be."""
    path = str(folder / FILE)
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        yield path
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{FILE}"
    finally:
        os.close(descriptor)
