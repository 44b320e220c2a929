"""Starlette with sse-starlette on uvicorn (uvloop, httptools, no access log): a queue for each client, as in its
examples. Nothing is stored.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncGenerator

import uvicorn
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

rooms: defaultdict[str, set[asyncio.Queue[str]]] = defaultdict(set)


async def sse(request: Request) -> Response:
    """Follow a room."""
    room = request.path_params["room"]

    async def events() -> AsyncGenerator[dict[str, str], None]:
        queue: asyncio.Queue[str] = asyncio.Queue()
        rooms[room].add(queue)
        try:
            while True:
                yield {"data": await queue.get()}
        finally:
            rooms[room].remove(queue)

    response: Response = EventSourceResponse(events(), ping=15)
    return response


async def post(request: Request) -> Response:
    """Give a message to everyone in a room."""
    text = (await request.body()).decode()
    for queue in rooms[request.path_params["room"]]:
        queue.put_nowait(text)
    return Response(status_code=204)


if __name__ == "__main__":
    app = Starlette(routes=[Route("/{room}/sse", sse), Route("/{room}", post, methods=["POST"])])
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        backlog=4096,
        access_log=False,
        log_level="warning",
    )
