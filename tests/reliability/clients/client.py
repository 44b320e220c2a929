"""Follows a stream with one library of Python: `python client.py LIBRARY ADDRESS`. As client.mjs with those of npm.

Prints each event that the library hands over, and each empty one as well, as a line of JSON. A library without a loop
of its own gets the plainest one. It runs in an environment of its own, with the packages of requirements.txt.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
import sysconfig
import time
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any


def show(event: str | None, data: str) -> None:
    """Print an event."""
    print(json.dumps({"event": event or "message", "data": data}), file=sys.__stdout__, flush=True)


def requests_sse(url: str) -> None:
    """Follow with requests-sse, whose own pause doubles each time."""
    wait = timedelta(seconds=0.5)
    with import_module("requests_sse").EventSource(url, timeout=None, reconnection_time=wait) as events:
        for event in events:
            show(event.type, event.data)


def sseclient(url: str) -> None:
    """Follow with sseclient: a module beside the package of sseclient-py, which has its name and so hides it."""
    place = Path(sysconfig.get_paths()["purelib"]) / "sseclient.py"
    found = importlib.util.spec_from_file_location("sseclient_alone", place)
    assert found
    assert found.loader
    module: Any = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    for event in module.SSEClient(url):
        show(event.event, event.data)


def sseclient_py(url: str) -> None:
    """Follow with sseclient-py, which reads one answer."""
    package, requests = import_module("sseclient"), import_module("requests")
    last, retry = "", 1000
    while True:
        answer = requests.get(url, stream=True, headers={"Last-Event-ID": last} if last else {}, timeout=None)
        for event in package.SSEClient(answer).events():
            last, retry = event.id or last, int(event.retry or retry)
            show(event.event, event.data)
        time.sleep(retry / 1000)


async def _aiohttp(package: str, url: str) -> None:
    async with import_module(f"{package}.client").EventSource(url, reconnection_time=timedelta(seconds=0.5)) as events:
        async for event in events:
            show(event.type, event.data)


def aiohttp_sse_client(url: str) -> None:
    """Follow with aiohttp-sse-client."""
    asyncio.run(_aiohttp("aiohttp_sse_client", url))


def aiohttp_sse_client2(url: str) -> None:
    """Follow with its successor."""
    asyncio.run(_aiohttp("aiohttp_sse_client2", url))


if __name__ == "__main__":
    sys.stdout = sys.stderr  # sseclient prints what goes wrong
    globals()[sys.argv[1].replace("-", "_")](sys.argv[2])
