"""Fixtures for the tests of feeds."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chadchat.live.feeds import Feeds
from chadchat.log.local import LocalLog


@pytest.fixture
async def feeds(log: LocalLog) -> AsyncIterator[Feeds]:
    made = Feeds(log, heartbeat=1000)
    log.listen(made.publish)
    yield made
    made.end()
