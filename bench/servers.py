"""The servers of the benchmark: how to start each, and its addresses for reading and posting."""

from __future__ import annotations

import http.client
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .environment import NODE, PYTHON, python_is_missing, socketio_node_is_missing
from .process import free_port, running, wait_for_line, wait_for_port
from .system import children

PEERS: Final = Path(__file__).parent / "peers"
NCHAN_MODULES: Final = (Path("/usr/lib/nginx/modules"), Path("/usr/lib64/nginx/modules"))


@dataclass(frozen=True, slots=True)
class Place:
    """What a start is given: a fresh folder, the core, how many rooms, and whether readers want rendered HTML."""

    folder: Path
    core: int
    rooms: int = 1
    html: bool = False


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that listens; `reads` and `posts` are the request targets of each room."""

    port: int
    pids: list[int]
    reads: list[str]
    posts: list[str]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Server:
    """One row of the tables. `missing` is the reason why it cannot run here, or None."""

    name: str
    title: str
    start: Callable[[Place], AbstractContextManager[Serving]]
    missing: Callable[[], str | None] = lambda: None
    socketio: bool = False


@contextmanager
def chadchat(place: Place) -> Iterator[Serving]:
    """chadchat as it is installed: durable, indexed, rendered. Only the limits are off."""
    command = [sys.executable, "-m", "chadchat", "serve", "--port", "0", "--data", str(place.folder / "data")]
    log = place.folder / "log"
    with running(command, log, place.core, {"CHADCHAT_LIMITS": "off"}) as process:
        port = int(wait_for_line(process, log, "chadchat: listening on ").rpartition(":")[2])
        codes = [create_room(port)["code"] for _ in range(place.rooms)]
        query = "?as=html" if place.html else ""
        yield Serving(port, [process.pid], [f"/{code}/sse{query}" for code in codes], [f"/{code}" for code in codes])


def create_room(port: int, name: str = "Ada") -> dict[str, str]:
    """A new room of chadchat: its code, and its owner's token."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/rooms", json.dumps({"name": name}), {"Content-Type": "application/json"})
    room: dict[str, str] = json.load(connection.getresponse())
    connection.close()
    return room


@contextmanager
def nchan(place: Place) -> Iterator[Serving]:
    """nginx with nchan: one worker, so that both have one core; buffers long enough that nothing is lost."""
    port, log = free_port(), place.folder / "log"
    module = next(folder / "ngx_nchan_module.so" for folder in NCHAN_MODULES if folder.is_dir())
    template = (PEERS / "nchan.conf").read_text()
    configuration = place.folder / "nginx.conf"
    configuration.write_text(template.format(module=module, folder=place.folder, port=port))
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin") or "nginx"
    with running([nginx, "-p", str(place.folder), "-c", str(configuration)], log, place.core) as process:
        wait_for_port(process, port, log)
        while not (workers := children(process.pid)):  # the master listens before it has its worker
            time.sleep(0.01)
        rooms = range(place.rooms)
        reads, posts = [f"/read/{room}" for room in rooms], [f"/post/{room}" for room in rooms]
        yield Serving(port, workers, reads, posts)


def nchan_is_missing() -> str | None:
    """Why nchan cannot run here."""
    if not shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"):
        return "nginx is not installed (Debian: apt-get install nginx libnginx-mod-nchan)"
    if not any((folder / "ngx_nchan_module.so").is_file() for folder in NCHAN_MODULES):
        return "nginx has no nchan module (Debian: apt-get install libnginx-mod-nchan)"
    return None


def program(*command: str, read: str, post: str) -> Callable[[Place], AbstractContextManager[Serving]]:
    """A peer that is one program, takes its port as its last argument, and has rooms by any name."""

    @contextmanager
    def start(place: Place) -> Iterator[Serving]:
        port, log = free_port(), place.folder / "log"
        root = str(PEERS.parent.parent)
        with running([*command, str(port)], log, place.core, {"PYTHONPATH": root}) as process:
            wait_for_port(process, port, log)
            rooms = range(place.rooms)
            reads, posts = [read.format(room) for room in rooms], [post.format(room) for room in rooms]
            yield Serving(port, [process.pid], reads, posts)

    return start


def peer(name: str) -> str:
    """The file of a peer."""
    return str(PEERS / name)


_SOCKETIO: Final = "/socket.io/?EIO=4&transport=websocket&room={}"
_HTTP: Final = {"read": "/{}/sse", "post": "/{}"}
_WEBSOCKET: Final = {"read": _SOCKETIO, "post": _SOCKETIO.replace("room", "post_to&room")}
_OWN: Final = sys.executable  # the Quart peers run on the very Quart and Hypercorn that chadchat has

SERVERS: Final = (
    Server("chadchat", "chadchat", chadchat),
    Server("nchan", "nginx + nchan", nchan, nchan_is_missing),
    Server("quart_queue", "Quart, a queue per client", program(_OWN, peer("quart_queue.py"), **_HTTP)),
    Server("quart_nothing", "Quart, stores nothing", program(_OWN, peer("quart_nothing.py"), **_HTTP)),
    Server(
        "starlette_sse",
        "Starlette + sse-starlette",
        program(str(PYTHON), peer("starlette_sse.py"), **_HTTP),
        python_is_missing,
    ),
    Server(
        "flask_threading",
        "Flask-SocketIO, threading",
        program(str(PYTHON), peer("flask_socketio_app.py"), "threading", **_WEBSOCKET),
        python_is_missing,
        socketio=True,
    ),
    Server(
        "flask_gevent",
        "Flask-SocketIO, gevent",
        program(str(PYTHON), peer("flask_socketio_app.py"), "gevent", **_WEBSOCKET),
        python_is_missing,
        socketio=True,
    ),
    Server(
        "socketio_node",
        "socket.io on Node",
        program("node", str(NODE / "server.js"), **_WEBSOCKET),
        socketio_node_is_missing,
        socketio=True,
    ),
    Server("blaster", "ceiling of the generator", program(_OWN, peer("blaster.py"), "none", read="/{}", post="/{}")),
)
BY_NAME: Final = {server.name: server for server in SERVERS}
