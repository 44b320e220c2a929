"""What chadchat began as: Flask-SocketIO, rooms in a dict, `send` to the room, messages appended to a list in memory.

Only what a message does is here. Entering is not announced: among 1,000 readers that alone would be 500,000 messages.
The first argument is the server, `threading` or `gevent`; the second the port.
"""

from __future__ import annotations

import sys
from typing import Any

if sys.argv[1] == "gevent":
    from gevent import monkey

    monkey.patch_all()

from collections import defaultdict

from flask import Flask, request
from flask_socketio import SocketIO, join_room, send

app = Flask(__name__)
socketio = SocketIO(app, async_mode=sys.argv[1])
rooms: defaultdict[str, dict[str, list[Any]]] = defaultdict(lambda: {"messages": []})


def connect() -> None:
    """Enter the room that the address names."""
    if "post_to" not in request.args:
        join_room(request.args["room"])


def message(data: dict[str, str]) -> None:
    """Send a message to the room, then keep it."""
    content = {"name": "Ada", "message": data["data"]}
    send(content, to=data["room"])
    rooms[data["room"]]["messages"].append(content)


if __name__ == "__main__":
    socketio.on_event("connect", connect)
    socketio.on_event("message", message)
    options = {"allow_unsafe_werkzeug": True} if sys.argv[1] == "threading" else {}
    socketio.run(app, host="127.0.0.1", port=int(sys.argv[2]), **options)
