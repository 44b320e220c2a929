"""ASGI's own words as types: a scope, the two callables of a request, and headers as the server takes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

Scope = Mapping[str, Any]
MutableScope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Encoded = list[tuple[bytes, bytes]]  # names in lower case
App = Callable[[MutableScope, Any, Any], Awaitable[None]]
