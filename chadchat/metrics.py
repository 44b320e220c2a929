"""Metrics for Prometheus: counts of events, refusals and streams, without rooms, names or addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from .events import Event

MEDIA = CONTENT_TYPE_LATEST


class Metrics:
    """The metrics of one node, in a registry of its own. No label holds a room, a name or an address."""

    def __init__(
        self,
        streams: Callable[[], float],
        stored: Callable[[], float],
        most: Callable[[], float],
        files_most: float = 0,
    ) -> None:
        self._registry = CollectorRegistry()
        self._messages = Counter("chadchat_messages", "Messages stored.", registry=self._registry)
        self._events = Counter("chadchat_events", "Events stored, messages among them.", registry=self._registry)
        self._batches = Histogram(
            "chadchat_commit_events",
            "Events that shared one commit.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
            registry=self._registry,
        )
        self._refusals = Counter("chadchat_refusals", "Refusals.", ("refusal",), registry=self._registry)
        self._streams = Gauge("chadchat_streams", "Streams open now.", registry=self._registry)
        self._streams.set_function(streams)
        self._stored = Gauge("chadchat_stored_bytes", "Bytes of events stored.", registry=self._registry)
        self._stored.set_function(stored)
        self._most = Gauge("chadchat_stored_bytes_most", "Bytes of events there is room for.", registry=self._registry)
        self._most.set_function(most)
        self._files = Gauge("chadchat_files", "Files of messages.", registry=self._registry)
        self._file_bytes = Gauge("chadchat_file_bytes", "Bytes that the files take.", registry=self._registry)
        file_most = Gauge("chadchat_file_bytes_most", "Bytes that files may take.", registry=self._registry)
        file_most.set(files_most)

    def committed(self, events: Sequence[Event]) -> None:
        """Count the events of a commit. Called after each commit."""
        self._events.inc(len(events))
        self._messages.inc(sum(event.kind == "message" for event in events))
        self._batches.observe(len(events))

    def refused(self, refusal: str) -> None:
        """Count a refusal by its code (errors.py)."""
        self._refusals.labels(refusal).inc()

    def text(self, files: tuple[int, int] = (0, 0)) -> bytes:
        """All metrics in the text format of Prometheus. `files`: their number and the bytes that they take."""
        self._files.set(files[0])
        self._file_bytes.set(files[1])
        return generate_latest(self._registry)
