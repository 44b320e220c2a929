"""Worker: what runs in the process that re-encodes pictures. It imports Pillow once, and forks for each picture.

The process that was forked decodes one picture and ends, so that what a picture does to it is gone with it. A crash
ends the worker as well; the server starts another one. Nothing but the socket at descriptor 0 leads out of it.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import signal
import socket
import sys
import warnings
from typing import Any, NoReturn

from PIL import AvifImagePlugin, Image

from . import animation, still
from .limits import Limits, confine, yield_to_the_server
from .wire import BROKEN, LARGE, LONG, Ended, parts, receive, send

_HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # the server's, which ends the worker by closing the socket


def main() -> None:
    """Answer requests until the server closes the socket."""
    limits = Limits(**json.loads(sys.argv[1]))
    for name in _HANDLED:
        signal.signal(name, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = limits.pixels
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    still.get_ready()
    yield_to_the_server()
    with socket.socket(fileno=0) as link, contextlib.suppress(Ended):
        send(link, {"ready": True})
        while True:
            request = receive(link)
            forked = os.fork()
            if not forked:
                _work(link, request, limits)
            if os.waitpid(forked, 0)[1]:
                return


def _work(link: socket.socket, request: dict[str, Any], limits: Limits) -> NoReturn:
    """Answer one request, and end: with 0 if the answer is complete."""
    status = 1
    try:
        confine(limits)
        uploaded = b"".join(parts(link, request["bytes"]))
        _end_with_the_server(link)
        said, files = answer(uploaded, request["format"], request["sizes"], limits)
        fcntl.fcntl(link, fcntl.F_SETFL, 0)
        send(link, said)
        for file in files:
            link.sendall(file)
        status = 0
    finally:
        os._exit(status)


def _end_with_the_server(link: socket.socket) -> None:
    """Have the kernel end this process when the server's end of the socket is closed. The server sends nothing while it
    waits for the answer, so that nothing else brings the signal.
    """
    fcntl.fcntl(link, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(link, fcntl.F_SETFL, os.O_ASYNC)


def answer(uploaded: bytes, kind: str, sizes: list[int], limits: Limits) -> tuple[dict[str, Any], list[bytes]]:
    """The answer to a request, and the files that follow it."""
    try:
        with Image.open(io.BytesIO(uploaded), formats=[kind]) as picture:
            if picture.width * picture.height > limits.pixels:
                return {"refused": LARGE}, []
            if animation.moves(picture):
                made = animation.reencode(picture, sizes, limits)
            else:
                made = still.reencode(picture, sizes)
    except animation.TooLong:
        return {"refused": LONG}, []
    except Image.DecompressionBombError:
        return {"refused": LARGE}, []
    except Exception:  # whatever a decoder says of bytes from outside, the picture is refused for it
        return {"refused": BROKEN}, []
    files = [{"size": one.size, "bytes": len(one.data)} for one in made]
    return {"width": made[-1].width, "height": made[-1].height, "files": files}, [one.data for one in made]
