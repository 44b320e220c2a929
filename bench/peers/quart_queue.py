"""The usual way with Quart: a queue for each client, as in its documentation ("Server Sent Events", "Websockets:
broadcasting"). It stores nothing.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator

from quart import Quart, Response, request

from bench.peers.quart_server import main

app = Quart(__name__)
rooms: defaultdict[str, set[asyncio.Queue[bytes]]] = defaultdict(set)


@app.get("/<room>/sse")
async def sse(room: str) -> Response:
    """Follow a room."""

    async def events() -> AsyncGenerator[bytes, None]:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        rooms[room].add(queue)
        try:
            yield b": hi\n\n"
            while True:
                yield await queue.get()
        finally:
            rooms[room].remove(queue)

    response = Response(events(), content_type="text/event-stream", headers={"Cache-Control": "no-cache"})
    response.timeout = None
    return response


@app.post("/<room>")
async def post(room: str) -> Response:
    """Give a message to everyone in a room."""
    text: bytes = await request.body
    event = b"data: %b\n\n" % text
    for queue in rooms[room]:
        queue.put_nowait(event)
    return Response(b"", 204)


if __name__ == "__main__":
    main(app)
