"""Routes: one noun a file. The checks of every request are registered below the list."""

from __future__ import annotations

from quart import Quart

from ..paths import folder
from ..web import access, assets, errors, shortcut
from ..web.asgi import Connection, Handshake
from ..web.request import Request
from ..web.routing import CONVERTERS
from . import (
    devices,
    export,
    files,
    help,
    home,
    knocks,
    links,
    messages,
    moderation,
    my_rooms,
    ops,
    people,
    questions,
    reactions,
    replies,
    room,
    room_settings,
    search,
    seats,
    stream,
    typing,
)

BLUEPRINTS = (
    home.blueprint,  # /            /rooms
    my_rooms.blueprint,  # /rooms/mine
    room.blueprint,  # /KQZF        /KQZF/128  /KQZF/code  /KQZF/qr.svg
    seats.blueprint,  # /KQZF/join  /KQZF/leave
    devices.blueprint,  # /KQZF/devices  /KQZF/transfer  /KQZF/transfer/ccd_...
    messages.blueprint,  # POST /KQZF  PUT /KQZF/log.txt
    files.blueprint,  # /KQZF/files/9hq2.../log.txt
    reactions.blueprint,  # /KQZF/128/reactions  /KQZF/128/reactions/👍
    replies.blueprint,  # /KQZF/128/replies  /KQZF/128/reply
    questions.blueprint,  # /KQZF/128/answer
    search.blueprint,  # /KQZF/search
    people.blueprint,  # /KQZF/people  /KQZF/people/7f3a
    room_settings.blueprint,  # /KQZF/settings  /KQZF/close  DELETE /KQZF
    moderation.blueprint,  # /KQZF/bans  /KQZF/mutes  /KQZF/owners
    links.blueprint,  # /KQZF/links  /KQZF/links/ccl_...
    knocks.blueprint,  # /KQZF/knocks
    typing.blueprint,  # /KQZF/typing
    export.blueprint,  # /KQZF.jsonl  /KQZF.md  /KQZF.txt  /KQZF.html
    stream.blueprint,  # /KQZF/sse  /KQZF/json  /KQZF/raw
    help.blueprint,  # /help
    ops.blueprint,  # /healthz  /readyz  /metrics  /robots.txt  /.well-known/security.txt
)


def init_app(app: Quart) -> None:
    """Register routes, error handlers and the checks of every request."""
    app.url_map.converters.update(CONVERTERS)
    app.url_map.strict_slashes = False
    for check in shortcut.CHECKS:
        app.before_request(check)
    app.after_request(shortcut.after_request)
    errors.init_app(app)
    access.init_app(app)
    assets.init_app(app, folder("static"))
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.request_class = Request
    app.asgi_http_class = Connection
    app.asgi_websocket_class = Handshake
