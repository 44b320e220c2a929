"""The baseline of posts: Quart on the same Hypercorn, with a route that reads the body, stores nothing and says so."""

from __future__ import annotations

from quart import Quart, Response, request

from bench.peers.quart_server import main

app = Quart(__name__)


@app.post("/<room>")
async def post(room: str) -> Response:
    """Take a message."""
    text: bytes = await request.body
    return Response(b'{"room":"%b","size":%d}' % (room.encode(), len(text)), 201, content_type="application/json")


if __name__ == "__main__":
    main(app)
