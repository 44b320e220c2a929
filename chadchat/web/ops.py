"""For whoever runs the server: is it alive, and can it write."""

from __future__ import annotations

from quart import Blueprint, Response

from ..errors import LogDamaged, LogStopped, Stopping
from .respond import chat, text

blueprint = Blueprint("ops", __name__)


@blueprint.get("/healthz")
async def alive() -> Response:
    """Alive: touches nothing."""
    return text("ok\n")


@blueprint.get("/readyz")
async def ready() -> Response:
    """Ready: takes posts. Raises Stopping while draining, LogStopped after the disk failed, and LogDamaged."""
    if chat().feeds.ending:
        raise Stopping
    if chat().log.failed:
        raise LogStopped
    if chat().log.damaged:
        raise LogDamaged
    return text("ok\n")
